import assert from 'node:assert/strict';
import type { Claim, DeliveryQuery } from '@therapytrain/alerts-core';
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

const keepsRecipients = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const [first, second] = [jobOf(ports), jobOf(ports)];
  await schedule(store, first, second);
  const owed = [
    { at: 0, state: 'accepted' },
    { at: 1, state: 'deferred', code: '451 4.7.1' },
  ] as const;
  const said = async (id: string) => (await deliveryOf(store, id)).recipients;
  const claims = await claim(subject);
  const settled = claims.map((each) => ({ claim: each, next: { ...waiting(ports.clock.now()), recipients: owed } }));
  await store.settle(settled);
  assert.deepEqual([await said(first.id), await said(second.id)], [owed, owed]);
  const again = await claim(subject);
  assert.ok(
    again.every(({ job }) => !('recipients' in job)),
    'it is for people: what is to be tried again knows by its progress',
  );
  await store.settle(again.map((each) => ({ claim: each, next: waiting(ports.clock.now()) })));
  assert.deepEqual(await said(first.id), owed, 'an attempt that says nothing of them leaves what is known');
  const all = [
    { at: 0, state: 'accepted' },
    { at: 1, state: 'accepted' },
  ] as const;
  const none = [
    { at: 0, state: 'accepted' },
    { at: 1, state: 'refused', code: '550' },
  ] as const;
  for (const each of await claim(subject)) {
    const ends = each.job.id === first.id ? { ...done, recipients: all } : { ...dead, recipients: none };
    await store.settle([{ claim: each, next: ends }]);
  }
  assert.deepEqual([await said(first.id), await said(second.id)], [all, none]);
  assert.deepEqual(
    (await store.replay([second.id], ports.clock.now()))[0]?.recipients,
    none,
    'also when it is replayed',
  );
};

const returns = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const job = jobOf(ports, { pairs: 3 });
  await schedule(store, job);
  const failed = { ...waiting(ports.clock.now()), progress: 'a.b', doubtful: true };
  await store.settle([{ claim: await claimOne(subject), next: failed }]);
  const due = ports.clock.now() + 100;
  const claimed = await claimOne(subject);
  assert.deepEqual(await store.settle([{ claim: claimed, next: { state: 'returned', due } }]), [true]);
  assert.equal((await accountOf(store)).pending, 3);
  const { state, attempts } = await deliveryOf(store, job.id);
  assert.deepEqual([state, attempts], ['waiting', 1], 'a claim that was given back counts as no attempt');
  assert.deepEqual(await claim(subject), []);
  await ports.clock.advance(100);
  const again = await claimOne(subject);
  assert.notEqual(again.token, claimed.token);
  assert.deepEqual(again.job, { ...claimed.job, due }, 'and all else is as it was');
};

const staysStoodIn = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const job = jobOf(ports);
  await schedule(store, job);
  const due = ports.clock.now();
  await store.settle([{ claim: await claimOne(subject), next: { state: 'returned', due }, stoodIn: true }]);
  const again = await claimOne(subject);
  assert.equal(again.job.stoodIn, true);
  await store.settle([{ claim: again, next: dead }]);
  assert.equal((await deliveryOf(store, job.id)).stoodIn, true);
  await store.replay([job.id], due);
  assert.equal((await claimOne(subject)).job.stoodIn, true, 'also when it is replayed');
};

const digests = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const jobs = [jobOf(ports, { pairs: 3 }), jobOf(ports, { pairs: 4 }), jobOf(ports, { pairs: 0 })];
  await schedule(store, ...jobs);
  const due = ports.clock.now() + 100;
  const later = { slot: 'digest', event: 'digest', incident: '', due } as const;
  const digestsOf = (claims: readonly Claim[]) =>
    claims.map((each) => ({
      claim: each,
      next: { state: 'digested', slot: 'digest' } as const,
      changes: { jobs: [jobOf(ports, { ...later, pairs: each.job.pairs })] },
    }));
  const settled = digestsOf(await claim(subject));
  assert.deepEqual(await store.settle(settled), [true, true, true]);
  const digest = settled[0]?.changes.jobs[0]?.id ?? '';
  assert.equal((await deliveryOf(store, digest)).pairs, 7);
  for (const { id } of jobs) {
    const told = await deliveryOf(store, id);
    assert.deepEqual([told.state, told.digest, told.settledAt], ['digested', digest, ports.clock.now()]);
  }
  const ids = (query: Partial<DeliveryQuery>) => store.deliveries({ digest, limit: 10, ...query });
  assert.deepEqual(
    (await ids({})).map(({ id }) => id),
    jobs.map(({ id }) => id).reverse(),
    'and it knows them',
  );
  assert.deepEqual(
    (await ids({ before: jobs[1]?.id ?? '', limit: 1 })).map(({ id }) => id),
    [jobs[0]?.id],
  );
  assert.deepEqual(await store.deliveries({ digest: jobs[0]?.id ?? '', limit: 10 }), []);
  const { pending, digested } = await accountOf(store);
  assert.deepEqual([pending, digested], [7, 0], 'nobody was told yet');
  await assertBalanced(store);
  await ports.clock.advance(100);
  const claimed = await claimOne(subject);
  await store.settle([{ claim: claimed, next: dead }]);
  assert.equal((await accountOf(store)).dead, 7, 'a digest that is dead takes its pairs along');
  await store.replay([digest], ports.clock.now());
  await store.settle([{ claim: await claimOne(subject), next: done }]);
  assert.deepEqual(
    { ...(await accountOf(store)), channel: '' },
    {
      ...{ channel: '', accepted: 7, delivered: 0, suppressed: 0, digested: 7, dead: 0, pending: 0 },
    },
  );
};

const needsADigest = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  await schedule(store, jobOf(ports), jobOf(ports, { due: ports.clock.now() + 1, slot: 'digest', event: 'digest' }));
  const claimed = await claimOne(subject);
  await ports.clock.advance(1);
  await claimOne(subject);
  const before = await allOf(store);
  const next = { state: 'digested', slot: 'digest' } as const;
  const changes = { audit: [entryOf(ports, 1)] };
  await rejectsWith('DEFECT', store.settle([{ claim: claimed, next, changes }]));
  assert.deepEqual(await allOf(store), before, 'one that is claimed tells nothing more');
};

const writesNothingOfALostClaim = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  await schedule(store, jobOf(ports));
  const lost = await claimOne(subject);
  await ports.clock.advance(lease);
  const held = await claimOne(subject);
  const before = await allOf(store);
  const changes = { incidents: [incidentOf(ports)], jobs: [jobOf(ports)], audit: [entryOf(ports, 1)], request: 'r' };
  const due = ports.clock.now();
  const ends = [done, dead, waiting(due), { state: 'returned', due }, { state: 'digested', slot: 's' }] as const;
  for (const settlement of ends) {
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
  promise('what an attempt said of each recipient is kept until another one says it', keepsRecipients),
  promise('what is returned waits as before, and was no attempt', returns),
  promise('what another leg stands in for stays so', staysStoodIn),
  promise('what a digest tells is told when the digest is, and names it', digests),
  promise('nothing is digested without a digest that waits', needsADigest),
  promise('a claim that was lost writes nothing', writesNothingOfALostClaim),
  promise('a claim is settled once', settlesOnce),
  promise('a claim that has run out still settles if nobody took the job', settlesLate),
  promise('claims are settled each by itself', settlesEachByItself),
  promise('what goes with a settlement is applied with it', appliesWhatGoesWithIt),
  promise('a conflict in one settlement leaves nothing of its call', refusesConflicts),
  promise('a request that is known changes nothing, and its claim is settled', knowsRequests),
  promise('a review counts for no channel', settlesReviewsQuietly),
];
