import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import { createSqliteLog } from '@therapytrain/alerts-store-sqlite';
import { keptBody } from '../payload.ts';
import { done, endWithBench, type LoadTimes, settingsOf, tell } from './script.ts';

/** What is inserted. */
export interface InsertSettings extends LoadTimes {
  readonly directory: string;
  readonly perCommit: number;
}

// As many pages as the store lets the write-ahead log grow to, so that neither has an advantage by it.
const checkpointPages = 8_000;

const { directory, perCommit, warmUp, seconds } = settingsOf<InsertSettings>();

const openDatabase = async (): Promise<DatabaseSync> => {
  // The store makes the tables, so that they are the same whatever they come to look like.
  await (await createSqliteLog({ directory })).close();
  const db = new DatabaseSync(join(directory, 'alerts.db'));
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = ${checkpointPages};
    INSERT INTO sources (id, name) VALUES (1, 'anonymous');
  `);
  return db;
};

const createInserts = (db: DatabaseSync) => {
  const claim = db.prepare('INSERT OR IGNORE INTO reports (source, request, sequence) VALUES (?, ?, ?)');
  const keep = db.prepare('INSERT INTO alerts (sequence, encoded) VALUES (?, ?)');
  const encoded = keptBody();
  const request = Buffer.alloc(16);
  let sequence = 0;
  return {
    commit: (): void => {
      db.exec('BEGIN IMMEDIATE');
      for (let row = 0; row < perCommit; row++) {
        sequence++;
        // Ascending, as the ids of version 7 are that the store makes up where a report has none.
        request.writeUIntBE(sequence, 0, 6);
        claim.run(1, request, sequence);
        keep.run(sequence, encoded);
      }
      db.exec('COMMIT');
    },
    count: () => sequence,
  };
};

const inserts = createInserts(await openDatabase());
const runFor = (span: number): number => {
  const from = performance.now();
  while (performance.now() - from < span * 1000) inserts.commit();
  return (performance.now() - from) / 1000;
};

endWithBench();
runFor(warmUp);
tell('begin');
await turn();
const before = inserts.count();
const took = runFor(seconds);
tell('end', { result: { count: inserts.count() - before, seconds: took } });
done(inserts.count());
