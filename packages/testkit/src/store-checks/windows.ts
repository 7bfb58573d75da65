import assert from 'node:assert/strict';
import type { DetectionWindow, Store } from '@therapytrain/alerts-core';
import { promise } from '../contract.ts';
import { rejectsWith } from '../log-checks/subject.ts';
import { keyOf, type StoreCheck, type StoreSubject, windowOf } from './subject.ts';

const groupsOf = async (store: Store, detection: string, upTo = 20): Promise<string[]> => {
  const keys = Array.from({ length: upTo }, (_, n) => ({ detection, group: keyOf(n) }));
  return (await store.windows(keys)).map(({ group }) => group).sort();
};

const keepsAsGiven = async ({ store }: StoreSubject): Promise<void> => {
  const [one, other] = [windowOf(1), windowOf(2, { detection: 'spray', expires: Date.UTC(9999, 11, 31) })];
  await store.commit({ windows: [one, other] });
  assert.deepEqual(await store.windows([one]), [one]);
  const both = await store.windows([other, windowOf(3), one, { detection: 'spray', group: one.group }]);
  assert.deepEqual(
    both.toSorted((a, b) => (a.group < b.group ? -1 : 1)),
    [one, other],
    'those of other detections and groups are not told',
  );
  assert.deepEqual(await store.windows([]), []);
};

const replaces = async ({ store }: StoreSubject): Promise<void> => {
  const [first, second] = [windowOf(1), windowOf(1, { state: '{"entries":[]}', touched: 9, expires: 90 })];
  await store.commit({ windows: [first] });
  await store.commit({ windows: [second] });
  assert.deepEqual(await store.windows([first]), [second]);
  assert.deepEqual(await store.windowCounts(), [{ detection: 'brute-force', windows: 1 }]);
};

const counts = async ({ store }: StoreSubject): Promise<void> => {
  const windows = [windowOf(1), windowOf(2), windowOf(1, { detection: 'a' })];
  await store.commit({ windows });
  await store.commit({ windows: [windowOf(2, { touched: 5 }), windowOf(3)] });
  assert.deepEqual(await store.windowCounts(), [
    { detection: 'a', windows: 1 },
    { detection: 'brute-force', windows: 3 },
  ]);
  await store.commit({ letGo: { expiredBefore: Number.MAX_SAFE_INTEGER, oldest: [] } });
  assert.deepEqual(await store.windowCounts(), []);
};

const expires = async ({ store }: StoreSubject): Promise<void> => {
  const windows = [1, 2, 3].map((n) => windowOf(n, { expires: 100 + n }));
  await store.commit({ windows: [...windows, windowOf(4, { detection: 'other', expires: 1 })] });
  await store.commit({ letGo: { expiredBefore: 102, oldest: [] } });
  assert.deepEqual(await groupsOf(store, 'brute-force'), [keyOf(2), keyOf(3)]);
  assert.deepEqual(await groupsOf(store, 'other'), [], 'those of every detection expire');
  // One that is saved by the same commit is what it is after it.
  const saved = [windowOf(2, { expires: 500 }), windowOf(5, { expires: 300 })];
  await store.commit({ windows: saved, letGo: { expiredBefore: 400, oldest: [] } });
  assert.deepEqual(await groupsOf(store, 'brute-force'), [keyOf(2)]);
};

const letsTheOldestGo = async ({ store }: StoreSubject): Promise<void> => {
  const touched = (n: number, at: number, more: Partial<DetectionWindow> = {}) => windowOf(n, { touched: at, ...more });
  await store.commit({ windows: [touched(1, 4), touched(2, 3), touched(3, 2), touched(4, 1), touched(5, 1)] });
  await store.commit({ windows: [touched(1, 1, { detection: 'other' })] });
  // 4 and 5 were touched longest ago until now.
  const oldest = [{ detection: 'brute-force', count: 2 }];
  await store.commit({ windows: [touched(4, 9)], letGo: { expiredBefore: 0, oldest } });
  assert.deepEqual(await groupsOf(store, 'brute-force'), [keyOf(1), keyOf(2), keyOf(4)]);
  assert.deepEqual(await groupsOf(store, 'other'), [keyOf(1)]);
  await store.commit({ letGo: { expiredBefore: 0, oldest: [{ detection: 'brute-force', count: 99 }] } });
  assert.deepEqual(await store.windowCounts(), [{ detection: 'other', windows: 1 }]);
};

const expiresBeforeItCounts = async ({ store }: StoreSubject): Promise<void> => {
  const windows = [1, 2, 3].map((n) => windowOf(n, { touched: n, expires: n === 1 ? 1 : 100 }));
  await store.commit({ windows });
  await store.commit({ letGo: { expiredBefore: 50, oldest: [{ detection: 'brute-force', count: 1 }] } });
  assert.deepEqual(await groupsOf(store, 'brute-force'), [keyOf(3)], 'one that expires is not one of the oldest');
};

const isPartOfTheCommit = async ({ store }: StoreSubject): Promise<void> => {
  const kept = windowOf(1);
  await store.commit({ windows: [kept], cursor: 5 });
  const changes = { windows: [windowOf(1, { state: '[]' }), windowOf(2)], letGo: { expiredBefore: 0, oldest: [] } };
  await rejectsWith('DEFECT', store.commit({ ...changes, cursor: 4 }));
  const gone = { expiredBefore: Number.MAX_SAFE_INTEGER, oldest: [] };
  await rejectsWith('DEFECT', store.commit({ letGo: gone, cursor: 4 }));
  assert.deepEqual(await store.windows([kept, windowOf(2)]), [kept], 'a commit that is refused changes no window');
  assert.deepEqual(await store.windowCounts(), [{ detection: 'brute-force', windows: 1 }]);
};

/** What is promised of the windows of detections. */
export const windowChecks: readonly StoreCheck[] = [
  promise('windows are kept as they were given, by detection and group', keepsAsGiven),
  promise('a window takes the place of the one of its detection and group', replaces),
  promise('windows are counted by detection', counts),
  promise('windows that have expired are let go, after those of the commit are saved', expires),
  promise('the windows that were touched longest ago are let go', letsTheOldestGo),
  promise('what has expired does not count among the oldest', expiresBeforeItCounts),
  promise('windows are a part of their commit', isPartOfTheCommit),
];
