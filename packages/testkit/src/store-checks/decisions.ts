import assert from 'node:assert/strict';
import type { Cursor, KeptDecision, Store } from '@therapytrain/alerts-core';
import { promise } from '../contract.ts';
import { crashed, decisionOf, idsOf, reopened, type StoreCheck, type StoreSubject } from './subject.ts';

const readOn = async (store: Store, from: Cursor, limit: number): Promise<readonly KeptDecision[]> => {
  const all: KeptDecision[] = [];
  for (let after = from; ;) {
    const { decisions, cursor } = await store.changedDecisions(after, limit);
    if (decisions.length === 0) {
      assert.equal(cursor, after, 'where there is nothing the place stays');
      return all;
    }
    assert.ok(decisions.length <= limit && cursor > after);
    assert.equal(decisions.at(-1)?.place, cursor);
    all.push(...decisions);
    after = cursor;
  }
};

const told = (kept: readonly KeptDecision[]): unknown[] => kept.map(({ decision, endedAt }) => [decision, endedAt]);

const keepsAsGiven = async ({ store, ports }: StoreSubject): Promise<void> => {
  const one = decisionOf(ports, { target: 'Jürgen 🔒', kind: 'revoke_access', resource: 'files/"\\', perMinute: 7 });
  assert.equal(await store.decision(one.id), undefined);
  assert.equal(await store.putDecision(one, 1), true);
  const longer = { ...one, until: one.until + 5 };
  assert.equal(await store.putDecision(longer, 2), true);
  const kept = await store.decision(one.id);
  assert.deepEqual(kept, { decision: longer, place: await store.newestDecisionChange(), endedAt: undefined });
  assert.deepEqual(await store.decisions({ at: ports.clock.now(), limit: 9 }), [longer]);
};

const fencesOffWhoIsLate = async ({ store, ports }: StoreSubject): Promise<void> => {
  const [one, never] = [decisionOf(ports), decisionOf(ports)];
  const now = ports.clock.now();
  await store.putDecision(one, 4);
  const seen = await store.newestDecisionChange();
  assert.equal(await store.putDecision({ ...one, until: now + 1 }, 3), false, 'a higher fence was seen');
  assert.equal(await store.endDecision(one.id, 3, now), false);
  assert.deepEqual([await store.newestDecisionChange(), (await store.decision(one.id))?.decision], [seen, one]);
  assert.equal(await store.endDecision(one.id, 5, now), true);
  assert.equal(await store.putDecision(one, 4), false, 'what was ended is not put again by who is late');
  assert.equal((await store.decision(one.id))?.endedAt, now);
  assert.equal(await store.endDecision(never.id, 2, now), true, 'never there is as well as ended');
  assert.equal(await store.putDecision(never, 1), false, 'the fence of what was ended before it came is known');
  assert.equal(await store.decision(never.id), undefined);
  assert.equal(await store.putDecision(never, 3), true);
  assert.deepEqual(await store.decisions({ at: now, limit: 9 }), [never]);
};

const isThereOnce = async ({ store, ports }: StoreSubject): Promise<void> => {
  const one = decisionOf(ports);
  const now = ports.clock.now();
  await store.putDecision(one, 1);
  const seen = await store.newestDecisionChange();
  assert.equal(await store.putDecision({ ...one }, 1), true);
  assert.equal(await store.putDecision({ ...one }, 2), true);
  assert.deepEqual(await readOn(store, seen, 9), [], 'asked twice is no change');
  assert.equal(await store.putDecision(one, 1), false, 'but its fence was seen');
  await store.endDecision(one.id, 2, now);
  const ended = await store.newestDecisionChange();
  assert.equal(await store.endDecision(one.id, 3, now + 5), true);
  assert.deepEqual(await readOn(store, ended, 9), []);
  assert.equal((await store.decision(one.id))?.endedAt, now, 'it ended when it was ended first');
  assert.equal(await store.endDecision(one.id, 2, now), false);
};

const tellsChangesInOrder = async ({ store, ports }: StoreSubject): Promise<void> => {
  assert.equal(await store.newestDecisionChange(), 0);
  const [one, two, three] = [decisionOf(ports), decisionOf(ports), decisionOf(ports)];
  const now = ports.clock.now();
  for (const each of [two, one, three]) await store.putDecision(each, 1);
  assert.deepEqual(told(await readOn(store, 0, 2)), told([two, one, three].map(inForce)));
  const seen = await store.newestDecisionChange();
  await store.putDecision({ ...two, until: two.until + 1 }, 2);
  await store.endDecision(one.id, 2, now);
  await store.putDecision({ ...two, until: two.until + 2 }, 3);
  await store.endDecision(ports.ids.next(), 1, now);
  assert.deepEqual(told(await readOn(store, seen, 9)), [
    [one, now],
    [{ ...two, until: two.until + 2 }, undefined],
  ]);
  assert.deepEqual(
    (await readOn(store, 0, 1)).map(({ decision }) => decision.id),
    [three.id, one.id, two.id],
  );
};

const inForce = (decision: KeptDecision['decision']): KeptDecision => ({ decision, place: 0, endedAt: undefined });

const listsInForce = async ({ store, ports }: StoreSubject): Promise<void> => {
  const now = ports.clock.now();
  const all = Array.from({ length: 6 }, (_, n) =>
    decisionOf(ports, { until: now + 10 * n, kind: n % 2 ? 'lock_account' : 'block_address' }),
  );
  for (const each of all.toReversed()) await store.putDecision(each, 1);
  await store.endDecision(all[5]?.id ?? '', 2, now + 1);
  const ids = idsOf(all);
  const list = async (query: Partial<Parameters<Store['decisions']>[0]>): Promise<string[]> =>
    idsOf(await store.decisions({ at: now + 1, limit: 9, ...query }));
  assert.deepEqual(await list({}), ids.slice(1, 5), 'neither what is past its time nor what was ended');
  assert.deepEqual(await list({ at: now + 20 }), ids.slice(3, 5), 'what ends at that very time is over');
  assert.deepEqual(await list({ limit: 2 }), ids.slice(1, 3));
  assert.deepEqual(await list({ limit: 2, after: ids[2] ?? '' }), ids.slice(3, 5));
  assert.deepEqual(await list({ kinds: ['lock_account', 'step_up'] }), [ids[1], ids[3]]);
  assert.deepEqual(await store.decisionCounts(now + 1), [
    { kind: 'block_address', decisions: 2 },
    { kind: 'lock_account', decisions: 2 },
  ]);
  assert.deepEqual(await store.decisionCounts(now + 99), []);
};

const endsOnceOverStays = async ({ store, ports }: StoreSubject): Promise<void> => {
  const one = decisionOf(ports);
  await store.putDecision(one, 1);
  await store.endDecision(one.id, 2, one.until + 50);
  assert.deepEqual(await store.decisions({ at: one.until + 10, limit: 9 }), [], 'its time was over before');
};

const letsGo = async ({ store, ports }: StoreSubject): Promise<void> => {
  const now = ports.clock.now();
  const all = [1, 2, 3, 9].map((n) => decisionOf(ports, { until: now + n }));
  const [first, second, third, last] = all;
  assert.ok(first && second && third && last);
  for (const each of all) await store.putDecision(each, 1);
  const seen = await store.newestDecisionChange();
  await store.endDecision(third.id, 2, now);
  assert.equal((await store.changedDecisions(0, 9)).isIncomplete, false);
  assert.equal(await store.prune({ before: now, limit: 9 }), 0, 'what ended at that very time stays');
  assert.equal(await store.prune({ before: now + 3, limit: 1 }), 1, 'in steps');
  assert.equal(await store.decision(third.id), undefined, 'the one that ended first goes first');
  assert.equal(await store.prune({ before: now + 3, limit: 9 }), 2);
  assert.deepEqual(told(await readOn(store, 0, 9)), told([inForce(last)]));
  assert.equal((await store.changedDecisions(seen, 9)).isIncomplete, true, 'that it ended is told no more');
  const newest = await store.newestDecisionChange();
  assert.ok(newest > seen, 'places do not go back');
  assert.equal((await store.changedDecisions(newest, 9)).isIncomplete, false);
};

const knowsEnforcers = async ({ store, ports }: StoreSubject): Promise<void> => {
  assert.deepEqual(await store.enforcers(), []);
  const at = ports.clock.now();
  const kinds = ['block_address', 'suspect_address'] as const;
  await store.noteEnforcer({ name: 'shop-2', kinds: [], cursor: 3, at });
  await store.noteEnforcer({ name: 'shop-1', kinds, cursor: 5, at });
  await store.noteEnforcer({ name: 'shop-2', kinds: [], cursor: 4, at: at + 1 });
  const [one, two] = [
    { name: 'shop-1', kinds, cursor: 5, at },
    { name: 'shop-2', kinds: [], cursor: 4, at: at + 1 },
  ];
  assert.deepEqual(await store.enforcers(), [one, two], 'what it said last, by name');
  assert.equal(await store.prune({ before: at + 1, limit: 9 }), 1);
  assert.deepEqual(await store.enforcers(), [two]);
};

const lasts = async (subject: StoreSubject, again: Store): Promise<void> => {
  const { ports } = subject;
  const seen = await again.newestDecisionChange();
  const [one, other] = await again.decisions({ at: ports.clock.now(), limit: 9 });
  assert.ok(one && !other);
  assert.equal(await again.putDecision(one, 3), false, 'fences last');
  await again.putDecision({ ...one, until: one.until + 1 }, 4);
  assert.ok((await again.newestDecisionChange()) > seen, 'a place is never used again');
  assert.deepEqual((await readOn(again, seen, 9)).length, 1);
};

const lastsOver =
  (again: (subject: StoreSubject) => Promise<Store>) =>
  async (subject: StoreSubject): Promise<void> => {
    const { store, ports } = subject;
    const [one, other] = [decisionOf(ports), decisionOf(ports)];
    await store.putDecision(one, 4);
    await store.putDecision(other, 4);
    await store.endDecision(other.id, 5, ports.clock.now());
    await lasts(subject, await again(subject));
  };

/** What decisions are promised. */
export const decisionChecks: readonly StoreCheck[] = [
  promise('a decision is kept as it was given, in the place of the one of its id', keepsAsGiven),
  promise('of a decision nothing is changed by who has a lower fence', fencesOffWhoIsLate),
  promise('a decision that is asked for twice is there once, and that is one change', isThereOnce),
  promise('changed decisions are told in the order of their newest changes, each once', tellsChangesInOrder),
  promise('decisions in force are listed by id, in pages, and counted by kind', listsInForce),
  promise('a decision that is ended after its time was over before', endsOnceOverStays),
  promise('prune lets go of decisions that are over, and who has missed that is told so', letsGo),
  promise('an enforcer is known by what it said last', knowsEnforcers),
  promise('decisions and their fences outlast a restart', lastsOver(reopened), 'reopen'),
  promise('decisions and their fences outlast a crash', lastsOver(crashed), 'crash'),
];
