import assert from 'node:assert/strict';
import { promise } from '../contract.ts';
import {
  accountOf,
  assertBalanced,
  claim,
  claimOne,
  dead,
  deliveryOf,
  idsOf,
  jobOf,
  schedule,
  statesOf,
  type StoreCheck,
  type StoreSubject,
  waiting,
} from './subject.ts';

const merges = async ({ store, ports }: StoreSubject): Promise<void> => {
  const now = ports.clock.now();
  const first = jobOf(ports, {
    slot: 's',
    due: now + 100,
    severity: 2,
    pairs: 2,
    event: 'opened',
    policy: 'aaaaaaaaaaaa',
  });
  await schedule(store, first);
  await ports.clock.advance(10);
  await schedule(
    store,
    jobOf(ports, { slot: 's', due: now + 50, severity: 1, pairs: 3, event: 'updated', policy: 'bbbbbbbbbbbb' }),
    jobOf(ports, { slot: 's', due: now + 200, severity: 4, pairs: 4, event: 'updated' }),
  );
  const all = await store.deliveries({ limit: 10 });
  assert.equal(all.length, 1, 'at most one job of a slot waits');
  const merged = await deliveryOf(store, first.id);
  assert.equal(merged.due, now + 50, 'the earlier time');
  assert.equal(merged.severity, 4, 'the higher severity');
  assert.equal(merged.pairs, 9, 'the sum of the pairs');
  assert.equal(merged.event, 'opened', 'the event of the first');
  assert.equal(merged.createdAt, now, 'the age of the first');
  assert.equal(merged.policy, 'aaaaaaaaaaaa', 'the policy of the first');
  assert.equal((await accountOf(store)).pending, 9);
};

const mergesWithinACommit = async ({ store, ports }: StoreSubject): Promise<void> => {
  const jobs = Array.from({ length: 5 }, () => jobOf(ports, { slot: 's' }));
  await schedule(store, ...jobs, jobOf(ports, { slot: 'other' }));
  assert.equal((await deliveryOf(store, jobs[0]?.id ?? '')).pairs, 5);
  assert.equal((await store.deliveries({ limit: 10 })).length, 2);
};

const leavesWhenClaimed = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const [first, second] = [jobOf(ports, { slot: 's' }), jobOf(ports, { slot: 's' })];
  await schedule(store, first);
  await claimOne(subject);
  await schedule(store, second);
  assert.equal((await deliveryOf(store, first.id)).pairs, 1, 'a job that is claimed is left alone');
  assert.equal((await deliveryOf(store, second.id)).state, 'waiting', 'and another waits in its slot');
};

const staysOut = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const [first, second, third] = Array.from({ length: 3 }, () => jobOf(ports, { slot: 's' }));
  assert.ok(first && second && third);
  await schedule(store, first);
  const claimed = await claimOne(subject);
  await schedule(store, second);
  await store.settle([{ claim: claimed, next: waiting(ports.clock.now() + 100) }]);
  await schedule(store, third);
  assert.equal(
    (await deliveryOf(store, first.id)).pairs,
    1,
    'a job that is tried again does not come back to its slot',
  );
  assert.equal((await deliveryOf(store, second.id)).pairs, 2);
  await store.commit({ cancel: ['s'] });
  assert.deepEqual(await statesOf(store), { [first.id]: 'waiting', [second.id]: 'cancelled' });
  await ports.clock.advance(100);
  assert.deepEqual(idsOf(await claim(subject)), [first.id]);
};

const staysOutWhenReplayed = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const [first, second] = [jobOf(ports, { slot: 's' }), jobOf(ports, { slot: 's' })];
  await schedule(store, first);
  await store.settle([{ claim: await claimOne(subject), next: dead }]);
  await schedule(store, second);
  await store.replay([first.id], ports.clock.now());
  assert.deepEqual(await statesOf(store), { [first.id]: 'waiting', [second.id]: 'waiting' });
  await store.commit({ cancel: ['s'] });
  assert.deepEqual(await statesOf(store), { [first.id]: 'waiting', [second.id]: 'cancelled' });
};

const cancels = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const [slack, mail, kept] = [
    jobOf(ports, { slot: 'a', target: 'slack', pairs: 3 }),
    jobOf(ports, { slot: 'b', pairs: 5 }),
    jobOf(ports, { slot: 'c' }),
  ];
  await schedule(store, slack, mail, kept);
  await ports.clock.advance(10);
  await store.commit({ cancel: ['a', 'b', 'a', 'none'] });
  assert.deepEqual(await statesOf(store), { [slack.id]: 'cancelled', [mail.id]: 'cancelled', [kept.id]: 'waiting' });
  assert.equal((await deliveryOf(store, slack.id)).settledAt, ports.clock.now());
  const { suppressed, pending } = await accountOf(store, 'slack');
  assert.deepEqual([suppressed, pending], [3, 0]);
  assert.equal((await accountOf(store)).suppressed, 5);
  await assertBalanced(store);
  assert.deepEqual(idsOf(await claim(subject)), [kept.id], 'what is cancelled is not claimed');
};

const cancelsBeforeItSchedules = async ({ store, ports }: StoreSubject): Promise<void> => {
  const [first, second] = [jobOf(ports, { slot: 's' }), jobOf(ports, { slot: 's' })];
  await schedule(store, first);
  await store.commit({
    cancel: ['s'],
    jobs: [second],
    counts: [{ channel: 'mail', state: 'accepted', pairs: 1 }],
  });
  assert.deepEqual(await statesOf(store), { [first.id]: 'cancelled', [second.id]: 'waiting' });
  await assertBalanced(store);
};

const leavesTheClaimedAlone = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const job = jobOf(ports, { slot: 's' });
  await schedule(store, job);
  await claimOne(subject);
  await store.commit({ cancel: ['s'] });
  assert.equal((await deliveryOf(store, job.id)).state, 'claimed');
  assert.equal((await accountOf(store)).suppressed, 0);
};

const cancelsReviewsQuietly = async ({ store, ports }: StoreSubject): Promise<void> => {
  await store.commit({
    jobs: [jobOf(ports, { kind: 'review', target: 'remind', event: 'updated', pairs: 2, slot: 's' })],
  });
  await store.commit({ cancel: ['s'] });
  assert.equal(await store.nextDue(), undefined);
  assert.deepEqual(await store.accounting(), [], 'a review is no channel');
};

/** What slots promise. */
export const slotChecks: readonly StoreCheck[] = [
  promise('a job that is scheduled into a slot where another waits is merged into it', merges),
  promise('jobs of one slot in one commit are merged', mergesWithinACommit),
  promise('a claimed job has left its slot', leavesWhenClaimed),
  promise('a job that waits again after a claim stays out of its slot', staysOut),
  promise('a job that is replayed stays out of its slot', staysOutWhenReplayed),
  promise('cancelled jobs are not done, and count as suppressed', cancels),
  promise('a commit cancels before it schedules', cancelsBeforeItSchedules),
  promise('a claimed job is not cancelled', leavesTheClaimedAlone),
  promise('a review that is cancelled counts for no channel', cancelsReviewsQuietly),
];
