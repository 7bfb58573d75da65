import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The root of the workspace. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a command in the root with the terminal of this process, and returns its exit code. */
export const run = (command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): number => {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (error) throw error;
  return status ?? 1;
};

/** Runs a command in the root and returns what it prints, or undefined if it fails. */
export const read = (command: string, args: readonly string[]): string | undefined => {
  const { status, stdout } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
};
