import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createAlertClient } from '@therapytrain/alerts-client';
import { setTimeout as pause } from 'node:timers/promises';
import { collector } from '../bench/contenders/servers.ts';
import { residentMemory } from '../bench/host.ts';
import type { Processes } from '../bench/processes.ts';
import type { BareSettings } from '../bench/scripts/bare.ts';
import { shippedFlags, sourceFlags } from '../bench/workspace.ts';
import { byName, readSecured, securedClient } from './secured.ts';
import type { Victim } from '../torture/victim.ts';

/** A server that is attacked. */
export interface Target {
  readonly kind: 'gateway' | 'bare grpc-js';
  readonly pid: number;
  readonly address: string;
  /** The directory of what proves somebody to it; undefined where nothing is asked. */
  readonly secured: string | undefined;
  alive(): boolean;
  /** Gives back memory that is not needed. Both have the collector of the bench. */
  collect(): Promise<void>;
  /** Whether it says, on a new connection, that it serves. */
  ready(): Promise<boolean>;
  /** Ends it, and says what is wrong with how it ended. */
  stop(): Promise<readonly string[]>;
}

const isThere = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

const serves = async (address: string, secured: string | undefined): Promise<boolean> => {
  const client = createAlertClient({
    ...{ address, deadline: 5_000 },
    ...securedClient(secured === undefined ? undefined : readSecured(secured)),
  });
  try {
    return (await client.health()).status === 'SERVING';
  } catch {
    return false;
  } finally {
    await client.close();
  }
};

const collectFor = 1_500;

const collectIn = async (pid: number): Promise<void> => {
  process.kill(pid, 'SIGUSR2');
  await pause(collectFor);
};

/** The gateway, which has been started with the `collector` flag. */
export const gatewayTarget = (victim: Victim, address: string, secured: string | undefined): Target => ({
  kind: 'gateway',
  pid: victim.pid,
  address,
  secured,
  alive: () => victim.exit === undefined,
  collect: () => collectIn(victim.pid),
  ready: () => serves(address, secured),
  stop: async () => {
    victim.signal('SIGTERM');
    const { code, signal, stderr } = await victim.exited;
    return [
      ...(code === 0 ? [] : [`it ended with ${code ?? signal}`]),
      ...(stderr.trim() === '' ? [] : [`it wrote to its standard error stream: ${stderr.trim().slice(0, 300)}`]),
    ];
  },
});

const bareScript = fileURLToPath(new URL('../bench/scripts/bare.ts', import.meta.url));

/** Starts a server that is grpc-js with its defaults and the generated codec, and answers with fixed bytes. */
export const startBare = async (processes: Processes, secured: string | undefined): Promise<Target> => {
  const tls = secured === undefined ? undefined : readSecured(secured).server;
  const settings: BareSettings = { batch: 1, decode: true, ...(tls && { tls }) };
  const flags = [...new Set([...shippedFlags(), ...sourceFlags, collector])];
  const child = processes.start(process.execPath, [...flags, bareScript, JSON.stringify(settings)]);
  const { address } = await child.message<{ readonly address: string }>('ready');
  return {
    kind: 'bare grpc-js',
    pid: child.pid,
    address: secured === undefined ? address : byName(address),
    secured,
    alive: () => isThere(child.pid),
    collect: () => collectIn(child.pid),
    ready: () => Promise.resolve(isThere(child.pid)),
    stop: async () => {
      await child.stop();
      return [];
    },
  };
};

const memoryOf = (pid: number): number => {
  try {
    return residentMemory(pid);
  } catch {
    return 0;
  }
};

const established = '01';
const closeWait = '08';

const portIn = (column: string | undefined): number => Number.parseInt(column?.split(':')[1] ?? '', 16);

const tcpLines = (): readonly (readonly string[])[] =>
  readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));

/** Whether a connection with this port at this end stands. */
export const isEstablished = (localPort: number): boolean =>
  tcpLines().some(([, local, , state]) => portIn(local) === localPort && state === established);

/** How many connections a server holds on to. */
export const connectionsTo = (address: string): number => {
  const port = Number(address.slice(address.lastIndexOf(':') + 1));
  return tcpLines().filter(
    ([, local, , state]) => portIn(local) === port && (state === established || state === closeWait),
  ).length;
};

/** Something about a server that is looked at again and again. */
export interface Watch {
  readonly memory: number;
  readonly connections: number;
  stop(): void;
}

const glance = 50;

/** Keeps the most memory and connections that a server has from now on. */
export const watch = ({ pid, address }: Target): Watch => {
  let memory = 0;
  let connections = 0;
  const look = (): void => {
    memory = Math.max(memory, memoryOf(pid));
    connections = Math.max(connections, connectionsTo(address));
  };
  look();
  const timer = setInterval(look, glance);
  return {
    get memory() {
      return memory;
    },
    get connections() {
      return connections;
    },
    stop: () => {
      look();
      clearInterval(timer);
    },
  };
};

/** What a server has at the moment. */
export const stateOf = ({ pid, address }: Target): { readonly memory: number; readonly connections: number } => ({
  memory: memoryOf(pid),
  connections: connectionsTo(address),
});
