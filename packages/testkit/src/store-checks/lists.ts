import assert from 'node:assert/strict';
import { promise } from '../contract.ts';
import {
  accountOf,
  assertBalanced,
  claim,
  claimOne,
  dead,
  deliveryOf,
  done,
  idsOf,
  incidentOf,
  jobOf,
  keyOf,
  resolvedAt,
  schedule,
  type StoreCheck,
  type StoreSubject,
  waiting,
} from './subject.ts';

const findsByKey = async ({ store, ports }: StoreSubject): Promise<void> => {
  const now = ports.clock.now();
  const [old, open, over, other] = [
    incidentOf(ports, { key: keyOf(1) }),
    incidentOf(ports, { key: keyOf(1) }),
    incidentOf(ports, { key: keyOf(2) }),
    incidentOf(ports, { key: keyOf(3) }),
  ];
  const [oldResolved, overResolved] = [resolvedAt(old, now - 50), resolvedAt(over, now - 20)];
  await store.commit({ incidents: [old, over, other] });
  await store.commit({ incidents: [oldResolved, overResolved, open] });
  const found = async (since: number, ...keys: number[]): Promise<string[]> =>
    idsOf(await store.incidentsOf(keys.map(keyOf), since)).sort();
  assert.deepEqual(await found(0, 1), [open.id], 'the newest of a key');
  assert.deepEqual(await found(now - 20, 1, 2, 9), [open.id, over.id], 'what was resolved at this time');
  assert.deepEqual(await found(now - 19, 1, 2, 2, 1), [open.id], 'not what was resolved before it');
  assert.deepEqual(await found(0), []);
  assert.deepEqual(await store.incidentsOf([keyOf(2)], now - 20), [overResolved]);
};

const listsIncidents = async ({ store, ports }: StoreSubject): Promise<void> => {
  const all = Array.from({ length: 7 }, (_, n) => incidentOf(ports, { key: keyOf(n) }));
  await store.commit({ incidents: all });
  const [first, second] = all;
  assert.ok(first && second);
  const acknowledged = { ...second, version: 2, state: 'ACKNOWLEDGED' as const };
  await store.commit({ incidents: [resolvedAt(first, ports.clock.now()), acknowledged] });
  const newest = idsOf(all).reverse();
  assert.deepEqual(idsOf(await store.incidents({ limit: 3 })), newest.slice(0, 3), 'newest first');
  assert.deepEqual(idsOf(await store.incidents({ limit: 3, before: newest[2] ?? '' })), newest.slice(3, 6));
  assert.deepEqual(idsOf(await store.incidents({ limit: 3, before: newest[5] ?? '' })), newest.slice(6));
  assert.deepEqual(idsOf(await store.incidents({ limit: 9, states: ['OPEN'] })), newest.slice(0, 5));
  assert.deepEqual(idsOf(await store.incidents({ limit: 9, states: ['RESOLVED', 'ACKNOWLEDGED'] })), newest.slice(5));
  assert.deepEqual(await store.incidents({ limit: 9, states: [] }), []);
};

const listsOverdue = async ({ store, ports }: StoreSubject): Promise<void> => {
  const now = ports.clock.now();
  const due = (n: number, acknowledgeBy: number | undefined) => incidentOf(ports, { key: keyOf(n), acknowledgeBy });
  const [never, past, exact, late, seen, over] = [
    due(1, undefined),
    due(2, now - 10),
    due(3, now),
    due(4, now + 1),
    due(5, now - 10),
    due(6, now - 10),
  ];
  await store.commit({ incidents: [never, past, exact, late, seen, over] });
  await store.commit({ incidents: [{ ...seen, version: 2, state: 'ACKNOWLEDGED' }, resolvedAt(over, now)] });
  const overdue = async (more: object = {}) => idsOf(await store.incidents({ limit: 9, overdueAt: now, ...more }));
  assert.deepEqual(await overdue(), [exact.id, past.id], 'open ones whose time has come, newest first');
  assert.deepEqual(await overdue({ before: exact.id }), [past.id]);
  assert.deepEqual(await overdue({ limit: 1 }), [exact.id]);
  assert.deepEqual(await overdue({ states: ['ACKNOWLEDGED', 'RESOLVED'] }), []);
  assert.deepEqual(await overdue({ overdueAt: now + 1 }), [late.id, exact.id, past.id]);
  await store.commit({ incidents: [{ ...past, version: 2, acknowledgeBy: now + 5 }] });
  assert.deepEqual(await overdue(), [exact.id], 'by the time that was kept last');
  assert.equal((await store.incident(late.id))?.acknowledgeBy, now + 1);
};

const sumsWhatIsHidden = async ({ store }: StoreSubject): Promise<void> => {
  const of = (silence: string, incident: string, alerts: number, severity: 1 | 2 | 3 | 4, ...channels: string[]) => ({
    ...{ silence, incident, alerts, severity, channels },
  });
  await store.commit({ hidden: [of('s2', 'b', 2, 3, 'slack'), of('s2', 'a', 1, 1, 'mail'), of('s1', 'c', 0, 2)] });
  await store.commit({ hidden: [of('s2', 'a', 4, 2, 'mail', 'sms'), of('s2', 'c', 1, 1)] });
  assert.deepEqual(await store.hidden(['s2', 's0', 's1', 's2']), [
    { silence: 's1', alerts: 0, incidents: 1, severity: 2, channels: [] },
    { silence: 's2', alerts: 8, incidents: 3, severity: 3, channels: ['mail', 'slack', 'sms'] },
  ]);
  assert.deepEqual(await store.hidden([]), []);
  assert.deepEqual(await store.hiddenIncidents('s2', '', 2), ['a', 'b']);
  assert.deepEqual(await store.hiddenIncidents('s2', 'b', 2), ['c']);
  assert.deepEqual(await store.hiddenIncidents('s0', '', 2), []);
};

const listsDeliveries = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const later = ports.clock.now() + 1_000;
  const jobs = Array.from({ length: 8 }, (_, n) =>
    jobOf(ports, {
      target: n % 2 === 0 ? 'mail' : 'slack',
      incident: n < 4 ? 'one' : 'other',
      due: n < 6 ? later : ports.clock.now(),
    }),
  );
  await schedule(store, ...jobs, jobOf(ports, { kind: 'review', target: 'mail', event: 'updated', due: later }));
  const [lost, made] = [...(await claim(subject))].sort((a, b) => (a.job.id < b.job.id ? -1 : 1));
  assert.ok(lost && made);
  await store.settle([
    { claim: lost, next: dead },
    { claim: made, next: done },
  ]);
  const ids = idsOf(jobs).reverse();
  const listed = async (query: object): Promise<string[]> => idsOf(await store.deliveries({ limit: 99, ...query }));
  const at = (...places: number[]): (string | undefined)[] => places.map((place) => ids[place]);
  assert.deepEqual(await listed({}), ids, 'newest first, and no reviews');
  assert.deepEqual(await listed({ limit: 3 }), ids.slice(0, 3));
  assert.deepEqual(await listed({ limit: 3, before: ids[2] }), ids.slice(3, 6));
  assert.deepEqual(await listed({ incident: 'one' }), ids.slice(4));
  assert.deepEqual(await listed({ channel: 'slack' }), at(0, 2, 4, 6));
  assert.deepEqual(await listed({ states: ['dead'] }), [lost.job.id]);
  assert.deepEqual(await listed({ states: ['dead', 'done'] }), [made.job.id, lost.job.id]);
  assert.deepEqual(await listed({ states: ['waiting'], incident: 'other', channel: 'mail' }), at(3));
  assert.deepEqual(await listed({ states: ['waiting'], channel: 'slack', before: ids[2], limit: 1 }), at(4));
  assert.deepEqual(await listed({ states: [] }), []);
};

const keepsTheFirstRef = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const deliver = async (ref: string | undefined, incident = 'one', target = 'slack'): Promise<void> => {
    await schedule(store, jobOf(ports, { incident, target }));
    await store.settle([{ claim: await claimOne(subject), next: { ...done, ...(ref !== undefined && { ref }) } }]);
  };
  await deliver(undefined);
  assert.equal(await store.ref('one', 'slack'), undefined);
  await deliver('thread-1');
  await deliver('thread-2');
  await deliver('thread-3', 'other');
  await deliver('thread-4', 'one', 'mail');
  assert.equal(await store.ref('one', 'slack'), 'thread-1', 'that of the first which gave one');
  assert.equal(await store.ref('other', 'slack'), 'thread-3');
  assert.equal(await store.ref('one', 'mail'), 'thread-4');
  assert.equal(await store.ref('other', 'mail'), undefined);
};

const replays = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const [job, other] = [jobOf(ports, { pairs: 3 }), jobOf(ports)];
  await schedule(store, job);
  const first = await claimOne(subject);
  await store.settle([{ claim: first, next: dead }]);
  await schedule(store, other);
  const due = ports.clock.now() + 50;
  const again = await store.replay([job.id, other.id, 'none', job.id], due);
  assert.deepEqual(again, [await deliveryOf(store, job.id)], 'those that were dead, as they are now');
  const { state, attempts, settledAt } = await deliveryOf(store, job.id);
  assert.deepEqual([state, attempts, settledAt], ['waiting', 0, undefined]);
  assert.deepEqual((await accountOf(store)).dead, 0);
  await assertBalanced(store);
  assert.deepEqual(await store.replay([job.id], due), [], 'it is not dead any more');
  await store.settle([{ claim: await claimOne(subject), next: done }]);
  await ports.clock.advance(50);
  const claimed = await claimOne(subject);
  assert.equal(claimed.job.attempts, 1);
  assert.notEqual(claimed.token, first.token, 'its first claim is lost');
  assert.deepEqual(await store.settle([{ claim: first, next: dead }]), [false]);
  await store.settle([{ claim: claimed, next: done }]);
  assert.equal((await accountOf(store)).delivered, 4);
  await assertBalanced(store);
};

const countsEveryChannel = async ({ store, ports }: StoreSubject): Promise<void> => {
  await store.commit({
    jobs: [jobOf(ports, { target: 'never counted', pairs: 2 })],
    counts: [
      { channel: 'slack', state: 'accepted', pairs: 5 },
      { channel: 'slack', state: 'digested', pairs: 2 },
      { channel: '(no route)', state: 'accepted', pairs: 1 },
      { channel: 'slack', state: 'suppressed', pairs: 3 },
      { channel: '(no route)', state: 'suppressed', pairs: 1 },
    ],
  });
  await store.commit({ counts: [{ channel: 'slack', state: 'accepted', pairs: 4 }] });
  const none = { accepted: 0, delivered: 0, suppressed: 0, digested: 0, dead: 0, pending: 0 };
  assert.deepEqual(await store.accounting(), [
    { ...none, channel: '(no route)', accepted: 1, suppressed: 1 },
    { ...none, channel: 'never counted', pending: 2 },
    { ...none, channel: 'slack', accepted: 9, digested: 2, suppressed: 3 },
  ]);
};

const countsWhatIsPending = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  await schedule(store, jobOf(ports, { pairs: 2 }), jobOf(ports, { pairs: 3, due: ports.clock.now() + 1_000 }));
  const pending = async (): Promise<number> => (await accountOf(store)).pending;
  assert.equal(await pending(), 5);
  const claimed = await claimOne(subject);
  assert.equal(await pending(), 5, 'also what is claimed');
  await store.settle([{ claim: claimed, next: waiting(ports.clock.now()) }]);
  assert.equal(await pending(), 5);
  await store.settle([{ claim: await claimOne(subject), next: done }]);
  assert.equal(await pending(), 3);
  await assertBalanced(store);
};

/** What the lists, the accounting and `replay` promise. */
export const listChecks: readonly StoreCheck[] = [
  promise('incidents are found by key: open ones, or those that were resolved lately', findsByKey),
  promise('incidents are listed newest first, by state, in pages', listsIncidents),
  promise('incidents that should have been acknowledged by a time are listed', listsOverdue),
  promise('what silences held back is summed up by silence', sumsWhatIsHidden),
  promise('deliveries are listed newest first, by incident, channel and state, in pages', listsDeliveries),
  promise('ref is that of the first delivery through the channel which gave one', keepsTheFirstRef),
  promise('replay makes dead deliveries wait again, and no others', replays),
  promise('every channel that was ever counted has an account', countsEveryChannel),
  promise('pairs are pending until their job has ended', countsWhatIsPending),
];
