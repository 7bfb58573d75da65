import assert from 'node:assert/strict';
import { promise } from '../contract.ts';
import {
  accountOf,
  allOf,
  assertBalanced,
  claim,
  dead,
  deliveryOf,
  done,
  idsOf,
  incidentOf,
  jobOf,
  keyOf,
  resolvedAt,
  schedule,
  silenceOf,
  type StoreCheck,
  type StoreSubject,
  waiting,
} from './subject.ts';

const day = 86_400_000;

const endsJobs = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const jobs = Array.from({ length: 4 }, () => jobOf(ports, { pairs: 2 }));
  const late = jobOf(ports, { due: ports.clock.now() + 9 * day });
  await schedule(store, ...jobs, late, jobOf(ports, { slot: 's', due: late.due }));
  const claims = await claim(subject, { limit: 4 });
  const ends = [{ ...done, ref: 'thread' }, dead, { state: 'cancelled', detail: 'over' } as const, waiting(late.due)];
  await store.settle(claims.map((each, at) => ({ claim: each, next: ends[at] ?? done })));
  await store.commit({ cancel: ['s'] });
};

const letsGoOfJobs = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  await endsJobs(subject);
  const before = await accountOf(store);
  const audit = await store.audit(0, 100);
  assert.equal(await store.prune({ before: ports.clock.now(), limit: 100 }), 0, 'what ended at that very time stays');
  assert.equal((await store.deliveries({ limit: 99 })).length, 6);
  assert.equal(await store.prune({ before: ports.clock.now() + 1, limit: 100 }), 4);
  const left = await store.deliveries({ limit: 99 });
  assert.deepEqual(
    left.map(({ state }) => state),
    ['waiting', 'waiting'],
    'what waits stays, however old it is',
  );
  assert.deepEqual(await accountOf(store), before, 'the accounting is of what was, too');
  assert.deepEqual(await store.audit(0, 100), audit);
  await assertBalanced(store);
};

const leavesWhatIsClaimed = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const job = jobOf(ports);
  await schedule(store, job);
  await claim(subject);
  await ports.clock.advance(9 * day);
  assert.equal(await store.prune({ before: ports.clock.now(), limit: 100 }), 0);
  assert.equal((await deliveryOf(store, job.id)).state, 'claimed');
};

const letsGoOfIncidents = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const [open, over, busy] = [1, 2, 3].map((n) => incidentOf(ports, { key: keyOf(n) }));
  assert.ok(open && over && busy);
  const now = ports.clock.now();
  await store.commit({ incidents: [open, over, busy] });
  await schedule(store, jobOf(ports, { incident: over.id }));
  const settled = (await claim(subject)).map((each) => ({ claim: each, next: { ...done, ref: 'thread' } }));
  await store.settle(settled);
  await schedule(store, jobOf(ports, { incident: busy.id, due: now + 9 * day }));
  await store.commit({ incidents: [resolvedAt(over, now + 5), resolvedAt(busy, now)] });
  await ports.clock.advance(day);
  await store.prune({ before: now + 5, limit: 100 });
  assert.equal((await store.incidents({ limit: 9 })).length, 3, 'what was resolved at that very time stays');
  assert.equal(await store.ref(over.id, 'mail'), 'thread');
  await store.prune({ before: now + 6, limit: 100 });
  const left = idsOf(await store.incidents({ limit: 9 }));
  assert.deepEqual(left, [busy.id, open.id], 'one that is open stays, and one of which a job waits');
  assert.equal(await store.incident(over.id), undefined);
  assert.equal(await store.ref(over.id, 'mail'), undefined);
  await assertBalanced(store);
};

const letsGoOfSilences = async ({ store, ports }: StoreSubject): Promise<void> => {
  const now = ports.clock.now();
  const [over, standing] = [silenceOf(ports, { until: now - 1 }), silenceOf(ports, { until: now })];
  const hid = (silence: string, n: number) => ({
    ...{ silence, incident: `incident ${n}`, alerts: 1, severity: 2, channels: ['mail'] },
  });
  const hidden = [...[1, 2, 3].map((n) => hid(over.id, n)), hid(standing.id, 1)];
  await store.commit({ silences: [over, standing], hidden: hidden as never });
  assert.equal(await store.prune({ before: now, limit: 2 }), 2, 'its account goes first, in steps');
  assert.equal((await store.silences(0)).length, 2);
  assert.equal(await store.prune({ before: now, limit: 2 }), 2);
  assert.deepEqual(idsOf(await store.silences(0)), [standing.id]);
  assert.equal(await store.prune({ before: now, limit: 2 }), 0);
  assert.deepEqual(
    (await store.hidden([over.id, standing.id])).map(({ silence }) => silence),
    [standing.id],
  );
};

const forgetsRequests = async ({ store, ports }: StoreSubject): Promise<void> => {
  await store.commit({ request: 'old' });
  await ports.clock.advance(day);
  await store.commit({ request: 'new' });
  assert.equal(await store.prune({ before: ports.clock.now(), limit: 100 }), 1);
  assert.deepEqual([await store.applied('old'), await store.applied('new')], [false, true]);
};

const goesInSteps = async (subject: StoreSubject): Promise<void> => {
  const { store, ports } = subject;
  const jobs = Array.from({ length: 7 }, () => jobOf(ports));
  await schedule(store, ...jobs);
  await store.settle((await claim(subject)).map((each) => ({ claim: each, next: done })));
  await ports.clock.advance(1);
  const by = { before: ports.clock.now(), limit: 3 };
  const steps = [];
  for (let turn = 0; turn < 4; turn++) {
    steps.push(await store.prune(by));
    if (turn === 0) assert.deepEqual(idsOf(await store.deliveries({ limit: 9 })), idsOf(jobs).slice(3).reverse());
  }
  assert.deepEqual(steps, [3, 3, 1, 0], 'the oldest first');
  assert.deepEqual((await allOf(store))['deliveries'], []);
  await assertBalanced(store);
};

/** What `prune` promises. */
export const pruneChecks: readonly StoreCheck[] = [
  promise('prune lets go of jobs that have ended, and the accounting stays', letsGoOfJobs),
  promise('prune leaves what is claimed', leavesWhatIsClaimed),
  promise('prune lets go of resolved incidents that no job needs', letsGoOfIncidents),
  promise('prune lets go of silences that are over, with their accounts', letsGoOfSilences),
  promise('prune forgets requests', forgetsRequests),
  promise('prune goes in steps, the oldest first', goesInSteps),
];
