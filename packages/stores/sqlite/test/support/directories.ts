import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new directory in the place for such. */
export const temporaryDirectory = (): string => mkdtempSync(join(tmpdir(), 'alerts-store-sqlite-'));

// A database before its write-ahead log: what a checkpoint copies meanwhile is still in the latter.
const logFiles = ['alerts.db', 'alerts.db-wal', 'lock.db'];

/** The files of a store. */
export const storeFiles = ['plan.db', 'plan.db-wal'];

/** What a crash leaves of a directory whose log is not closed, or whose store is not: its files as they are. */
export const copyDirectory = (directory: string, copy = temporaryDirectory(), files = logFiles): string => {
  for (const file of files) cpSync(join(directory, file), join(copy, file));
  return copy;
};

/** Removes directories and all that is in them. */
export const removeDirectories = (directories: readonly string[]): void => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
};
