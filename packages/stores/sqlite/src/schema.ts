import type { DatabaseSync } from 'node:sqlite';

// Numbered, forward only, never edited: each step runs once, in one transaction with the new `user_version`.
const logMigrations: readonly string[] = [
  `
  -- The log. The sequence alone orders it, so that an append dirties the last page only.
  CREATE TABLE alerts (sequence INTEGER PRIMARY KEY, encoded BLOB NOT NULL) STRICT;

  CREATE TABLE sources (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

  -- Which report made which alert, for ever. The one other tree on the append path.
  CREATE TABLE reports (
    source INTEGER NOT NULL, request BLOB NOT NULL, sequence INTEGER NOT NULL,
    PRIMARY KEY (source, request)
  ) STRICT, WITHOUT ROWID;

  -- What is left of alerts that were let go: enough to answer a report that is sent again.
  CREATE TABLE retired (sequence INTEGER PRIMARY KEY, id BLOB NOT NULL, digest BLOB NOT NULL) STRICT;
  `,
];

/** The SQLite below this can corrupt a database in WAL mode (the WAL-reset bug, fixed in 3.51.3). */
export const oldestSqlite = '3.51.3';

/** True if a version, in numbers with dots between, is older than another. */
export const isOlder = (version: string, than: string): boolean => {
  const [one = [], other = []] = [version, than].map((each) => each.split('.').map(Number));
  for (const [at, bound] of other.entries()) {
    const part = one[at] ?? 0;
    if (part !== bound) return part < bound;
  }
  return false;
};

/**
 * Brings the database to the newest schema, by default that of a log. Throws if the SQLite is too old, or the database is
 * newer than the code.
 */
export const migrate = (db: DatabaseSync, migrations = logMigrations): void => {
  const { version } = db.prepare('SELECT sqlite_version() AS version').get() as { version: string };
  if (isOlder(version, oldestSqlite)) throw new Error(`SQLite ${version} is older than ${oldestSqlite}`);
  const { user_version: done } = db.prepare('PRAGMA user_version').get() as { user_version: number };
  if (done > migrations.length) {
    throw new Error(`its schema has version ${done}, and this program knows ${migrations.length} at most`);
  }
  for (const [at, migration] of migrations.entries()) {
    if (at < done) continue;
    db.exec(`BEGIN IMMEDIATE; ${migration} PRAGMA user_version = ${at + 1}; COMMIT;`);
  }
};
