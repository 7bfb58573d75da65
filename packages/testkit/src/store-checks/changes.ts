import assert from 'node:assert/strict';
import type { Cursor, Incident, Store } from '@therapytrain/alerts-core';
import { promise } from '../contract.ts';
import { claimOne, done, idsOf, incidentOf, keyOf, next, reopened, schedule, jobOf } from './subject.ts';
import type { StoreCheck, StoreSubject } from './subject.ts';

const readOn = async (store: Store, from: Cursor, limit: number): Promise<readonly Incident[]> => {
  const all: Incident[] = [];
  for (let after = from; ;) {
    const { incidents, cursor } = await store.changedIncidents(after, limit);
    if (incidents.length === 0) {
      assert.equal(cursor, after, 'where there is nothing the place stays');
      return all;
    }
    assert.ok(incidents.length <= limit && cursor > after);
    all.push(...incidents);
    after = cursor;
  }
};

const tellsChangesInOrder = async ({ store, ports }: StoreSubject): Promise<void> => {
  assert.equal(await store.newestChange(), 0);
  const [one, two, three] = [1, 2, 3].map((n) => incidentOf(ports, { key: keyOf(n) }));
  assert.ok(one && two && three);
  await store.commit({ incidents: [one, two] });
  await store.commit({ incidents: [three] });
  const seen = await store.newestChange();
  assert.deepEqual(await readOn(store, 0, 2), [one, two, three], 'the one that was changed longest ago first');
  assert.deepEqual(await store.changedIncidents(seen, 9), { incidents: [], cursor: seen });
  const changed = next(one, { count: 2 });
  await store.commit({ incidents: [changed] });
  await store.commit({ incidents: [next(changed, { count: 3 })] });
  assert.deepEqual(
    await readOn(store, seen, 9),
    [next(changed, { count: 3 })],
    'of several changes only the newest is told',
  );
  assert.deepEqual(idsOf(await readOn(store, 0, 9)), idsOf([two, three, one]));
  assert.ok((await store.newestChange()) > seen);
  assert.equal((await store.changedIncidents(seen, 9)).cursor, await store.newestChange());
};

const tellsWhatIsSettled = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const incident = incidentOf(ports);
  await store.commit({ incidents: [incident] });
  await schedule(store, jobOf(ports, { incident: incident.id }));
  const seen = await store.newestChange();
  const after = next(incident, { escalations: 1 });
  await store.settle([{ claim: await claimOne(subject), next: done, changes: { incidents: [after] } }]);
  assert.deepEqual(await readOn(store, seen, 9), [after]);
  const late = await store.newestChange();
  await assert.rejects(store.commit({ incidents: [{ ...after, count: 9 }] }));
  assert.deepEqual(await readOn(store, late, 9), [], 'a commit that was refused has changed nothing');
};

const keepsItsPlaces = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const [one, two] = [1, 2].map((n) => incidentOf(ports, { key: keyOf(n) }));
  assert.ok(one && two);
  await store.commit({ incidents: [one, two] });
  const seen = await store.newestChange();
  const again = subject.reopen ? await reopened(subject) : store;
  assert.equal(await again.newestChange(), seen);
  await again.commit({ incidents: [next(two, { count: 2 })] });
  assert.ok((await again.newestChange()) > seen, 'a place is never used again');
  assert.deepEqual(await readOn(again, seen, 9), [next(two, { count: 2 })]);
};

/** What the order of changes promises. */
export const changeChecks: readonly StoreCheck[] = [
  promise('changed incidents are told in the order of their newest changes, each once', tellsChangesInOrder),
  promise('what changes with a settlement is told as changed', tellsWhatIsSettled),
  promise('places in the order of changes last, and are never used again', keepsItsPlaces),
];
