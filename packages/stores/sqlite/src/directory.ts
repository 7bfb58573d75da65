import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** The files of a log. */
export interface LogFiles {
  readonly database: string;
  /** Held for as long as the log is open; nothing is in it. */
  readonly lock: string;
}

/**
 * Makes the directory of a log and its files, if they are not there, for their owner only: alerts hold personal data.
 * SQLite gives the files that it makes beside the database the same mode.
 */
export const prepareDirectory = (directory: string): LogFiles => ({
  database: prepareFile(directory, 'alerts.db'),
  lock: prepareFile(directory, 'lock.db'),
});

/** Makes a directory and a file in it, if they are not there, as {@link prepareDirectory} does. Gives its path. */
export const prepareFile = (directory: string, name: string): string => {
  const path = resolve(directory);
  const made = mkdirSync(path, { recursive: true, mode: 0o700 });
  if (made !== undefined) syncAbove(made, path);
  const file = join(path, name);
  createFile(file);
  return file;
};

/** Makes the names in a directory outlive a power cut. Throws what the system throws. */
export const syncDirectory = (directory: string): void => {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

// A directory that was made is a name in the one above it.
const syncAbove = (highest: string, lowest: string): void => {
  for (let path = lowest; path.length >= highest.length; path = dirname(path)) syncDirectory(dirname(path));
};

// Never opens a file that is there: closing it again would let go of the locks that this process holds on it.
const createFile = (file: string): void => {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
};
