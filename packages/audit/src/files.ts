import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What is written to a log's directory, all of it durable when it resolves. */
export interface FileToWrite {
  /** Below the directory, with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const writeSynced = async (file: string, bytes: Uint8Array): Promise<void> => {
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
};

/** The directories of a path below the root, the deepest first, and the root itself. */
const directoriesOf = (path: string): readonly string[] => {
  const up = dirname(path);
  return up === '.' ? ['.'] : [up, ...directoriesOf(up)];
};

/** Writes files that nobody reads yet: durable with their directories when it resolves. */
export const writeFiles = async (root: string, files: readonly FileToWrite[]): Promise<void> => {
  const directories = new Set(files.flatMap(({ path }) => directoriesOf(path)));
  await Promise.all(files.map(({ path }) => mkdir(join(root, dirname(path)), { recursive: true, mode: 0o700 })));
  await Promise.all(files.map(({ path, bytes }) => writeSynced(join(root, path), bytes)));
  await Promise.all([...directories].map((each) => syncDirectory(join(root, each))));
};

/**
 * Puts bytes in the place of what a file held, in one step: whoever reads it sees the old ones or the new ones. Durable when
 * it resolves. Its directory must be there.
 */
export const replaceDurably = async (file: string, bytes: Uint8Array): Promise<void> => {
  await writeSynced(`${file}.new`, bytes);
  await rename(`${file}.new`, file);
  await syncDirectory(dirname(file));
};

/** The same of a file of a log's directory. */
export const replaceFile = async (root: string, { path, bytes }: FileToWrite): Promise<void> => {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await replaceDurably(file, bytes);
};

/** The bytes of a file; undefined if there is none. */
export const readIfThere = async (root: string, path: string): Promise<Buffer | undefined> => {
  try {
    return await readFile(join(root, path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/** Removes what is no longer needed; whether it is there or not. */
export const removeAll = async (root: string, paths: readonly string[]): Promise<void> => {
  await Promise.all(paths.map((path) => rm(join(root, path), { recursive: true, force: true })));
};
