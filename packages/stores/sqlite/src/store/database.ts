import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Instant } from '@therapytrain/alerts-core';
import { type Checkpoints, createCheckpoints } from '../checkpoints.ts';
import { syncDirectory } from '../directory.ts';
import { migrate } from '../schema.ts';
import { configure, forceRecovered } from '../writer.ts';
import { createAddCount, createApply } from './changes.ts';
import { createClaims, type Claims } from './claims.ts';
import { createDecisionWrites, type DecisionWrites } from './decisions.ts';
import { createPrune, type Prune } from './prune.ts';
import { createQuestions, type Questions } from './questions.ts';
import type { PackedChanges } from './rows.ts';
import { storeMigrations } from './schema.ts';
import { createSettling, type Settling } from './settle.ts';

/** What changes the database, within a transaction. */
export interface Writes extends Claims, Settling, DecisionWrites {
  prune: Prune;
  commit(changes: PackedChanges, at: Instant): void;
}

/** The database of a store. It lives in a thread of its own, so that waiting for the disk blocks nobody. */
export interface StoreDatabase {
  readonly questions: Questions;
  readonly writes: Writes;
  /** For transactions. */
  readonly connection: DatabaseSync;
  readonly checkpoints: Checkpoints;
  close(): void;
}

// Nobody else has the database, so whoever made these claims is gone and will not settle them. Whether the peer was told
// is not known.
const takeBackClaims = (db: DatabaseSync): void => {
  db.exec("UPDATE jobs SET state = 'waiting', doubtful = 1 WHERE state = 'claimed'");
};

/** Opens the database, which no other connection may have open. Throws what SQLite throws. */
export const openStoreDatabase = (file: string): StoreDatabase => {
  const db = new DatabaseSync(file);
  try {
    // This connection is the only one: SQLite locks the file for it, and needs no shared memory.
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    configure(db, 'FULL');
    migrate(db, storeMigrations);
    forceRecovered(db);
    syncDirectory(dirname(file));
    takeBackClaims(db);
    const addCount = createAddCount(db);
    const apply = createApply(db, addCount);
    return {
      connection: db,
      questions: createQuestions(db),
      writes: {
        commit: apply,
        ...createClaims(db),
        ...createSettling(db, addCount, apply),
        ...createDecisionWrites(db),
        prune: createPrune(db),
      },
      checkpoints: createCheckpoints(db),
      close: () => db.close(),
    };
  } catch (error) {
    db.close();
    throw error;
  }
};
