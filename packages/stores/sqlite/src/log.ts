import type { Worker } from 'node:worker_threads';
import type { AlertError, AlertLog, LogBounds } from '@therapytrain/alerts-core';
import { type LogFiles, prepareDirectory } from './directory.ts';
import { messageOf } from './faults.ts';
import type { Opened, WriterRequest } from './messages.ts';
import { createReads, type Reads } from './reads.ts';
import { broken, unopened } from './refusals.ts';
import { ended, opened, startThread } from './threads.ts';
import { createWrites, type Writes } from './writes.ts';

/** How to open a log. */
export interface SqliteLogOptions {
  /** Where the database lies. Made if it is not there; one process at a time may have it open. */
  readonly directory: string;
  /**
   * Called once, when the disk failed a commit or a checkpoint, or a thread of the log died. What was acknowledged is
   * safe, but nothing more can be kept by this process, and it should end: the default says why on the standard error
   * stream and exits with 74 (EX_IOERR of sysexits.h). The next start recovers.
   */
  readonly onFatal?: (error: AlertError) => void;
  /** `NORMAL` loses acknowledged alerts when the power fails. It is there for the fault harness to find. */
  readonly unsafeSynchronous?: 'NORMAL';
}

const exitIoErr = 74;

/** Says why on the standard error stream, and ends the process: nothing more can be kept by it. */
export const endProcess = (error: AlertError): void => {
  process.stderr.write(`${error.message}: ${String(error.cause)}\n`);
  process.exit(exitIoErr);
};

/**
 * Opens the log of a directory. Rejects with `STORE_LOCKED` if it is open already, in this process or another, with
 * `DISK_FULL` or `STORE_UNAVAILABLE` if it cannot be opened. The database is in WAL mode with `synchronous=FULL`; a
 * thread of its own writes it, another reads.
 */
export const createSqliteLog = async ({
  directory,
  onFatal = endProcess,
  unsafeSynchronous,
}: SqliteLogOptions): Promise<AlertLog> => {
  const thread = { ...prepare(directory), synchronous: unsafeSynchronous ?? ('FULL' as const) };
  const writer = startThread({ ...thread, role: 'writer' });
  const { bounds } = await opened<Opened>(writer, directory);
  return createLog({ writer, reader: startThread({ ...thread, role: 'reader' }) }, bounds, onFatal);
};

const prepare = (directory: string): LogFiles => {
  try {
    return prepareDirectory(directory);
  } catch (error) {
    throw unopened(directory, { why: 'other', message: messageOf(error) });
  }
};

interface Threads {
  readonly writer: Worker;
  readonly reader: Worker;
}

const createLog = (threads: Threads, bounds: LogBounds, onFatal: (error: AlertError) => void): AlertLog => {
  let fatal = false;
  const die = (what: string, cause: unknown): void => {
    if (fatal) return;
    fatal = true;
    const error = broken(what, cause);
    writes.fail(error);
    reads.fail(error);
    onFatal(error);
  };
  const writes = createWrites(threads.writer, bounds, (cause) => die('the disk of the log failed', cause));
  const reads = createReads(threads.reader);
  let closing: Promise<void> | undefined;
  for (const [role, thread] of [
    ['writer', threads.writer],
    ['reader', threads.reader],
  ] as const) {
    thread.on('error', (cause: unknown) => die(`the ${role} of the log failed`, cause));
    thread.on('exit', () => {
      if (!closing) die(`the ${role} of the log failed`, 'its thread ended');
    });
  }
  const { append, retain, follow } = writes;
  const { read, readBack, find, seek } = reads;
  return {
    append,
    retain,
    follow,
    bounds: writes.bounds,
    read,
    readBack,
    find,
    seek,
    close: () => (closing ??= close(threads, writes, reads)),
  };
};

/** Finishes what was appended, and ends the threads: the reader first, so that the writer can tidy up after it. */
const close = async ({ reader, writer }: Threads, writes: Writes, reads: Reads): Promise<void> => {
  reads.finish();
  await writes.finish();
  for (const thread of [reader, writer]) {
    const gone = ended(thread);
    thread.postMessage({ kind: 'close' } satisfies WriterRequest);
    await gone;
  }
};
