import assert from 'node:assert/strict';
import { promise } from '../contract.ts';
import { rejectsWith } from '../log-checks/subject.ts';
import {
  accountOf,
  allOf,
  assertBalanced,
  claim,
  claimOne,
  dead,
  deliveryOf,
  done,
  entryOf,
  incidentOf,
  jobOf,
  lease,
  next,
  schedule,
  type StoreCheck,
  type StoreSubject,
  waiting,
} from './subject.ts';

const settlesDone = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const job = jobOf(ports, { pairs: 3 });
  await schedule(store, job);
  const claimed = await claimOne(subject);
  await ports.clock.advance(7);
  assert.deepEqual(await store.settle([{ claim: claimed, next: done }]), [true]);
  const { state, settledAt, proof, attempts } = await deliveryOf(store, job.id);
  assert.deepEqual([state, settledAt, proof, attempts], ['done', ports.clock.now(), '250 queued', 1]);
  const { delivered, pending } = await accountOf(store);
  assert.deepEqual([delivered, pending], [3, 0]);
  await assertBalanced(store);
};

const settlesDead = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const job = jobOf(ports, { pairs: 3 });
  await schedule(store, job);
  await store.settle([{ claim: await claimOne(subject), next: dead }]);
  const { state, settledAt, detail, lastReason } = await deliveryOf(store, job.id);
  assert.deepEqual([state, settledAt, detail, lastReason], ['dead', ports.clock.now(), '550', 'refused']);
  const { dead: lost, pending } = await accountOf(store);
  assert.deepEqual([lost, pending], [3, 0]);
  await ports.clock.advance(lease);
  assert.deepEqual(await claim(subject), []);
};

const settlesCancelled = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const job = jobOf(ports, { pairs: 3 });
  await schedule(store, job);
  await store.settle([{ claim: await claimOne(subject), next: waiting(ports.clock.now()) }]);
  await store.settle([{ claim: await claimOne(subject), next: { state: 'cancelled', detail: 'it is over' } }]);
  const { state, settledAt, detail, lastReason } = await deliveryOf(store, job.id);
  assert.deepEqual([state, settledAt, detail, lastReason], ['cancelled', ports.clock.now(), 'it is over', 'throttled']);
  const { suppressed, pending } = await accountOf(store);
  assert.deepEqual([suppressed, pending], [3, 0]);
  await assertBalanced(store);
  await ports.clock.advance(lease);
  assert.deepEqual(await claim(subject), []);
};

const settlesWaiting = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const job = jobOf(ports, { pairs: 3 });
  await schedule(store, job);
  const due = ports.clock.now() + 100;
  const again = { ...waiting(due), progress: 'a.b', doubtful: true };
  await store.settle([{ claim: await claimOne(subject), next: again }]);
  const { state, settledAt, detail } = await deliveryOf(store, job.id);
  assert.deepEqual([state, settledAt, detail], ['waiting', undefined, '429']);
  assert.equal((await accountOf(store)).pending, 3);
  await ports.clock.advance(99);
  assert.deepEqual(await claim(subject), []);
  await ports.clock.advance(1);
  const claimed = await claimOne(subject);
  const { attempts, progress, doubtful, lastReason } = claimed.job;
  assert.deepEqual([attempts, progress, doubtful, lastReason], [2, 'a.b', true, 'throttled']);
  await store.settle([{ claim: claimed, next: waiting(ports.clock.now()) }]);
  const third = (await claimOne(subject)).job;
  assert.deepEqual([third.attempts, third.progress, third.doubtful], [3, undefined, false], 'as the last one said');
};

const writesNothingOfALostClaim = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  await schedule(store, jobOf(ports));
  const lost = await claimOne(subject);
  await ports.clock.advance(lease);
  const held = await claimOne(subject);
  const before = await allOf(store);
  const changes = { incidents: [incidentOf(ports)], jobs: [jobOf(ports)], audit: [entryOf(ports, 1)], request: 'r' };
  for (const settlement of [done, dead, waiting(ports.clock.now())]) {
    assert.deepEqual(await store.settle([{ claim: lost, next: settlement, changes }]), [false]);
  }
  assert.deepEqual(await allOf(store), before);
  assert.deepEqual(await store.settle([{ claim: held, next: done, changes }]), [true], 'nor is its request known');
  assert.equal((await store.audit(0, 10)).length, 1);
};

const settlesOnce = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  await schedule(store, jobOf(ports));
  const claimed = await claimOne(subject);
  const settled = { claim: claimed, next: done, changes: { audit: [entryOf(ports, 1)] } };
  assert.deepEqual(await store.settle([settled, settled]), [true, false]);
  assert.deepEqual(await store.settle([settled]), [false]);
  assert.deepEqual(await store.settle([{ claim: claimed, next: dead }]), [false]);
  assert.equal((await store.audit(0, 10)).length, 1);
  await assertBalanced(store);
};

const settlesLate = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  await schedule(store, jobOf(ports));
  const claimed = await claimOne(subject);
  await ports.clock.advance(10 * lease);
  assert.deepEqual(await store.settle([{ claim: claimed, next: done }]), [true], 'nobody else took it');
};

const settlesEachByItself = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  await schedule(store, jobOf(ports, { target: 'slack' }));
  const lost = await claimOne(subject);
  await ports.clock.advance(lease);
  await schedule(store, jobOf(ports), jobOf(ports));
  const [a, b] = (await claim(subject)).filter(({ job }) => job.target === 'mail');
  assert.ok(a && b);
  const results = await store.settle([
    { claim: a, next: done },
    { claim: lost, next: done },
    { claim: b, next: dead },
  ]);
  assert.deepEqual(results, [true, false, true]);
  const { delivered, dead: dropped, pending } = await accountOf(store);
  assert.deepEqual([delivered, dropped, pending], [1, 1, 0]);
  assert.equal((await accountOf(store, 'slack')).pending, 1);
};

const appliesWhatGoesWithIt = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const job = jobOf(ports, { slot: 's' });
  const incident = incidentOf(ports);
  await schedule(store, job);
  await store.commit({ incidents: [incident] });
  const follower = jobOf(ports, { slot: 's', due: ports.clock.now() + 5 });
  const changed = next(incident, { told: ['mail', 'slack'] });
  await store.settle([
    {
      claim: await claimOne(subject),
      next: done,
      changes: {
        incidents: [changed],
        jobs: [follower],
        counts: [{ channel: 'mail', state: 'accepted', pairs: 1 }],
        audit: [entryOf(ports, 1)],
      },
    },
  ]);
  assert.deepEqual(await store.incident(incident.id), changed);
  assert.equal((await deliveryOf(store, follower.id)).state, 'waiting');
  assert.equal((await store.audit(0, 10)).length, 1);
  await assertBalanced(store);
};

const refusesConflicts = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const incident = incidentOf(ports);
  await schedule(store, jobOf(ports), jobOf(ports));
  const [a, b] = await claim(subject);
  assert.ok(a && b);
  const before = await allOf(store);
  const stale = { claim: b, next: done, changes: { incidents: [next(incident, {})] } };
  await rejectsWith(
    'CONFLICT',
    store.settle([{ claim: a, next: done, changes: { audit: [entryOf(ports, 1)] } }, stale]),
  );
  assert.deepEqual(await allOf(store), before, 'nothing of the call is kept');
  assert.deepEqual(await store.settle([{ claim: a, next: done }]), [true], 'and its claims still hold');
};

const knowsRequests = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  await schedule(store, jobOf(ports));
  await store.commit({ request: 'r' });
  const changes = { audit: [entryOf(ports, 1)], request: 'r' };
  assert.deepEqual(await store.settle([{ claim: await claimOne(subject), next: done, changes }]), [true]);
  assert.deepEqual(await store.audit(0, 10), [], 'its changes were made before');
  assert.equal((await accountOf(store)).delivered, 1);
};

const settlesReviewsQuietly = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const review = { kind: 'review', target: 'quiet', event: 'updated', pairs: 2 } as const;
  await store.commit({ jobs: [jobOf(ports, review), jobOf(ports, review)] });
  const [a, b] = await claim(subject);
  assert.ok(a && b);
  const settled = [
    { claim: a, next: done },
    { claim: b, next: dead },
  ];
  assert.deepEqual(await store.settle(settled), [true, true]);
  assert.deepEqual(await store.accounting(), [], 'a review is no channel');
  assert.deepEqual(await store.deliveries({ limit: 10 }), [], 'nor a delivery');
};

/** What `settle` promises. */
export const settleChecks: readonly StoreCheck[] = [
  promise('what is done is delivered', settlesDone),
  promise('what is cancelled after an attempt is not tried again, and counts as suppressed', settlesCancelled),
  promise('what is dead is not tried again', settlesDead),
  promise('what waits is tried again at its time, with what the last attempt handed back', settlesWaiting),
  promise('a claim that was lost writes nothing', writesNothingOfALostClaim),
  promise('a claim is settled once', settlesOnce),
  promise('a claim that has run out still settles if nobody took the job', settlesLate),
  promise('claims are settled each by itself', settlesEachByItself),
  promise('what goes with a settlement is applied with it', appliesWhatGoesWithIt),
  promise('a conflict in one settlement leaves nothing of its call', refusesConflicts),
  promise('a request that is known changes nothing, and its claim is settled', knowsRequests),
  promise('a review counts for no channel', settlesReviewsQuietly),
];
