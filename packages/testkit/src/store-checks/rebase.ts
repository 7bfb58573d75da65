import assert from 'node:assert/strict';
import { promise } from '../contract.ts';
import {
  allOf,
  assertBalanced,
  claim,
  claimOne,
  deliveryOf,
  jobOf,
  schedule,
  type StoreCheck,
  type StoreSubject,
  waiting,
} from './subject.ts';

const day = 86_400_000;
const tolerance = 60_000;
const longest = 300_000;

/** Lets the wall clock go a day forward for the work, and back again. */
const aDayAhead = async <T>({ ports: { clock } }: StoreSubject, work: () => Promise<T>): Promise<T> => {
  clock.set(clock.now() + day);
  const made = await work();
  clock.set(clock.now() - day);
  return made;
};

const rebase = ({ store, ports }: StoreSubject): Promise<number> =>
  store.rebase({ now: ports.clock.now(), tolerance, longest });

const rebasesPlanned = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const [soon, review] = await aDayAhead(subject, async () => {
    const made = [
      jobOf(ports, { due: ports.clock.now() + 5_000 }),
      jobOf(ports, { kind: 'review', target: 'acknowledge', due: ports.clock.now() + 3_600_000, pairs: 0 }),
    ] as const;
    await store.commit({ jobs: made, counts: [{ channel: 'mail', state: 'accepted', pairs: 1 }] });
    return made;
  });
  await ports.clock.advance(10_000);
  assert.deepEqual(await claim(subject), [], 'until then it waits for a day');
  const now = ports.clock.now();
  assert.equal(await rebase(subject), 2);
  const { due, createdAt } = await deliveryOf(store, soon.id);
  assert.deepEqual([due, createdAt], [now + 5_000, now]);
  await ports.clock.advance(5_000);
  assert.equal((await claimOne(subject)).job.id, soon.id);
  assert.equal(await store.nextDue().then((at) => (at ?? 0) <= now + 3_600_000), true);
  await ports.clock.advance(3_595_000);
  const claimed = await claim(subject);
  assert.ok(
    claimed.some(({ job }) => job.id === review.id),
    'a review too',
  );
  await assertBalanced(store);
};

const rebasesTried = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const job = jobOf(ports);
  await schedule(store, job);
  const claimed = await claimOne(subject);
  // The clock may have gone ahead only while it was tried.
  await aDayAhead(subject, () => store.settle([{ claim: claimed, next: waiting(ports.clock.now() + 7_000) }]));
  const now = ports.clock.now();
  assert.equal(await rebase(subject), 1);
  const { due, attempts, lastReason } = await deliveryOf(store, job.id);
  assert.deepEqual([due, attempts, lastReason], [now + 7_000, 1, 'throttled'], 'and all else is as it was');
  assert.equal(await rebase(subject), 0, 'it is put right once');
};

// Planned just before the clock went back, and kept just after.
const rebasesAcross = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const now = ports.clock.now();
  const far = jobOf(ports, { due: now + day });
  await schedule(store, far);
  assert.equal(await rebase(subject), 1);
  assert.equal((await deliveryOf(store, far.id)).due, now);
};

const leavesTheRest = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const now = ports.clock.now();
  const [first, second] = [jobOf(ports), jobOf(ports)];
  await schedule(
    store,
    first,
    second,
    jobOf(ports, { due: now + longest }),
    jobOf(ports, { due: now - 5 }),
    jobOf(ports, { kind: 'review', target: 'quiet', due: now + 30 * day, pairs: 0 }),
  );
  const claims = await claim(subject);
  const tried = claims.find(({ job }) => job.id === first.id);
  assert.ok(tried);
  // Far away because it was tried, and by this clock.
  await store.settle([{ claim: tried, next: waiting(now + day) }]);
  const before = await allOf(store);
  assert.equal(await rebase(subject), 0);
  assert.deepEqual(await allOf(store), before, 'what this clock planned, and what is claimed, stays');
};

/** What `rebase` promises. */
export const rebaseChecks: readonly StoreCheck[] = [
  promise('what was planned by a clock that was ahead is due as long after it went back', rebasesPlanned),
  promise('what was tried last by a clock that was ahead likewise', rebasesTried),
  promise('what was planned ahead and kept after the clock went back is due now', rebasesAcross),
  promise('what was planned by the clock as it is stays', leavesTheRest),
];
