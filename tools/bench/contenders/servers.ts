import { credentials } from '@grpc/grpc-js';
import { AlertServiceClient } from '@therapytrain/alerts-api';
import { type Bench, startScript } from '../bench.ts';
import type { Child } from '../processes.ts';
import type { BareSettings } from '../scripts/bare.ts';
import { gatewayMain, shippedFlags } from '../workspace.ts';

/** A gRPC server that is measured. */
export interface Server {
  readonly pid: number;
  /** host:port */
  readonly address: string;
  /** Gives back memory that is not needed; only for one that was started with the `collector` flag. */
  collect(): Promise<void>;
  stop(): Promise<void>;
}

/** The gateway, with a way to see what it really kept. */
export interface Gateway extends Server {
  /** The sequence of the newest alert; 0 for none. */
  newest(): Promise<number>;
}

/** The flag of Node that makes `collect` work. */
export const collector = `--import=${new URL('../scripts/collect-garbage.ts', import.meta.url).href}`;

const collectIn = async (child: Child): Promise<void> => {
  process.kill(child.pid, 'SIGUSR2');
  await child.message('collected');
};

const started = (line: string): string => (JSON.parse(line) as { readonly address: string }).address;

const newestOf = (client: AlertServiceClient): Promise<number> =>
  new Promise((resolve, reject) => {
    client.listAlerts({ pageSize: 1, pageToken: '', filter: '' }, (error, page) =>
      error ? reject(error) : resolve(Number(page.alerts[0]?.sequence ?? 0)),
    );
  });

/** How a gateway is started. */
export interface GatewayStart {
  /** For Node, beside those with which the gateway ships. */
  readonly flags?: readonly string[];
  /** Where its data lie; an empty directory on the real disk, if left out. */
  readonly data?: string;
  /** The file of its policy; the built-in one, which tells nobody, if left out. */
  readonly policy?: string;
}

/** Starts the gateway as it ships. */
export const startGateway = async (bench: Bench, { flags = [], data, policy }: GatewayStart = {}): Promise<Gateway> => {
  const { processes, scratch, profiles } = bench;
  const profiling = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];
  const args = ['--listen', '127.0.0.1:0', '--data', data ?? scratch.directory()];
  if (policy !== undefined) args.push('--policy', policy);
  const child = processes.start(process.execPath, [...shippedFlags(), ...profiling, ...flags, gatewayMain, ...args]);
  const address = started(await child.line('"address"'));
  const client = new AlertServiceClient(address, credentials.createInsecure());
  return {
    pid: child.pid,
    address,
    collect: () => collectIn(child),
    newest: () => newestOf(client),
    stop: () => {
      client.close();
      return child.stop();
    },
  };
};

/** Starts a server that is bare grpc-js: it answers with fixed bytes, and keeps nothing. */
export const startBare = async (
  bench: Bench,
  settings: BareSettings,
  flags: readonly string[] = [],
): Promise<Server> => {
  const child = startScript(bench, 'bare', settings, flags);
  const { address } = await child.message<{ readonly address: string }>('ready');
  return { pid: child.pid, address, collect: () => collectIn(child), stop: () => child.stop() };
};

const checkKept = (kept: number, answered: number, unanswered: number): void => {
  if (kept >= answered && kept <= answered + unanswered) return;
  throw new Error(`${answered} alerts were answered, at most ${unanswered} more were sent, but ${kept} are in the log`);
};

/**
 * Runs a load, and refuses its count if the server is a gateway whose log does not bear it out: everything that was
 * answered must be there, and nothing beyond that but what was sent and not answered any more.
 */
export const verified = async <T extends { readonly total: number }>(
  server: Server | Gateway,
  load: () => Promise<T>,
  unanswered = 0,
): Promise<T> => {
  if (!('newest' in server)) return load();
  const before = await server.newest();
  const counted = await load();
  checkKept((await server.newest()) - before, counted.total, unanswered);
  return counted;
};
