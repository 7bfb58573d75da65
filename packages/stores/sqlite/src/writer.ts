import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { LogBounds } from '@therapytrain/alerts-core';
import { createAppend } from './append.ts';
import { createCheckpoints } from './checkpoints.ts';
import { syncDirectory } from './directory.ts';
import { faultOf } from './faults.ts';
import type { Appended, ThreadOptions } from './messages.ts';
import type { Packed } from './pack.ts';
import { createRetain } from './retain.ts';
import { migrate } from './schema.ts';
import { createSearch } from './search.ts';
import { readState } from './state.ts';
import { createTransact } from './transaction.ts';

/** The one writer of a database. It lives in a thread of its own, so that waiting for the disk blocks nobody. */
export interface Writer {
  bounds(): LogBounds;
  /** Keeps all of them in one commit. */
  append(packed: Packed): Appended;
  /** Lets go of some alerts, in one commit, and tells how many; call it again until it tells 0. */
  retain(before: number, maxBytes: number): number;
  /** Copies the write-ahead log back if that is due. */
  checkpoint(idle: boolean): void;
  close(): void;
}

/**
 * Opens the database for writing and keeps every other log out of it, of this process or another, for as long as it is
 * open. Every call throws what SQLite throws; `faultOf` says what that means.
 */
export const openWriter = (options: ThreadOptions): Writer => {
  const lock = new DatabaseSync(options.lock);
  const db = new DatabaseSync(options.database, { open: false });
  const close = (): void => {
    if (db.isOpen) db.close();
    lock.close();
  };
  try {
    // An open write transaction: the system ends it when the process ends, however it ends.
    lock.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
    db.open();
    configure(db, options.synchronous);
    migrate(db);
    forceRecovered(db);
    // SQLite syncs the directory too, at the first commit, but takes no notice when that fails.
    syncDirectory(dirname(options.database));
    return { ...createWriter(db), close };
  } catch (error) {
    close();
    throw error;
  }
};

// What was let go must not be found in the file any more: hence secure_delete, which costs nothing on appends. The cache
// is for reporters whose request ids are random, each of which touches another page: 2 MiB, the default, cost a third more.
export const configure = (db: DatabaseSync, synchronous: string): void =>
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = ${synchronous};
    PRAGMA fullfsync = 1;
    PRAGMA checkpoint_fullfsync = 1;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA secure_delete = 1;
    PRAGMA cache_size = -16384;
    PRAGMA busy_timeout = 5000;
  `);

// A process that died between writing a commit and forcing it to the disk leaves one that is there, and that a power cut
// would take away again. Readers and repeated reports are told of it from now on, so it is forced first.
export const forceRecovered = (db: DatabaseSync): void => {
  try {
    db.exec('PRAGMA wal_checkpoint(PASSIVE)');
  } catch (error) {
    // The write-ahead log is forced before it is copied back, and only the copy needs space.
    if (faultOf(error) !== 'full') throw error;
  }
};

// A commit rewrites the last page of each tree and the page above; what it adds fills the pages after them, where request
// ids ascend. Where they do not, the checkpoints find out that there were more.
const pagesOf = (bytes: number, pageSize: number): number => 3 + bytes / pageSize;

const createWriter = (db: DatabaseSync): Omit<Writer, 'close'> => {
  const transact = createTransact(db);
  const search = createSearch(db);
  const state = readState(db, search);
  const append = createAppend(db, transact, state);
  const retain = createRetain(db, transact, search, state);
  const checkpoints = createCheckpoints(db);
  return {
    bounds: state.bounds,
    append: (packed) => {
      const appended = append(packed);
      checkpoints.wrote(pagesOf(packed.buffer.byteLength, state.pageSize));
      return appended;
    },
    retain: (before, maxBytes) => {
      const { count, bytes } = retain(before, maxBytes);
      if (count > 0) checkpoints.wrote(pagesOf(bytes, state.pageSize));
      return count;
    },
    checkpoint: checkpoints.run,
  };
};
