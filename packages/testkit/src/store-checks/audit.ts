import assert from 'node:assert/strict';
import type { NewAuditEntry, Store } from '@therapytrain/alerts-core';
import { promise } from '../contract.ts';
import { rejectsWith } from '../log-checks/subject.ts';
import { entryOf, reopened, type StoreCheck, type StoreSubject } from './subject.ts';

const keptUpTo = (ports: StoreSubject['ports'], subject: string): NewAuditEntry => ({
  ...entryOf(ports, 0),
  action: 'alerts.kept',
  subject,
});

const subjectsOf = async (store: Store, from: string, limit = 10): Promise<string[]> =>
  (await store.findAudit({ action: 'alerts.kept', from, limit })).map(({ subject }) => subject);

const findsBySubject = async ({ store, ports }: StoreSubject): Promise<void> => {
  const done = { ...entryOf(ports, 1), action: 'delivery.done', subject: '20' };
  await store.commit({ audit: [keptUpTo(ports, '30'), keptUpTo(ports, '10'), done, entryOf(ports, 2)] });
  await store.commit({ audit: [keptUpTo(ports, '20')] });
  assert.deepEqual(await subjectsOf(store, ''), ['10', '20', '30']);
  assert.deepEqual(await subjectsOf(store, '11'), ['20', '30']);
  assert.deepEqual(await subjectsOf(store, '20', 1), ['20'], 'its own subject is one of them');
  assert.deepEqual(await subjectsOf(store, '31'), []);
  assert.deepEqual(await store.findAudit({ action: 'delivery.done', from: '', limit: 10 }), [{ ...done, sequence: 3 }]);
};

const findsInOrder = async ({ store, ports }: StoreSubject): Promise<void> => {
  const twice = [keptUpTo(ports, '7'), keptUpTo(ports, '5'), keptUpTo(ports, '7')];
  await store.commit({ audit: twice });
  const found = await store.findAudit({ action: 'alerts.kept', from: '', limit: 10 });
  assert.deepEqual(
    found.map(({ sequence }) => sequence),
    [2, 1, 3],
  );
};

const keyOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);

const keepsTheFirstKey = async ({ store }: StoreSubject): Promise<void> => {
  await store.commit({ subjectKeys: [{ id: 'a', key: keyOf(1) }] });
  await store.commit({
    subjectKeys: [
      { id: 'a', key: keyOf(2) },
      { id: 'b', key: keyOf(3) },
    ],
  });
  assert.deepEqual(
    (await store.subjectKeys(['b', 'a', 'c', 'a'])).toSorted((one, other) => (one.id < other.id ? -1 : 1)),
    [
      { id: 'a', key: keyOf(1) },
      { id: 'b', key: keyOf(3) },
    ],
  );
};

const erases = async ({ store, ports }: StoreSubject): Promise<void> => {
  await store.commit({ subjectKeys: ['a', 'b'].map((id, n) => ({ id, key: keyOf(n) })) });
  await rejectsWith('DEFECT', store.commit({ erase: ['a'], cursor: -1 }));
  assert.equal((await store.subjectKeys(['a'])).length, 1, 'what was not committed erased nothing');
  await store.commit({ erase: ['a', 'unknown'], audit: [entryOf(ports, 1)] });
  assert.deepEqual(await store.subjectKeys(['a']), []);
  assert.deepEqual(await store.subjectKeys(['b']), [{ id: 'b', key: keyOf(1) }]);
  assert.equal((await store.audit(0, 10)).length, 1);
  await store.commit({ subjectKeys: [{ id: 'a', key: keyOf(9) }] });
  assert.deepEqual(await store.subjectKeys(['a']), [{ id: 'a', key: keyOf(9) }], 'one that comes again has a new key');
};

const keysOutliveARestart = async (subject: StoreSubject): Promise<void> => {
  await subject.store.commit({ subjectKeys: [{ id: 'a', key: keyOf(4) }] });
  const again = await reopened(subject);
  assert.deepEqual(await again.subjectKeys(['a']), [{ id: 'a', key: keyOf(4) }]);
};

/** The audit as it is searched, and the keys of its commitments. */
export const auditChecks: readonly StoreCheck[] = [
  promise('entries of an action are found by their subject and those after it', findsBySubject),
  promise('entries of one subject are found in the order of the audit', findsInOrder),
  promise('of the keys of a subject the first is kept', keepsTheFirstKey),
  promise('a key that is erased is gone, with its commit', erases),
  promise('the keys of subjects outlive a restart', keysOutliveARestart, 'reopen'),
];
