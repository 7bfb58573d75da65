import { open, readFile, rename } from 'node:fs/promises';
import { type Clock } from '@therapytrain/alerts-core';
import { reasonOf, UsageError } from './output/fault.ts';

/** Keeps the last cursor of a stream in a file. */
export interface CursorFile {
  /** What the file held at the beginning; undefined if there was none. */
  readonly cursor: string | undefined;
  /** The cursor will be in the file soon. Throws if an earlier one could not be written. */
  note(cursor: string): void;
  /** Resolves when the last noted cursor is in the file. */
  flush(): Promise<void>;
}

const betweenWrites = 200;

/**
 * Opens the file of a cursor. It is replaced as a whole, so that it holds one cursor or another whatever happens, and
 * not more often than five times a second: after a crash a stream shows the last alerts again, and misses none.
 */
export const openCursorFile = async (path: string, clock: Clock): Promise<CursorFile> => {
  let failure: UsageError | undefined;
  let latest: string | undefined;
  let written: string | undefined;
  let writing: Promise<void> | undefined;
  let hurry = new AbortController();

  const write = async (): Promise<void> => {
    try {
      while (latest !== undefined && latest !== written) {
        const cursor = latest;
        await replace(path, `${cursor}\n`);
        written = cursor;
        await clock.sleep(betweenWrites, hurry.signal).catch(() => undefined);
      }
    } catch (error) {
      failure = new UsageError(`cannot write the cursor to ${path}: ${reasonOf(error)}`, { cause: error });
    }
  };

  return {
    cursor: await read(path),
    note: (cursor) => {
      if (failure) throw failure;
      latest = cursor;
      writing ??= write().finally(() => (writing = undefined));
    },
    flush: async () => {
      hurry.abort();
      await writing;
      if (failure) throw failure;
      hurry = new AbortController();
    },
  };
};

const read = async (path: string): Promise<string | undefined> => {
  try {
    const cursor = (await readFile(path, 'utf8')).trim();
    return cursor === '' ? undefined : cursor;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UsageError(`cannot read the cursor in ${path}: ${reasonOf(error)}`, { cause: error });
  }
};

const replace = async (path: string, text: string): Promise<void> => {
  const beside = `${path}.new`;
  const file = await open(beside, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
};
