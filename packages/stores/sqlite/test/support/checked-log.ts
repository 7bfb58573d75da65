import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { type AlertLog, decodeAlert, type KeptAlert } from '@therapytrain/alerts-core';
import { createSqliteLog } from '@therapytrain/alerts-store-sqlite';
import type { Acknowledged } from './processes.ts';

/** Everything in a log. */
export const readAll = async (log: AlertLog): Promise<KeptAlert[]> => {
  const all: KeptAlert[] = [];
  for (let cursor = log.bounds().oldest; ;) {
    const batch = await log.read(cursor, 1_000);
    if (batch.alerts.length === 0) return all;
    all.push(...batch.alerts);
    cursor = batch.cursor;
  }
};

/**
 * Fails unless all that was acknowledged is kept, under the sequence and id that were told, exactly once, in a log
 * without a gap. Gives how many alerts there are.
 */
export const assertKept = async (log: AlertLog, acknowledged: readonly Acknowledged[]): Promise<number> => {
  const kept = new Map<string, Acknowledged>();
  for (const [at, { sequence, encoded }] of (await readAll(log)).entries()) {
    const { id, dedupKey } = decodeAlert(encoded);
    assert.equal(sequence, at + 1, 'sequences have no gap');
    assert.ok(!kept.has(dedupKey), `${dedupKey} is kept once`);
    kept.set(dedupKey, { draft: dedupKey, sequence, alertId: id });
  }
  for (const each of acknowledged) assert.deepEqual(kept.get(each.draft), each, 'what was acknowledged is kept');
  return kept.size;
};

/** Opens the log as the next start would, looks at it as {@link assertKept} does, and closes it. */
export const assertRecovers = async (directory: string, acknowledged: readonly Acknowledged[]): Promise<number> => {
  const log = await createSqliteLog({ directory });
  try {
    return await assertKept(log, acknowledged);
  } finally {
    await log.close();
  }
};

/** Fails unless SQLite finds the database of a closed log sound, or another one of the directory. */
export const assertSound = (directory: string, database = 'alerts.db'): void => {
  const db = new DatabaseSync(join(directory, database), { readOnly: true });
  const found = db.prepare('PRAGMA integrity_check').all();
  db.close();
  assert.equal(found.map((row) => row['integrity_check']).join('; '), 'ok');
};
