import assert from 'node:assert/strict';
import { promise } from '../contract.ts';
import {
  claim,
  claimOne,
  deliveryOf,
  done,
  idsOf,
  jobOf,
  lease,
  perTarget,
  schedule,
  type StoreCheck,
  type StoreSubject,
  waiting,
} from './subject.ts';

const review = { kind: 'review', target: 'quiet', event: 'updated', pairs: 0 } as const;

const claimsInOrder = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const now = ports.clock.now();
  const [low, late, early, critical, medium] = [
    jobOf(ports, { severity: 1, due: now - 90 }),
    jobOf(ports, { severity: 3, due: now - 10, target: 'slack' }),
    jobOf(ports, { severity: 3, due: now - 20 }),
    jobOf(ports, { severity: 4, due: now }),
    jobOf(ports, { ...review, severity: 2, due: now - 50 }),
  ];
  assert.ok(low && late && early && critical && medium);
  await schedule(store, low, late, early, critical, medium);
  const order = [critical, early, late, medium, low].map(({ id }) => id);
  assert.deepEqual(idsOf(await claim(subject, { limit: 2 })), order.slice(0, 2));
  assert.deepEqual(idsOf(await claim(subject)), order.slice(2));
  assert.deepEqual(await claim(subject), [], 'what is claimed is nobody else’s');
};

const waitsForItsTime = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const now = ports.clock.now();
  await schedule(store, jobOf(ports, { due: now + 10 }), jobOf(ports, { ...review, due: now + 11 }));
  assert.deepEqual(await claim(subject, { now: now + 9 }), []);
  assert.equal((await claim(subject, { now: now + 10 })).length, 1);
  assert.equal((await claim(subject, { now: now + 11 })).length, 1);
};

const tellsTheJob = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const job = jobOf(ports, { insteadOf: 'slack' });
  await schedule(store, job);
  const at = ports.clock.now();
  await ports.clock.advance(5);
  const claimed = await claimOne(subject);
  assert.deepEqual(claimed.job, {
    ...job,
    attempts: 1,
    createdAt: at,
    progress: undefined,
    doubtful: false,
    lastReason: '',
  });
  assert.equal(claimed.until, at + 5 + lease);
  assert.equal((await deliveryOf(store, job.id)).state, 'claimed');
};

const keepsToTheLimit = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  await schedule(store, ...Array.from({ length: 9 }, () => jobOf(ports)), jobOf(ports, review));
  assert.equal((await claim(subject, { limit: 0 })).length, 0);
  assert.equal((await claim(subject, { limit: 4 })).length, 4);
  assert.equal((await claim(subject, { limit: 100 })).length, 6);
};

const keepsToPerTarget = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const mails = Array.from({ length: 5 }, () => jobOf(ports, { severity: 4 }));
  const slacks = Array.from({ length: 3 }, () => jobOf(ports, { target: 'slack', severity: 1 }));
  await schedule(store, ...mails, ...slacks);
  const first = await claim(subject, { perTarget: perTarget(2) });
  assert.deepEqual(
    first.map(({ job }) => job.target),
    ['mail', 'mail', 'slack', 'slack'],
    'a busy channel does not hold others up',
  );
  assert.deepEqual(await claim(subject, { perTarget: perTarget(2) }), [], 'those that are claimed already count');
  const [one] = first;
  assert.ok(one);
  await store.settle([{ claim: one, next: done }]);
  assert.equal((await claim(subject, { perTarget: perTarget(2) })).length, 1);
  assert.equal((await claim(subject, { perTarget: perTarget(4) })).length, 3);
};

const keepsToEachChannelsOwn = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const jobs = ['mail', 'slack', 'sms', 'constructor'].flatMap((target) =>
    Array.from({ length: 4 }, () => jobOf(ports, { target })),
  );
  await schedule(store, ...jobs);
  const bound = { perTarget: perTarget(2, { slack: 1, sms: 3 }) };
  const counted = new Map<string, number>();
  for (const { job } of await claim(subject, bound)) counted.set(job.target, (counted.get(job.target) ?? 0) + 1);
  assert.deepEqual(Object.fromEntries([...counted].sort()), { constructor: 2, mail: 2, slack: 1, sms: 3 });
  assert.deepEqual(await claim(subject, bound), [], 'those that are claimed already count');
  assert.equal((await claim(subject, { perTarget: perTarget(0, { slack: 2 }) })).length, 1);
};

const runOutDoesNotCount = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  await schedule(store, jobOf(ports, { severity: 4 }), jobOf(ports, { severity: 4 }), jobOf(ports));
  await claim(subject, { perTarget: perTarget(2) });
  await ports.clock.advance(lease);
  assert.equal(
    (await claim(subject, { perTarget: perTarget(2) })).length,
    2,
    'a claim that has run out takes no place',
  );
};

const passesOver = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  await schedule(
    store,
    jobOf(ports, { severity: 4 }),
    jobOf(ports, { target: 'slack' }),
    jobOf(ports, { target: 'sms' }),
  );
  const targets = (await claim(subject, { except: ['mail', 'sms', 'none'] })).map(({ job }) => job.target);
  assert.deepEqual(targets, ['slack']);
  assert.equal((await claim(subject)).length, 2);
};

const passesOverWhatIsStoodInFor = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const now = ports.clock.now();
  const [helped, alone, other] = [
    jobOf(ports, { severity: 4 }),
    jobOf(ports),
    jobOf(ports, { target: 'slack', severity: 1 }),
  ];
  await schedule(store, helped, other);
  const claims = await claim(subject);
  const back = { state: 'returned', due: now } as const;
  await store.settle(claims.map((each) => ({ claim: each, next: back, stoodIn: true })));
  await schedule(store, alone);
  const unaided = await claim(subject, { unaided: ['mail'] });
  assert.deepEqual(idsOf(unaided), [alone.id, other.id]);
  assert.deepEqual(
    unaided.map(({ job }) => job.stoodIn),
    [undefined, true],
  );
  assert.deepEqual(idsOf(await claim(subject, { limit: 1 })), [helped.id]);
  await ports.clock.advance(lease);
  assert.deepEqual(idsOf(await claim(subject, { unaided: ['mail', 'slack'] })), [alone.id], 'nor when it has run out');
};

const asksForWhatFails = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const due = ports.clock.now() + 60_000;
  const [failing, fresh, elsewhere] = [jobOf(ports), jobOf(ports), jobOf(ports, { target: 'slack' })];
  await schedule(store, failing, elsewhere);
  await store.settle((await claim(subject)).map((each) => ({ claim: each, next: waiting(due) })));
  await schedule(store, { ...fresh, due });
  assert.deepEqual(await claim(subject), []);
  const asked = await claim(subject, { unaided: ['mail'] });
  assert.deepEqual(idsOf(asked), [failing.id], 'what was not tried yet waits for its time');
  const settled = asked.map((each) => ({
    claim: each,
    next: { state: 'returned', due } as const,
    stoodIn: true as const,
  }));
  await store.settle(settled);
  assert.deepEqual(await claim(subject, { unaided: ['mail'] }), []);
};

const leavesReviewsOut = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  await schedule(store, jobOf(ports, { target: 'quiet' }), ...Array.from({ length: 3 }, () => jobOf(ports, review)));
  const kinds = (await claim(subject, { perTarget: perTarget(1), except: ['quiet'] })).map(({ job }) => job.kind);
  assert.deepEqual(kinds, ['review', 'review', 'review'], 'a review is no channel, whatever its name');
  assert.equal((await claim(subject, { perTarget: perTarget(1) })).length, 1);
};

const runsOut = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  await schedule(store, jobOf(ports));
  const first = await claimOne(subject);
  await ports.clock.advance(lease - 1);
  assert.deepEqual(await claim(subject), []);
  await ports.clock.advance(1);
  const second = await claimOne(subject);
  assert.equal(second.job.id, first.job.id);
  assert.notEqual(second.token, first.token, 'each claim has a token of its own');
  assert.equal(second.job.attempts, 2, 'a claim that was never settled counts as an attempt');
};

const ordersThoseThatRanOut = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const now = ports.clock.now();
  const [early, late] = [jobOf(ports, { due: now - 10 }), jobOf(ports, { due: now })];
  await schedule(store, early);
  await claimOne(subject);
  await schedule(store, late);
  await ports.clock.advance(lease);
  assert.deepEqual(idsOf(await claim(subject, { limit: 1 })), [early.id]);
};

const racesForOne = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const jobs = Array.from({ length: 40 }, () => jobOf(ports));
  await schedule(store, ...jobs);
  const claims = (await Promise.all(Array.from({ length: 8 }, () => claim(subject, { limit: 7 })))).flat();
  assert.deepEqual(idsOf(claims).sort(), jobs.map(({ id }) => id).sort(), 'each job is claimed once');
};

const renews = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  await schedule(store, jobOf(ports), jobOf(ports));
  const [one, other] = await claim(subject);
  assert.ok(one && other);
  await ports.clock.advance(lease - 1);
  assert.deepEqual(await store.renew([one], ports.clock.now() + lease), [true]);
  await ports.clock.advance(1);
  const lost = await claimOne(subject);
  assert.equal(lost.job.id, other.job.id, 'a claim that was renewed has not run out');
  await store.settle([{ claim: one, next: done }]);
  assert.deepEqual(
    await store.renew([other, lost, one], ports.clock.now() + 2 * lease),
    [false, true, false],
    'claims that were lost, still hold, and are settled',
  );
  await ports.clock.advance(2 * lease - 1);
  assert.deepEqual(await claim(subject), [], 'a claim that was lost and renewed changes nothing');
};

const tellsWhatIsNext = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const now = ports.clock.now();
  await schedule(store, jobOf(ports, { due: now + 500, severity: 4 }), jobOf(ports, { due: now, slot: 's' }));
  await schedule(store, jobOf(ports, { ...review, due: now + 300 }));
  assert.equal(await store.nextDue(), now);
  const claimed = await claim(subject, { until: now + 200 });
  assert.equal(await store.nextDue(), now + 200, 'the end of a claim');
  await store.settle(claimed.map((each) => ({ claim: each, next: done })));
  assert.equal(await store.nextDue(), now + 300, 'the time of a review');
  await ports.clock.advance(500);
  await store.settle((await claim(subject)).map((each) => ({ claim: each, next: done })));
  assert.equal(await store.nextDue(), undefined);
};

/** What `claim`, `renew` and `nextDue` promise. */
export const claimChecks: readonly StoreCheck[] = [
  promise('the most severe is claimed first, then what is due first', claimsInOrder),
  promise('nothing is claimed before it is due', waitsForItsTime),
  promise('a claim has the job, its end, and counts the attempt', tellsTheJob),
  promise('no more than the limit is claimed', keepsToTheLimit),
  promise('of one channel no more than perTarget are claimed at a time', keepsToPerTarget),
  promise('each channel has a bound of its own, where one is named', keepsToEachChannelsOwn),
  promise(
    'of channels that want those only, deliveries that are stood in for are passed over',
    passesOverWhatIsStoodInFor,
  ),
  promise('of such channels what waits to be tried again is claimed before its time', asksForWhatFails),
  promise('a claim that has run out does not count for its channel', runOutDoesNotCount),
  promise('channels that are excepted are passed over', passesOver),
  promise('reviews are no channels: neither limited nor excepted', leavesReviewsOut),
  promise('a job whose claim has run out is due again, with another token', runsOut),
  promise('a job whose claim has run out keeps its place in the order', ordersThoseThatRanOut),
  promise('of claims at the same time each gets jobs of its own', racesForOne),
  promise('renew makes a claim last longer, unless it was lost', renews),
  promise('nextDue is the first time of those that wait and of the ends of claims', tellsWhatIsNext),
];
