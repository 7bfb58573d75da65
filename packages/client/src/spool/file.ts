import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import type { AlertSeverity } from '@therapytrain/alerts-core';
import type { SpooledRow, SpoolItem, SpoolLimits } from './messages.ts';

/** The spool on its disk. Synchronous: it lives in a thread of its own, so that waiting for the disk blocks nobody. */
export interface SpoolFile {
  /** How many reports it holds. */
  size(): number;
  /**
   * Keeps reports, all in one commit. `kept` has one answer for each: false where there was no room and nothing less
   * severe to make some; `dropped` is what had to go.
   */
  put(items: readonly SpoolItem[]): { readonly kept: readonly boolean[]; readonly dropped: readonly SpooledRow[] };
  /** The most severe, and within a severity the oldest: at most so many, with at most so many bytes, but one at least. */
  first(maxCount: number, maxBytes: number): readonly SpooledRow[];
  /** Lets go of reports by their places, in one commit. */
  remove(places: readonly number[]): void;
  close(): void;
}

const schema = `
  CREATE TABLE IF NOT EXISTS reports (
    -- Never used twice: a late answer must not remove another report.
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    severity INTEGER NOT NULL,
    encoded BLOB NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS reports_by_severity ON reports (severity DESC, place);
`;

const openDatabase = (file: string): DatabaseSync => {
  const db = new DatabaseSync(file);
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = 1;
    -- Reports hold personal data; what has been sent must not stay readable in free pages.
    PRAGMA secure_delete = ON;
  `);
  db.exec(schema);
  return db;
};

// As the log of the gateway does it: the system lets go of the lock when the process ends, however it ends.
const lockOut = (file: string): DatabaseSync => {
  const lock = new DatabaseSync(file);
  lock.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
  return lock;
};

/** What the reports of one severity take. */
interface Share {
  count: number;
  bytes: number;
}

const openShares = (db: DatabaseSync) => {
  const rows = db.prepare(
    'SELECT severity, count(*) AS count, sum(length(encoded)) AS bytes FROM reports GROUP BY severity',
  );
  const shares = new Map<AlertSeverity, Share>();
  for (const { severity, count, bytes } of rows.all() as unknown as ({ severity: AlertSeverity } & Share)[]) {
    shares.set(severity, { count, bytes });
  }
  const sumOf = (counts: (severity: AlertSeverity) => boolean): Share => {
    const sum = { count: 0, bytes: 0 };
    for (const [severity, { count, bytes }] of shares) {
      if (!counts(severity)) continue;
      sum.count += count;
      sum.bytes += bytes;
    }
    return sum;
  };
  return {
    all: () => sumOf(() => true),
    /** Of this severity and all that are more severe. */
    from: (least: AlertSeverity) => sumOf((severity) => severity >= least),
    change: (severity: AlertSeverity, count: number, bytes: number): void => {
      const share = shares.get(severity) ?? { count: 0, bytes: 0 };
      shares.set(severity, { count: share.count + count, bytes: share.bytes + bytes });
    },
  };
};

/** Opens the spool of a directory, which must exist. Throws SQLite's error 5 (busy) if another process has it open. */
export const openSpoolFile = (directory: string, limits: SpoolLimits): SpoolFile => {
  const lock = lockOut(join(directory, 'spool.lock'));
  const db = openDatabase(join(directory, 'spool.db'));
  let shares = openShares(db);
  const insert = db.prepare('INSERT INTO reports (severity, encoded) VALUES (?, ?)');
  const select = db.prepare('SELECT place, severity, encoded FROM reports ORDER BY severity DESC, place LIMIT ?');
  const least = db.prepare('SELECT place, severity, encoded FROM reports ORDER BY severity, place DESC LIMIT 1');
  const find = db.prepare('SELECT severity, length(encoded) AS bytes FROM reports WHERE place = ?');
  const drop = db.prepare('DELETE FROM reports WHERE place = ?');
  const truncate = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)');

  const inTransaction = <T>(work: () => T): T => {
    db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      db.exec('COMMIT');
      return result;
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      // They were counted on as if the commit had been made.
      shares = openShares(db);
      throw error;
    }
  };
  const fits = (bytes: number): boolean => {
    const { count, bytes: used } = shares.all();
    return count < limits.maxAlerts && used + bytes <= limits.maxBytes;
  };
  const removeRow = (place: number, severity: AlertSeverity, bytes: number): void => {
    drop.run(place);
    shares.change(severity, -1, -bytes);
  };
  // Whether it would fit if all that is less severe went.
  const couldFit = (severity: AlertSeverity, bytes: number): boolean => {
    const staying = shares.from(severity);
    return staying.count < limits.maxAlerts && staying.bytes + bytes <= limits.maxBytes;
  };
  const putOne = ({ severity, encoded }: SpoolItem, dropped: SpooledRow[]): boolean => {
    if (!couldFit(severity, encoded.length)) return false;
    while (!fits(encoded.length)) {
      const victim = least.get() as unknown as SpooledRow;
      removeRow(victim.place, victim.severity, victim.encoded.length);
      dropped.push(victim);
    }
    insert.run(severity, encoded);
    shares.change(severity, 1, encoded.length);
    return true;
  };
  return {
    size: () => shares.all().count,
    put: (items) =>
      inTransaction(() => {
        const dropped: SpooledRow[] = [];
        return { kept: items.map((item) => putOne(item, dropped)), dropped };
      }),
    first: (maxCount, maxBytes) => {
      const rows: SpooledRow[] = [];
      let bytes = 0;
      for (const row of select.iterate(maxCount) as Iterable<unknown>) {
        const { encoded } = row as SpooledRow;
        bytes += encoded.length;
        if (rows.length > 0 && bytes > maxBytes) break;
        rows.push(row as SpooledRow);
      }
      return rows;
    },
    remove: (places) => {
      inTransaction(() => {
        for (const place of places) {
          const row = find.get(place) as { severity: AlertSeverity; bytes: number } | undefined;
          if (row) removeRow(place, row.severity, row.bytes);
        }
      });
      if (shares.all().count === 0) truncate.get();
    },
    close: () => {
      db.close();
      lock.close();
    },
  };
};
