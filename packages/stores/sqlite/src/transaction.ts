import type { DatabaseSync } from 'node:sqlite';

/** Runs work in one transaction: all of it is durable when this returns, none of it is kept when it throws. */
export type Transact = <T>(work: () => T) => T;

/** Makes the transactions of a connection that is the only one to write. */
export const createTransact = (db: DatabaseSync): Transact => {
  const [begin, commit, rollback] = ['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK'].map((sql) => db.prepare(sql));
  return (work) => {
    begin?.run();
    try {
      const result = work();
      commit?.run();
      return result;
    } catch (error) {
      // SQLite has rolled some failures back by itself.
      if (db.isTransaction) rollback?.run();
      throw error;
    }
  };
};
