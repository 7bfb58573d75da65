import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the workspace. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The gateway as it ships, once it is built. */
export const gatewayMain = join(root, 'apps/alert-gateway/bin/alert-gateway.js');

/** The flags of Node in the first line of an executable script; none where it has no such line. */
export const shebangFlags = (script: string): readonly string[] => {
  const [line = ''] = script.split('\n', 1);
  const command = /^#!\/usr\/bin\/env -S node (.+)$/.exec(line.trimEnd());
  return command?.[1]?.split(' ').filter(Boolean) ?? [];
};

/** The flags with which the gateway ships; every other contender on Node runs with the same. */
export const shippedFlags = (): readonly string[] => shebangFlags(readFileSync(gatewayMain, 'utf8'));

/** What a process needs so that it runs the sources as they are. */
export const sourceFlags = ['--conditions=@therapytrain/source'] as const;

/** Directories for a run, in the workspace and so on its disk; all of them go with {@link Scratch.remove}. */
export interface Scratch {
  readonly path: string;
  /** A new one: empty, or a copy. */
  directory(like?: string): string;
  /** Removes one that is not needed any more. */
  drop(directory: string): void;
  remove(): void;
}

/** Makes the place for a run's files. */
export const createScratch = (): Scratch => {
  const parent = join(root, 'tmp');
  mkdirSync(parent, { recursive: true });
  const path = mkdtempSync(join(parent, 'bench-'));
  return {
    path,
    directory: (like) => {
      const made = mkdtempSync(join(path, 'data-'));
      if (like !== undefined) cpSync(like, made, { recursive: true });
      return made;
    },
    drop: (directory) => rmSync(directory, { recursive: true, force: true }),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
};
