import type { DatabaseSync } from 'node:sqlite';

// Pages of the write-ahead log after which it is copied back: when the writer is idle, and at once.
const whenIdle = 1_000;
const atOnce = 8_000;
const leastScale = 0.5;
const mostScale = 50;

/**
 * Copies the write-ahead log back into the database. SQLite would do so by itself, but swallow the errors: a failed
 * fsync must be seen.
 */
export interface Checkpoints {
  /** Notes that a commit wrote about this many pages. */
  wrote(pages: number): void;
  /** Copies back if it is due; an idle writer does so sooner. Throws what SQLite throws; it stays due then. */
  run(idle: boolean): void;
}

/** Makes the checkpoints of a connection whose `wal_autocheckpoint` is 0. */
export const createCheckpoints = (db: DatabaseSync): Checkpoints => {
  const checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  let due = 0;
  // How many pages there really were for one that was noted, up to the last checkpoint.
  let scale = 1;
  const learn = (pages: number): void => {
    scale = Math.min(Math.max((scale * pages) / due, leastScale), mostScale);
  };
  return {
    wrote: (pages) => {
      due += pages * scale;
    },
    run: (idle) => {
      if (due < (idle ? whenIdle : atOnce)) return;
      const { log, checkpointed } = checkpoint.get() as { readonly log: number; readonly checkpointed: number };
      learn(log);
      // A reader of an old snapshot holds the rest back.
      due = log - checkpointed;
    },
  };
};
