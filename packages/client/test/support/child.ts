import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@therapytrain/alerts-testkit';

/** A process of a TypeScript file of ours, and the lines that it has printed. */
export interface Child {
  readonly lines: readonly string[];
  /** Resolves when a line matches, with the match. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends the signal and resolves when the process has ended. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

const running = new Set<ChildProcess>();

/** Starts the file with these arguments, on the Node that runs the tests. */
export const startChild = (file: string | URL, args: readonly string[]): Child => {
  const flags = ['--disable-warning=ExperimentalWarning', '--conditions=@therapytrain/source'];
  const path = typeof file === 'string' ? file : fileURLToPath(file);
  const child = spawn(process.execPath, [...flags, path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  running.add(child);
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  void ended.then(() => running.delete(child));
  const lines: string[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  return {
    lines,
    printed: (pattern) =>
      waitFor(() => lines.map((line) => pattern.exec(line)).find((match) => match !== null), {
        what: `a line like ${pattern.source}`,
        deadline: 60_000,
      }),
    kill: async (signal = 'SIGKILL') => {
      child.kill(signal);
      await ended;
    },
  };
};

/** Ends whatever a failed test has left. */
export const endChildren = (): void => {
  for (const child of running) child.kill('SIGKILL');
};
