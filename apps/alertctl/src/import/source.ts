import { createReadStream } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { reasonOf, UsageError } from '../output/fault.ts';
import { type Line, readLines } from './lines.ts';

/** A file to import, not yet read. */
export interface ImportSource {
  /** Its size in bytes; undefined for what has none: a pipe, say. */
  readonly size: number | undefined;
  /** Its lines. Can be called once; ends with an error when the signal is aborted. */
  lines(signal: AbortSignal): AsyncIterable<Line>;
}

const chunkBytes = 256 * 1024;

/** Finds a file, or takes the standard input for `-`. Rejects with a `UsageError` where it cannot be read. */
export const findSource = async (path: string, stdin: () => Readable): Promise<ImportSource> => {
  if (path === '-') return { size: undefined, lines: (signal) => readLines(addAbortSignal(signal, stdin())) };
  try {
    await access(path, constants.R_OK);
    const stats = await stat(path);
    if (stats.isDirectory()) throw Object.assign(new Error('a directory'), { code: 'EISDIR' });
    const open = (signal: AbortSignal): Readable => createReadStream(path, { signal, highWaterMark: chunkBytes });
    return { size: stats.isFile() ? stats.size : undefined, lines: (signal) => readLines(open(signal)) };
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  }
};
