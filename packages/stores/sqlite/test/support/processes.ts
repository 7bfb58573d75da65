import { expect } from '@jest/globals';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@therapytrain/alerts-testkit';

/** What a process was told is kept. */
export interface Acknowledged {
  readonly draft: string;
  readonly sequence: number;
  readonly alertId: string;
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** A process that appends: see appender.ts. */
export interface Appender {
  acknowledged(): readonly Acknowledged[];
  /** Resolves when so many are acknowledged; rejects if the process ends before. */
  reached(count: number): Promise<void>;
  /** The codes of what it was refused. */
  refused(): readonly string[];
  /** Kills it, and resolves when it is gone. */
  kill(): Promise<Ending>;
  /** Resolves when it has ended by itself. */
  ended(): Promise<Ending>;
}

/** What an appender is to do, and what it is to run under. */
export interface AppenderOptions {
  readonly directory: string;
  /** The number of its first draft. */
  readonly first: number;
  /** Alerts in a call. Default: 1. */
  readonly size?: number;
  /** Callers at the same time. Default: 1. */
  readonly callers?: number;
  /** A command that runs the one that follows it. */
  readonly under?: readonly string[];
  /** The program, which is started as the appender is. Default: appender.ts. */
  readonly program?: string;
}

const fromSource = ['--disable-warning=ExperimentalWarning', '--conditions=@therapytrain/source'];
const patience = { deadline: 60_000 };

const parse = (lines: readonly string[]): Acknowledged[] =>
  lines
    .map((line) => line.split(' '))
    .filter(([word, ...rest]) => word === 'acknowledged' && rest.length === 3)
    .map(([, draft = '', sequence = '', alertId = '']) => ({ draft, sequence: Number(sequence), alertId }));

const spawnAppender = (options: AppenderOptions): ChildProcess => {
  const { directory, first, size = 1, callers = 1, under = [], program = './appender.ts' } = options;
  const [command = '', ...rest] = [
    ...under,
    process.execPath,
    ...fromSource,
    fileURLToPath(new URL(program, import.meta.url)),
    directory,
    ...[first, size, callers].map(String),
  ];
  return spawn(command, rest, {
    // Its sources are compiled once for all of them.
    env: { ...process.env, NODE_OPTIONS: '', NODE_COMPILE_CACHE: join(tmpdir(), 'alerts-store-sqlite-compiled') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
};

/** Starts a process that appends, and resolves when it has opened the log or was refused it. */
export const startAppender = async (options: AppenderOptions): Promise<Appender> => {
  const child = spawnAppender(options);
  let [stdout, stderr] = ['', ''];
  let ending: Ending | undefined;
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.on('close', (code, signal) => (ending = { code, signal, stderr }));
  // The last line may have been cut by the kill.
  const lines = (): string[] => stdout.split('\n').slice(0, -1);
  const ended = (): Promise<Ending> => waitFor(() => ending, { ...patience, what: `the process to end: ${stderr}` });
  await waitFor(() => stdout.includes('\n') || ending, { ...patience, what: 'the process to open the log' });
  return {
    acknowledged: () => parse(lines()),
    refused: () => lines().flatMap((line) => (line.startsWith('refused ') ? [line.slice('refused '.length)] : [])),
    reached: async (count) => {
      await waitFor(() => ending ?? parse(lines()).length >= count, {
        ...patience,
        what: `${count} to be acknowledged`,
      });
      if (ending) throw new Error(`the process ended with ${ending.code ?? ending.signal}: ${stderr}`);
    },
    ended,
    kill: () => {
      child.kill('SIGKILL');
      return ended();
    },
  };
};

const works = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;

/** Why system calls cannot be made to fail here; undefined where they can. */
export const noTracing = works('strace', '-f', '-qq', '-o', '/dev/null', 'true')
  ? undefined
  : 'strace is not here, or may not trace';

/** How a process ends whose log, or store, has a disk that failed: EX_IOERR, and why. */
export const ioFailure = (what: string) => ({
  code: 74,
  stderr: expect.stringMatching(
    new RegExp(`^the disk of the ${what} failed; the process must end: disk I/O error \\(SQLite error \\d+\\)\n$`),
  ),
});

/** Makes a system call of each thread fail the `when`-th time; with a path, of its calls on that file. */
export const failing = (error: string, calls: string, when: string, path?: string): readonly string[] => [
  ...['strace', '-f', '-qq', '-o', '/dev/null'],
  ...(path === undefined ? [] : ['-P', path]),
  ...['-e', `trace=${calls}`, '-e', `inject=${calls}:error=${error}:when=${when}`],
];
