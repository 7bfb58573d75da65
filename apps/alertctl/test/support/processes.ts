import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@therapytrain/alerts-testkit';

const nodeFlags = ['--disable-warning=ExperimentalWarning', '--conditions=@therapytrain/source'];
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

// On a machine that does other things, a process may take long to begin.
const patience = 60_000;

/** A process under test, with what it wrote so far. */
export interface Running {
  readonly child: ChildProcess;
  out(): string;
  error(): string;
  /** Resolves when it has ended and all it wrote is there. */
  ended(): Promise<Ended>;
}

/** How a process ended. */
export interface Ended {
  readonly exitCode: number | null;
  readonly out: string;
  readonly error: string;
}

// The sources are compiled by the first process only, where Node itself would keep the result.
const compiled = { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') };

const alive = new Set<ChildProcess>();

const begin = (command: string, words: readonly string[], environment: NodeJS.ProcessEnv, input?: string): Running => {
  const child = spawn(command, words, { env: { ...process.env, ...compiled, ...environment }, stdio: 'pipe' });
  alive.add(child);
  const written = { out: '', error: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (written.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (written.error += text));
  // One that ends before it has read everything is what a test may be about.
  child.stdin.on('error', () => undefined).end(input);
  const closed = once(child, 'close').then(() => void alive.delete(child));
  return {
    child,
    out: () => written.out,
    error: () => written.error,
    ended: async () => {
      await closed;
      return { exitCode: child.exitCode, ...written };
    },
  };
};

/** Ends with -9 whatever a failed test has left. */
export const killAll = (): void => {
  for (const child of alive) child.kill('SIGKILL');
};

/** A real gateway on a port of this machine. */
export interface RunningGateway {
  readonly address: string;
  /** Ends it with -9, as a power cut of the process. */
  kill(): Promise<void>;
  /** Asks it to end, and waits until it has. */
  end(): Promise<Ended>;
}

/** Starts a gateway on a data directory; port 0 takes a free one. */
export const startGateway = async (
  data: string,
  listen = '127.0.0.1:0',
  more: readonly string[] = [],
): Promise<RunningGateway> => {
  const main = path('../../../alert-gateway/src/main.ts');
  const gateway = begin(process.execPath, [...nodeFlags, main, '--listen', listen, '--data', data, ...more], {});
  const listening = (): string | undefined => {
    if (gateway.child.exitCode !== null) throw new Error(`the gateway ended: ${gateway.error()}`);
    return /127\.0\.0\.1:[1-9]\d*/.exec(gateway.out())?.[0];
  };
  const address = await waitFor(listening, { deadline: patience, what: 'the gateway' });
  return {
    address,
    kill: async () => {
      gateway.child.kill('SIGKILL');
      await gateway.ended();
    },
    end: () => {
      gateway.child.kill('SIGTERM');
      return gateway.ended();
    },
  };
};

/** Starts the service of the README of `packages/enforce`, which refuses whom this gateway says; gives its port. */
export const startEnforcingService = async (address: string): Promise<number> => {
  const script = path('../../../../packages/enforce/test/enforcing-service.ts');
  const service = begin(process.execPath, [...nodeFlags, script, address], {});
  const port = await waitFor(
    () => {
      if (service.child.exitCode !== null) throw new Error(`the service ended: ${service.error()}`);
      return /"port":(\d+)/.exec(service.out())?.[1];
    },
    { deadline: patience, what: 'the service' },
  );
  return Number(port);
};

const main = path('../../src/main.ts');

/** Starts alertctl towards an address. */
export const startAlertctl = (
  address: string,
  words: readonly string[],
  input?: string,
  environment: NodeJS.ProcessEnv = {},
): Running =>
  begin(process.execPath, [...nodeFlags, main, ...words], { ALERTS_ADDRESS: address, ...environment }, input);

/** Runs alertctl to its end. */
export const alertctl = (
  address: string,
  words: readonly string[],
  input?: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<Ended> => startAlertctl(address, words, input, environment).ended();

/** Runs a command of bash in which `alertctl` is ours. */
export const inShell = (address: string, script: string): Promise<Ended> => {
  const quoted = [process.execPath, ...nodeFlags, main].map((word) => `'${word}'`).join(' ');
  return begin('bash', ['-c', `alertctl() { ${quoted} "$@"; }\n${script}`], { ALERTS_ADDRESS: address }).ended();
};

/** Runs alertctl as if this were another version of Node. */
export const alertctlOnNode = (version: string): Promise<Ended> => {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
  return begin(
    process.execPath,
    [...nodeFlags, '--import', `data:text/javascript,${encodeURIComponent(pretend)}`, main, '--version'],
    {},
  ).ended();
};
