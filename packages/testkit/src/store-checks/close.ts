import assert from 'node:assert/strict';
import { promise } from '../contract.ts';
import { rejectsWith } from '../log-checks/subject.ts';
import { everything } from './commit.ts';
import {
  allOf,
  claim,
  claimOne,
  crashed,
  dead,
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
    store.commit({}),
    claim(subject),
    store.renew([], 0),
    store.settle([]),
    store.nextDue(),
    store.ref('', ''),
    store.deliveries({ limit: 1 }),
    store.replay([], 0),
    store.accounting(),
    store.audit(0, 1),
    store.windows([]),
    store.windowCounts(),
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
  assert.deepEqual(await store.settle([{ claim: held, next: done }]), [true], 'a claim outlives a restart');
  await store.commit({ audit: [entryOf(ports, 9)] });
  assert.equal((await store.audit(0, 100)).at(-1)?.sequence, 5);
  await store.commit({ incidents: [incidentOf(ports, { version: 7 })], request: 'r' });
  const [slack] = (await store.deliveries({ channel: 'slack', states: ['done'], limit: 1 })) ?? [];
  assert.equal(await store.ref(slack?.incident ?? '', 'slack'), 'thread');
  await rejectsWith('DEFECT', store.commit({ cursor: 1 }));
};

const givesNewTokensAfterARestart = async (subject: StoreSubject): Promise<void> => {
  const { ports } = subject;
  await schedule(subject.store, jobOf(ports));
  const lost = await claimOne(subject);
  const store = await reopened(subject);
  await ports.clock.advance(lease);
  const held = await claimOne({ store, ports });
  assert.notEqual(held.token, lost.token);
  assert.deepEqual(await store.settle([{ claim: lost, next: done }]), [false]);
};

const keepsWhatItFinished = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const begun = Array.from({ length: 30 }, (_, n) => store.commit({ audit: [entryOf(ports, n)] }));
  const again = await reopened(subject);
  await Promise.all(begun);
  assert.equal((await again.audit(0, 100)).length, 30);
};

const survivesACrash = async (subject: StoreSubject): Promise<void> => {
  const { ports } = subject;
  await fill(subject);
  const jobs = Array.from({ length: 20 }, () => jobOf(ports, { target: 'sms', severity: 4 }));
  await Promise.all(jobs.map((each) => schedule(subject.store, each)));
  const claimed = await claim(subject, { except: ['mail', 'slack'], limit: 5 });
  const before = await allOf(subject.store);
  const store = await crashed(subject);
  assert.deepEqual(await allOf(store), before, 'what was answered is there after a crash, and nothing else');
  await ports.clock.advance(lease);
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
  promise('claims, requests, refs and the audit go on after a restart', goesOnAfterARestart, 'reopen'),
  promise('a claim of before a restart is lost like any other', givesNewTokensAfterARestart, 'reopen'),
  promise('what was begun before close is there after a restart', keepsWhatItFinished, 'reopen'),
  promise('what was answered survives a crash', survivesACrash, 'crash'),
];
