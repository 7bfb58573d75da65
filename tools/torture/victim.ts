import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Instant, Millis } from '@therapytrain/alerts-core';
import type { Cleanup } from './cleanup.ts';

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it wrote to its standard error stream, the last part of it. */
  readonly stderr: string;
  readonly at: Millis;
  /** The same moment by the wall clock, to be compared with what other tools print. */
  readonly wall: Instant;
}

/** A gateway that did not come up. */
export class StartFailed extends Error {
  override readonly name = 'StartFailed';
  readonly exit: Exit;

  constructor(exit: Exit) {
    super(`the gateway did not start (exit ${exit.code ?? exit.signal}): ${exit.stderr.trim().slice(-500)}`);
    this.exit = exit;
  }
}

/** The gateway under test, a process of its own. */
export interface Victim {
  readonly pid: number;
  /** Where it listens. Rejects with {@link StartFailed} if it ends before that. */
  readonly listening: Promise<string>;
  readonly exited: Promise<Exit>;
  /** How it ended, if it has. */
  readonly exit: Exit | undefined;
  /** Sends a signal to the process, and to what it is wrapped in. */
  signal(signal: NodeJS.Signals): void;
  /** `SIGKILL`, then waits until it is gone. */
  kill(): Promise<Exit>;
}

/** How to start a gateway. */
export interface VictimOptions {
  readonly data: string;
  /** For controls: the mode that loses what it acknowledged. */
  readonly unsafeSynchronous?: 'NORMAL' | undefined;
  /** The file of its policy. */
  readonly policy?: string | undefined;
  /** A file that says by how many milliseconds its wall clock is off, from one moment to the next; see shift.ts. */
  readonly clockShift?: string | undefined;
  /** More flags of Node. */
  readonly flags?: readonly string[] | undefined;
  /** More of its environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** A command that runs the gateway, e.g. `strace` and its options. */
  readonly wrapper?: readonly string[] | undefined;
  /** More of the gateway's own arguments. */
  readonly args?: readonly string[] | undefined;
  /** Told of each line of its standard output. */
  readonly onLine?: ((line: string) => void) | undefined;
}

const main = fileURLToPath(new URL('../../apps/alert-gateway/src/main.ts', import.meta.url));
const startWithin: Millis = 60_000;
const keptStderr = 8_192;

const shiftedClock = fileURLToPath(new URL('./shift.ts', import.meta.url));

const commandOf = ({
  data,
  policy,
  unsafeSynchronous,
  clockShift,
  wrapper = [],
  flags = [],
  args = [],
}: VictimOptions): [string, ...string[]] => [
  ...(wrapper as [string]),
  process.execPath,
  // As its first line has it.
  ...['--disable-warning=ExperimentalWarning', '--max-semi-space-size=64'],
  ...['--conditions=@therapytrain/source', ...flags],
  ...(clockShift === undefined ? [] : ['--import', shiftedClock]),
  ...[main, '--listen', '127.0.0.1:0', '--data', data],
  ...(policy === undefined ? [] : ['--policy', policy]),
  ...(unsafeSynchronous ? ['--unsafe-synchronous', unsafeSynchronous] : []),
  ...args,
];

const addressIn = (line: string): string | undefined => {
  try {
    const { msg, address } = JSON.parse(line) as { msg?: unknown; address?: unknown };
    return msg === 'listening' && typeof address === 'string' ? address : undefined;
  } catch {
    return undefined;
  }
};

/** Starts gateways; the compile cache makes the second start twice as fast as the first. */
export const createVictims = (cleanup: Cleanup, compileCache: string): ((options: VictimOptions) => Victim) => {
  const env = { ...process.env, NODE_COMPILE_CACHE: compileCache, NODE_OPTIONS: '' };
  return (options) => {
    const [command, ...args] = commandOf(options);
    // A process group of its own, so that a wrapper and what it runs get every signal, and Ctrl-C is left to us.
    const shifted = options.clockShift === undefined ? {} : { TORTURE_SHIFT: options.clockShift };
    const own = { ...env, ...options.env, ...shifted };
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: own, detached: true });
    const pid = child.pid ?? 0;
    const signal = (name: NodeJS.Signals): void => {
      try {
        if (pid > 0) process.kill(-pid, name);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    };
    const forget = cleanup.add(() => signal('SIGKILL'));
    let stderr = '';
    let exit: Exit | undefined;
    child.stderr.on('data', (chunk: Buffer) => void (stderr = (stderr + String(chunk)).slice(-keptStderr)));
    const exited = new Promise<Exit>((resolve, reject) => {
      child.on('error', reject);
      // Not `exit`: the pipes close when the last process of the group is gone.
      child.on('close', (code, name) => {
        forget();
        exit = { code, signal: name, stderr, at: performance.now(), wall: Date.now() };
        resolve(exit);
      });
    });
    const listening = new Promise<string>((resolve, reject) => {
      const late = setTimeout(() => signal('SIGKILL'), startWithin);
      createInterface(child.stdout).on('line', (line) => {
        options.onLine?.(line);
        const address = addressIn(line);
        if (address === undefined) return;
        clearTimeout(late);
        resolve(address);
      });
      exited.then((early) => reject(new StartFailed(early)), reject).finally(() => clearTimeout(late));
    });
    // Whoever kills a gateway that is about to start does not wait for its address.
    listening.catch(() => {});
    return {
      pid,
      listening,
      exited,
      get exit() {
        return exit;
      },
      signal,
      kill: () => {
        signal('SIGKILL');
        return exited;
      },
    };
  };
};
