import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AlertError, type Scope, type TokenRecord, type TokenStore } from '@therapytrain/alerts-core';
import { prepareFile, syncDirectory } from './directory.ts';
import { faultOf, isBusy, messageOf, primaryCodeOf } from './faults.ts';
import { closed, notKept, unopened, unreadable } from './refusals.ts';
import { migrate } from './schema.ts';
import { configure, forceRecovered } from './writer.ts';

/** How to open the tokens. */
export interface SqliteTokenStoreOptions {
  /** Where the database lies, beside that of the log. Made if it is not there. */
  readonly directory: string;
}

// Numbered, forward only, never edited.
const tokenMigrations: readonly string[] = [
  `
  CREATE TABLE tokens (
    place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, digest TEXT NOT NULL, principal TEXT NOT NULL,
    scopes TEXT NOT NULL, narrowing TEXT NOT NULL, created_by TEXT NOT NULL, request TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, revoked_at INTEGER, last_used_at INTEGER
  ) STRICT;
  `,
];

// sqlite.org/rescode.html
const constraint = 19;

interface Row {
  readonly id: string;
  readonly digest: string;
  readonly principal: string;
  readonly scopes: string;
  readonly narrowing: string;
  readonly created_by: string;
  readonly request: string;
  readonly created_at: number;
  readonly expires_at: number;
  readonly revoked_at: number | null;
  readonly last_used_at: number | null;
}

const recordOf = (row: Row): TokenRecord => ({
  id: row.id,
  digest: row.digest,
  principal: row.principal,
  scopes: row.scopes.split(' ').filter(Boolean) as Scope[],
  when: row.narrowing,
  createdBy: row.created_by,
  request: row.request,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at ?? undefined,
  lastUsedAt: row.last_used_at ?? undefined,
});

const open = (directory: string): DatabaseSync => {
  let db: DatabaseSync | undefined;
  try {
    const file = prepareFile(directory, 'tokens.db');
    db = new DatabaseSync(file);
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    configure(db, 'FULL');
    migrate(db, tokenMigrations);
    forceRecovered(db);
    syncDirectory(dirname(file));
    return db;
  } catch (error) {
    db?.close();
    const why = isBusy(error) ? 'locked' : faultOf(error) === 'full' ? 'full' : 'other';
    throw unopened(directory, { why, message: messageOf(error) }, 'tokens');
  }
};

const writesOf = (db: DatabaseSync): Omit<TokenStore, 'list' | 'close'> => {
  const insert = db.prepare(`
    INSERT INTO tokens (id, digest, principal, scopes, narrowing, created_by, request, created_at, expires_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const revoke = db.prepare('UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL');
  const use = db.prepare('UPDATE tokens SET last_used_at = MAX(?, COALESCE(last_used_at, 0)) WHERE id = ?');
  const forget = db.prepare('DELETE FROM tokens WHERE MIN(expires_at, COALESCE(revoked_at, expires_at)) < ?');
  return {
    add: async ({ id, digest, principal, scopes, when, createdBy, request, createdAt, expiresAt }) => {
      try {
        insert.run(id, digest, principal, scopes.join(' '), when, createdBy, request, createdAt, expiresAt);
      } catch (error) {
        if (primaryCodeOf(error) !== constraint) throw error;
        throw new AlertError('CONFLICT', 'a token of this id or request was made before');
      }
    },
    revoke: async (id, at) => void revoke.run(at, id),
    used: async (at) => {
      if (at.size === 0) return;
      db.exec('BEGIN IMMEDIATE');
      for (const [id, instant] of at) use.run(instant, id);
      db.exec('COMMIT');
    },
    prune: async (before) => Number(forget.run(before).changes),
  };
};

/**
 * Opens the tokens of a directory, in a database of their own (`tokens.db`, WAL, `synchronous=FULL`): they are few and
 * change seldom, so the process writes them itself. Rejects with `STORE_LOCKED`, `DISK_FULL` or `STORE_UNAVAILABLE`.
 */
export const openSqliteTokens = async ({ directory }: SqliteTokenStoreOptions): Promise<TokenStore> => {
  const db = open(directory);
  const all = db.prepare('SELECT * FROM tokens ORDER BY place');
  const writes = writesOf(db);
  const guarded =
    <A extends unknown[], R>(work: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      if (!db.isOpen) throw closed('token store');
      try {
        return await work(...given);
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK');
        throw error instanceof AlertError ? error : notKept(faultOf(error), messageOf(error), 'token store');
      }
    };
  return {
    list: async () => {
      if (!db.isOpen) throw closed('token store');
      try {
        return Array.from(all.all() as unknown as Row[], recordOf);
      } catch (error) {
        throw unreadable(messageOf(error), 'token store');
      }
    },
    add: guarded(writes.add),
    revoke: guarded(writes.revoke),
    used: guarded(writes.used),
    prune: guarded(writes.prune),
    close: async () => {
      if (db.isOpen) db.close();
    },
  };
};
