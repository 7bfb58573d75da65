import assert from 'node:assert/strict';
import type { Store } from '@therapytrain/alerts-core';
import { openSqliteStore } from '@therapytrain/alerts-store-sqlite';
import { assertBalanced } from '@therapytrain/alerts-testkit';
import { assertSound } from './checked-log.ts';
import type { Acknowledged } from './processes.ts';

const everything = 1_000_000;

const subjectsOf = async (store: Store, action: string): Promise<string[]> =>
  (await store.audit(0, everything)).filter((entry) => entry.action === action).map(({ subject }) => subject);

/** Fails unless a store that planner.ts wrote holds all that was acknowledged, and each commit whole or not at all. */
export const assertPlanned = async (store: Store, acknowledged: readonly Acknowledged[]): Promise<void> => {
  const audit = await store.audit(0, everything);
  assert.ok(
    audit.every(({ sequence }, at) => sequence === at + 1),
    'the audit has no gap',
  );
  const [planned, settled] = [await subjectsOf(store, 'planned'), await subjectsOf(store, 'settled')];
  assert.equal(new Set([...planned, ...settled.map((each) => `settled ${each}`)]).size, audit.length);
  const kept = new Set(audit.map(({ action, subject }) => `${action} ${subject}`));
  for (const { draft: action, alertId: subject } of acknowledged) {
    assert.ok(kept.has(`${action} ${subject}`), 'what was acknowledged is kept');
  }
  const deliveries = await store.deliveries({ limit: everything });
  assert.deepEqual(deliveries.map(({ id }) => id).sort(), planned.sort(), 'jobs are there with their entries');
  const over = deliveries.filter(({ state }) => state === 'done' || state === 'dead');
  assert.deepEqual(over.map(({ id }) => id).sort(), settled.sort(), 'and settlements with theirs');
  await assertBalanced(store);
};

/** Opens the store as the next start would, looks at it as {@link assertPlanned} does, and closes it. */
export const assertStoreRecovers = async (directory: string, acknowledged: readonly Acknowledged[]): Promise<void> => {
  const store = await openSqliteStore({ directory });
  try {
    await assertPlanned(store, acknowledged);
  } finally {
    await store.close();
  }
  assertSound(directory, 'plan.db');
};
