import assert from 'node:assert/strict';
import type { Claim, Delivery, Store } from '@therapytrain/alerts-core';
import { promise } from '../contract.ts';
import { rejectsWith } from '../log-checks/subject.ts';
import { everything } from './commit.ts';
import {
  allOf,
  assertBalanced,
  claim,
  claimOne,
  crashed,
  dead,
  decisionOf,
  done,
  entryOf,
  idsOf,
  incidentOf,
  jobOf,
  lease,
  reopened,
  schedule,
  type StoreCheck,
  type StoreSubject,
} from './subject.ts';

const refusesAfterwards = async (subject: StoreSubject): Promise<void> => {
  const { store } = subject;
  const closing = store.close();
  const calls = (): Promise<unknown>[] => [
    store.cursor(),
    store.incidentsOf([], 0),
    store.incident(''),
    store.incidents({ limit: 1 }),
    store.silences(0),
    store.hidden([]),
    store.hiddenIncidents('', '', 1),
    store.commit({}),
    claim(subject),
    store.renew([], 0),
    store.settle([]),
    store.rebase({ now: 0, tolerance: 0, longest: 0 }),
    store.nextDue(),
    store.ref('', ''),
    store.deliveries({ limit: 1 }),
    store.replay([], 0),
    store.prune({ before: 0, limit: 1 }),
    store.accounting(),
    store.audit(0, 1),
    store.findAudit({ action: 'alerts.kept', from: '', limit: 1 }),
    store.subjectKeys([]),
    store.windows([]),
    store.windowCounts(),
    store.putDecision(decisionOf(subject.ports), 1),
    store.endDecision('', 1, 0),
    store.noteEnforcer({ name: 'shop', kinds: [], cursor: 0, at: 0 }),
    store.decision(''),
    store.decisions({ at: 0, limit: 1 }),
    store.decisionCounts(0),
    store.changedDecisions(0, 1),
    store.newestDecisionChange(),
    store.enforcers(),
    store.response(''),
    store.responses({ limit: 1 }),
    store.responseFacts({ targets: [], changedSince: 0, origins: [], sources: [], madeSince: 0, now: 0 }),
    store.killSwitch(),
  ];
  await Promise.all(calls().map((call) => rejectsWith('CLOSED', call)));
  await closing;
  await Promise.all(calls().map((call) => rejectsWith('CLOSED', call)));
};

const closesOnce = async ({ store }: StoreSubject): Promise<void> => {
  await Promise.all([store.close(), store.close()]);
  await store.close();
};

const finishes = async ({ store, ports }: StoreSubject): Promise<void> => {
  const begun = Array.from({ length: 30 }, (_, n) => store.commit({ audit: [entryOf(ports, n)] }));
  let answered = 0;
  const read = store.cursor();
  const all = Promise.allSettled([read, ...begun.map((each) => each.then(() => answered++))]);
  await store.close();
  await new Promise(setImmediate);
  assert.equal(answered, 30, 'what was begun is answered before the store is closed');
  await all;
  assert.equal(await read, 0);
};

/** Something of everything, in every state. */
const fill = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  await store.commit(everything(ports, 1));
  await store.commit({ ...everything(ports, 2), request: 'r' });
  await schedule(
    store,
    jobOf(ports, { target: 'slack' }),
    jobOf(ports, { target: 'slack' }),
    jobOf(ports, { slot: 's' }),
  );
  await store.commit({ cancel: ['s'] });
  const [kept, ended] = [decisionOf(ports), decisionOf(ports, { kind: 'lock_account', target: 'u-1' })];
  await Promise.all([kept, ended].map((each) => store.putDecision(each, 2)));
  await store.endDecision(ended.id, 3, ports.clock.now());
  await store.noteEnforcer({ name: 'shop-1', kinds: ['lock_account', 'step_up'], cursor: 2, at: ports.clock.now() });
  const [one, other] = (await claim(subject, { except: ['mail'] })).filter(({ job }) => job.target === 'slack');
  assert.ok(one && other);
  await store.settle([
    { claim: one, next: { ...done, ref: 'thread' } },
    { claim: other, next: dead },
  ]);
};

const isTheSameAfterARestart = async (subject: StoreSubject): Promise<void> => {
  await fill(subject);
  const before = await allOf(subject.store);
  assert.deepEqual(await allOf(await reopened(subject)), before);
};

const goesOnAfterARestart = async (subject: StoreSubject): Promise<void> => {
  const { ports } = subject;
  await fill(subject);
  await schedule(subject.store, jobOf(ports, { target: 'sms' }));
  const [held] = await claim(subject, { except: ['mail', 'slack'] });
  assert.ok(held);
  const store = await reopened(subject);
  assert.deepEqual(await store.settle([{ claim: held, next: done }]), [false], 'whoever claimed it is gone');
  await store.commit({ audit: [entryOf(ports, 9)] });
  assert.equal((await store.audit(0, 100)).at(-1)?.sequence, 5);
  await store.commit({ incidents: [incidentOf(ports, { version: 7 })], request: 'r' });
  const [slack] = (await store.deliveries({ channel: 'slack', states: ['done'], limit: 1 })) ?? [];
  assert.equal(await store.ref(slack?.incident ?? '', 'slack'), 'thread');
  await rejectsWith('DEFECT', store.commit({ cursor: 1 }));
};

const takesClaimsBack = async (subject: StoreSubject, again: (subject: StoreSubject) => Promise<Store>) => {
  const { ports } = subject;
  const [job, later] = [jobOf(ports, { pairs: 2 }), jobOf(ports, { due: ports.clock.now() + 50 })];
  await schedule(subject.store, job, later);
  const lost = await claimOne(subject);
  const store = await again(subject);
  assert.equal(await store.nextDue(), job.due, 'it is due when it was, and not when its claim would have ended');
  const held = await claimOne({ store, ports });
  assert.deepEqual(held.job, { ...lost.job, attempts: 2, doubtful: true }, 'nobody knows what became of the attempt');
  assert.notEqual(held.token, lost.token);
  assert.deepEqual(await store.renew([lost], ports.clock.now() + lease), [false]);
  assert.deepEqual(await store.settle([{ claim: lost, next: done }]), [false]);
  await ports.clock.advance(50);
  assert.equal((await claimOne({ store, ports })).job.doubtful, false, 'what was not claimed is as it was');
  await assertBalanced(store);
};

const takesClaimsBackAfterARestart = (subject: StoreSubject): Promise<void> => takesClaimsBack(subject, reopened);
const takesClaimsBackAfterACrash = (subject: StoreSubject): Promise<void> => takesClaimsBack(subject, crashed);

const keepsWhatItFinished = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const begun = Array.from({ length: 30 }, (_, n) => store.commit({ audit: [entryOf(ports, n)] }));
  const again = await reopened(subject);
  await Promise.all(begun);
  assert.equal((await again.audit(0, 100)).length, 30);
};

// What a crash leaves claimed waits again.
const takenBack = (all: Awaited<ReturnType<typeof allOf>>, claimed: readonly Claim[]): typeof all => {
  const ids = idsOf(claimed);
  const back = (each: Delivery): Delivery =>
    ids.includes(each.id) ? { ...each, state: 'waiting', doubtful: true } : each;
  return { ...all, deliveries: (all['deliveries'] as Delivery[]).map(back), nextDue: claimed[0]?.job.due };
};

const survivesACrash = async (subject: StoreSubject): Promise<void> => {
  const { ports } = subject;
  await fill(subject);
  const jobs = Array.from({ length: 20 }, () => jobOf(ports, { target: 'sms', severity: 4 }));
  await Promise.all(jobs.map((each) => schedule(subject.store, each)));
  const claimed = await claim(subject, { except: ['mail', 'slack'], limit: 5 });
  const before = await allOf(subject.store);
  const store = await crashed(subject);
  assert.deepEqual(await allOf(store), takenBack(before, claimed), 'what was answered is there, and nothing else');
  const again = await claim({ store, ports }, { except: ['mail', 'slack'], limit: 5 });
  assert.deepEqual(idsOf(again), idsOf(claimed));
  assert.deepEqual(
    again.map(({ job }) => job.attempts),
    [2, 2, 2, 2, 2],
    'an attempt that the crash ended is counted',
  );
};

/** What `close` promises, and what a store that outlives its process keeps. */
export const closeChecks: readonly StoreCheck[] = [
  promise('once close was called, every other call rejects with CLOSED', refusesAfterwards),
  promise('close may be called again', closesOnce),
  promise('close finishes what was begun', finishes),
  promise('a restart changes nothing', isTheSameAfterARestart, 'reopen'),
  promise('requests, refs and the audit go on after a restart', goesOnAfterARestart, 'reopen'),
  promise('what was claimed before a restart is due at once, and doubtful', takesClaimsBackAfterARestart, 'reopen'),
  promise('what was claimed before a crash is due at once, and doubtful', takesClaimsBackAfterACrash, 'crash'),
  promise('what was begun before close is there after a restart', keepsWhatItFinished, 'reopen'),
  promise('what was answered survives a crash', survivesACrash, 'crash'),
];
