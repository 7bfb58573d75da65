import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@therapytrain/alerts-testkit';

/** The gateway as a process of its own. */
export interface Child {
  readonly pid: number;
  /** Waits until it listens, and gives the address. */
  listening(): Promise<string>;
  signal(name: NodeJS.Signals): void;
  /** Waits for its end. */
  ended(): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** The lines it has logged so far, on the standard output. */
  logged(): readonly string[];
  /** What it wrote so far on the standard error stream. */
  stderr(): string;
}

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

// Nothing of the environment of the tests may decide what the gateway does.
const environment = (more: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  ...more,
});

/** Starts `main.ts` from its sources. The caller sees to its end; `kill` in an `after` at the least. */
export const startChild = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Child => {
  const flags = ['--disable-warning=ExperimentalWarning', '--conditions=@therapytrain/source'];
  const child = spawn(process.execPath, [...flags, main, ...args], {
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  const logged: string[] = [];
  let address: string | undefined;
  let over: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | undefined;
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
  createInterface({ input: child.stdout }).on('line', (line) => {
    logged.push(line);
    const entry = JSON.parse(line) as { readonly msg?: string; readonly address?: string };
    if (entry.msg === 'listening') address = entry.address;
  });
  const exited = once(child, 'close').then(([code, signal]) => {
    over = { code: code as number | null, signal: signal as NodeJS.Signals | null };
    return over;
  });
  return {
    pid: child.pid ?? 0,
    listening: async () => {
      const found = await waitFor(() => address ?? over, { deadline: 60_000, what: 'a gateway that listens' });
      if (typeof found === 'string') return found;
      throw new Error(`the gateway ended with ${found.code}: ${stderr}`);
    },
    signal: (name) => void child.kill(name),
    ended: () => exited,
    logged: () => logged,
    stderr: () => stderr,
  };
};
