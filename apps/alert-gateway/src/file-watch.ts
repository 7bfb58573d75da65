import { statSync } from 'node:fs';
import type { Clock, Millis } from '@therapytrain/alerts-core';
import { every } from './every.ts';

/** How often the file is looked at. It is taken for changed when it was found the same twice. */
const lookEvery: Millis = 1_000;

// What tells one state of a file from another. The path is followed anew each time, so a file that was put in its place
// by a rename, or by the swap of a symbolic link anywhere on the way, is another file.
const stampOf = (file: string): string => {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
};

/** Files that were read together, each with the state that it had just before. */
export interface ReadFiles {
  /** Begins another reading, which takes the place of the one before; what is returned is called before each read. */
  begin(): (file: string) => void;
  /** Those of the last reading. */
  last(): ReadonlyMap<string, string>;
}

/** Makes a record of what is read. */
export const createReadFiles = (): ReadFiles => {
  let files = new Map<string, string>();
  return {
    begin: () => {
      const read = (files = new Map());
      return (file) => void read.set(file, stampOf(file));
    },
    last: () => files,
  };
};

/**
 * Calls `onChange` within three seconds after one of the files has become another and stayed so for one look, until it is
 * stopped. It looks instead of being told: what the system tells goes by the inode or the folder, is lost on network and
 * overlay file systems, and says nothing of a link further up the path. One look costs microseconds. Which files there
 * are may change from look to look: one that is new is compared with the state that it was read in.
 */
export const watchFiles = (files: Pick<ReadFiles, 'last'>, clock: Clock, onChange: () => void): { stop(): void } => {
  const known = new Map<string, string>();
  const before = new Map<string, string>();
  const forget = (kept: ReadonlyMap<string, string>): void => {
    for (const file of known.keys()) {
      if (kept.has(file)) continue;
      known.delete(file);
      before.delete(file);
    }
  };
  const hasChanged = ([file, read]: readonly [string, string]): boolean => {
    const now = stampOf(file);
    const was = known.get(file) ?? read;
    const settled = now === (before.get(file) ?? was);
    before.set(file, now);
    const changed = settled && now !== was;
    known.set(file, changed ? now : was);
    return changed;
  };
  return every(lookEvery, clock, () => {
    const watched = files.last();
    forget(watched);
    // Each is looked at, whatever became of the others.
    if ([...watched].map(hasChanged).includes(true)) onChange();
  });
};
