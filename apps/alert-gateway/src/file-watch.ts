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

/**
 * Calls `onChange` within three seconds after a file has become another and stayed so for one look, until it is stopped.
 * It looks instead of being told: what the system tells goes by the inode or the folder, is lost on network and overlay
 * file systems, and says nothing of a link further up the path. One look costs microseconds.
 */
export const watchFile = (file: string, clock: Clock, onChange: () => void): { stop(): void } => {
  let known = stampOf(file);
  let before = known;
  return every(lookEvery, clock, () => {
    const now = stampOf(file);
    const settled = now === before;
    before = now;
    if (!settled || now === known) return;
    known = now;
    onChange();
  });
};
