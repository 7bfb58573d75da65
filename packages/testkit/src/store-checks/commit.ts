import assert from 'node:assert/strict';
import type { Changes, Store } from '@therapytrain/alerts-core';
import { promise } from '../contract.ts';
import { rejectsWith } from '../log-checks/subject.ts';
import {
  accountOf,
  allOf,
  entryOf,
  incidentOf,
  jobOf,
  keyOf,
  next,
  resolvedAt,
  silenceOf,
  type StoreCheck,
  type StoreSubject,
  windowOf,
} from './subject.ts';

/** A decision with something of everything. */
export const everything = (ports: StoreSubject['ports'], n = 1): Changes => ({
  incidents: [incidentOf(ports, { key: keyOf(n) })],
  jobs: [jobOf(ports), jobOf(ports, { kind: 'review', target: 'quiet', event: 'updated', pairs: 0 })],
  silences: [silenceOf(ports)],
  hidden: [{ silence: 'any', incident: `incident ${n}`, alerts: n, severity: 3, channels: ['mail'] }],
  counts: [{ channel: 'mail', state: 'accepted', pairs: 1 }],
  audit: [entryOf(ports, 0), entryOf(ports, 1)],
  windows: [windowOf(n)],
  cursor: n,
});

const noSwitch = { on: false, by: '', reason: '', at: 0 };

const beginsEmpty = async ({ store }: StoreSubject): Promise<void> => {
  assert.deepEqual(await allOf(store), {
    cursor: 0,
    incidents: [],
    changed: [],
    silences: [],
    hidden: [],
    deliveries: [],
    nextDue: undefined,
    accounting: [],
    audit: [],
    windows: [],
    windowCounts: [],
    responses: [],
    decisions: [],
    decisionCounts: [],
    changedDecisions: { decisions: [], cursor: 0, isIncomplete: false },
    newestDecisionChange: 0,
    enforcers: [],
    killSwitch: noSwitch,
    facts: { killSwitch: noSwitch, trips: [], ofTargets: [], uses: [] },
  });
  assert.equal(await store.incident('019b76da-a800-7000-8000-000000000000'), undefined);
  assert.deepEqual(await store.incidentsOf([keyOf(1)], 0), []);
};

const keepsEverything = async ({ store, ports }: StoreSubject): Promise<void> => {
  const changes = everything(ports);
  await store.commit(changes);
  const kept = await allOf(store);
  assert.deepEqual(kept['incidents'], changes.incidents);
  assert.deepEqual(kept['silences'], changes.silences);
  assert.deepEqual(kept['windows'], changes.windows);
  assert.equal(kept['cursor'], 1);
  assert.deepEqual(await store.incident(changes.incidents?.[0]?.id ?? ''), changes.incidents?.[0]);
  assert.deepEqual(kept['deliveries'], [
    {
      ...changes.jobs?.[0],
      attempts: 0,
      createdAt: ports.clock.now(),
      progress: undefined,
      doubtful: false,
      lastReason: '',
      state: 'waiting',
      settledAt: undefined,
      proof: '',
      detail: '',
    },
  ]);
};

const isAllOrNothing = async ({ store, ports }: StoreSubject): Promise<void> => {
  const incident = incidentOf(ports, { key: keyOf(9) });
  await store.commit({ incidents: [incident], cursor: 5 });
  const before = await allOf(store);
  const stale = next(next(incident, {}), {});
  const changes = everything(ports, 6);
  await rejectsWith('CONFLICT', store.commit({ ...changes, incidents: [...(changes.incidents ?? []), stale] }));
  assert.deepEqual(await allOf(store), before, 'a commit that is refused leaves nothing behind');
  await rejectsWith('DEFECT', store.commit({ ...everything(ports, 6), cursor: 4 }));
  assert.deepEqual(await allOf(store), before, 'a commit that is refused at its end leaves nothing behind');
};

const noticesVersions = async ({ store, ports }: StoreSubject): Promise<void> => {
  const incident = incidentOf(ports);
  await rejectsWith('CONFLICT', store.commit({ incidents: [next(incident, {})] }));
  await store.commit({ incidents: [incident] });
  await rejectsWith('CONFLICT', store.commit({ incidents: [incident] }));
  const [mine, yours] = [next(incident, { by: 'ann' }), next(incident, { by: 'bob' })];
  await store.commit({ incidents: [mine] });
  await rejectsWith('CONFLICT', store.commit({ incidents: [yours] }));
  assert.deepEqual(await store.incident(incident.id), mine);
};

const letsOneOfManyWin = async ({ store, ports }: StoreSubject): Promise<void> => {
  const incident = incidentOf(ports);
  await store.commit({ incidents: [incident] });
  const racers = ['ann', 'bob', 'cat', 'dan', 'eve'].map((by) => next(incident, { by }));
  const ends = await Promise.allSettled(racers.map((each) => store.commit({ incidents: [each] })));
  assert.equal(ends.filter(({ status }) => status === 'fulfilled').length, 1, 'one of them wins');
  const won = ends.findIndex(({ status }) => status === 'fulfilled');
  assert.deepEqual(await store.incident(incident.id), racers[won]);
};

const doesNotSpoilNeighbours = async ({ store, ports }: StoreSubject): Promise<void> => {
  const incident = incidentOf(ports);
  await store.commit({ incidents: [incident] });
  const ends = await Promise.allSettled(
    Array.from({ length: 9 }, (_, n) =>
      store.commit({
        counts: [{ channel: 'mail', state: 'accepted', pairs: 10 ** Math.min(n, 6) }],
        ...(n % 3 === 1 && { incidents: [incident] }),
      }),
    ),
  );
  assert.deepEqual(
    ends.map(({ status }) => status === 'fulfilled'),
    Array.from({ length: 9 }, (_, n) => n % 3 !== 1),
  );
  assert.equal((await accountOf(store)).accepted, 1 + 100 + 1_000 + 100_000 + 2 * 1_000_000);
};

const hasOneOpenOfAKey = async ({ store, ports }: StoreSubject): Promise<void> => {
  const [first, second] = [incidentOf(ports), incidentOf(ports)];
  await store.commit({ incidents: [first] });
  await rejectsWith('CONFLICT', store.commit({ incidents: [second] }));
  await store.commit({ incidents: [second, resolvedAt(first, ports.clock.now())] });
  assert.equal((await store.incident(second.id))?.state, 'OPEN');
};

const changesOnceForARequest = async ({ store, ports }: StoreSubject): Promise<void> => {
  const request = ports.ids.next();
  const incident = incidentOf(ports);
  await store.commit({ ...everything(ports), incidents: [incident], request });
  const before = await allOf(store);
  await store.commit({ ...everything(ports, 2), request });
  await store.commit({ incidents: [incident], request });
  await Promise.all([store.commit({ ...everything(ports, 3), request }), store.commit({ cursor: 0, request })]);
  assert.deepEqual(await allOf(store), before, 'the same request a second time changes nothing');
  assert.deepEqual([await store.applied(request), await store.applied('another')], [true, false]);
};

const forgetsRefusedRequests = async ({ store, ports }: StoreSubject): Promise<void> => {
  const request = ports.ids.next();
  const incident = incidentOf(ports);
  await rejectsWith('CONFLICT', store.commit({ incidents: [next(incident, {})], request }));
  await store.commit({ incidents: [incident], request });
  assert.deepEqual(await store.incident(incident.id), incident, 'a request that was refused may come again');
};

const doesNotGoBack = async ({ store }: StoreSubject): Promise<void> => {
  await store.commit({ cursor: 7 });
  await store.commit({ cursor: 7 });
  await store.commit({});
  assert.equal(await store.cursor(), 7);
  await rejectsWith('DEFECT', store.commit({ cursor: 6 }));
  assert.equal(await store.cursor(), 7);
};

const numbersTheAudit = async ({ store, ports }: StoreSubject): Promise<void> => {
  const entries = Array.from({ length: 12 }, (_, n) => entryOf(ports, n));
  await store.commit({ audit: entries.slice(0, 3) });
  await rejectsWith('DEFECT', store.commit({ audit: entries.slice(0, 5), cursor: -1 }));
  await Promise.all([3, 6, 9].map((from) => store.commit({ audit: entries.slice(from, from + 3) })));
  assert.deepEqual(
    await store.audit(0, 100),
    entries.map((each, at) => ({ ...each, sequence: at + 1 })),
    'entries are numbered from 1, without a gap, in their order',
  );
};

const readsTheAuditInPages = async ({ store, ports }: StoreSubject): Promise<void> => {
  await store.commit({ audit: Array.from({ length: 10 }, (_, n) => entryOf(ports, n)) });
  const sequencesOf = async (after: number, limit: number): Promise<number[]> =>
    (await store.audit(after, limit)).map(({ sequence }) => sequence);
  assert.deepEqual(await sequencesOf(0, 4), [1, 2, 3, 4]);
  assert.deepEqual(await sequencesOf(4, 4), [5, 6, 7, 8]);
  assert.deepEqual(await sequencesOf(8, 4), [9, 10]);
  assert.deepEqual(await sequencesOf(10, 4), []);
};

const refusesAnIdTwice = async ({ store, ports }: StoreSubject): Promise<void> => {
  const job = jobOf(ports);
  await store.commit({ jobs: [job] });
  const before = await allOf(store);
  await rejectsWith('DEFECT', store.commit({ ...everything(ports), jobs: [{ ...job, slot: 'another' }] }));
  assert.deepEqual(await allOf(store), before);
};

const showsOwnWrites = async ({ store, ports }: StoreSubject): Promise<void> => {
  const seen: Promise<number>[] = [];
  const written: Promise<void>[] = [];
  for (let cursor = 1; cursor <= 20; cursor++) {
    written.push(store.commit({ cursor, audit: [entryOf(ports, cursor)] }));
    seen.push(store.cursor());
  }
  assert.deepEqual(
    await Promise.all(seen),
    Array.from({ length: 20 }, (_, at) => at + 1),
  );
  await Promise.all(written);
};

const replacesASilence = async ({ store, ports }: StoreSubject): Promise<void> => {
  const silence = silenceOf(ports);
  await store.commit({ silences: [silence] });
  const shorter = { ...silence, until: silence.until - 1_000 };
  await store.commit({ silences: [shorter] });
  assert.deepEqual(await store.silences(ports.clock.now()), [shorter]);
};

const sees = async (store: Store, now: number): Promise<readonly string[]> =>
  (await store.silences(now)).map(({ id }) => id);

const listsSilences = async ({ store, ports }: StoreSubject): Promise<void> => {
  const now = ports.clock.now();
  const [over, inForce, later] = [
    silenceOf(ports, { from: now - 10, until: now }),
    silenceOf(ports, { from: now - 10, until: now + 1 }),
    silenceOf(ports, { from: now + 50, until: now + 60 }),
  ];
  await store.commit({ silences: [later, over, inForce] });
  assert.deepEqual(await sees(store, now), [inForce.id, later.id], 'those that end after this time, by id');
  assert.deepEqual(await sees(store, now - 1), [over.id, inForce.id, later.id]);
  assert.deepEqual(await sees(store, now + 60), []);
};

/** What `commit` promises, and the lists of what it keeps. */
export const commitChecks: readonly StoreCheck[] = [
  promise('a new store is empty', beginsEmpty),
  promise('everything of a decision is kept as it was given', keepsEverything),
  promise('a commit is all or nothing', isAllOrNothing),
  promise('an incident that is no longer at the version that was read is a CONFLICT', noticesVersions),
  promise('of changes to one incident at the same time one wins', letsOneOfManyWin),
  promise('a commit that is refused does not spoil those of the same moment', doesNotSpoilNeighbours),
  promise('a second open incident of a key is a CONFLICT', hasOneOpenOfAKey),
  promise('the same request a second time changes nothing', changesOnceForARequest),
  promise('a request that was refused may come again', forgetsRefusedRequests),
  promise('the cursor does not go back', doesNotGoBack),
  promise('the audit is numbered from 1, without a gap, in its order', numbersTheAudit),
  promise('the audit is read in pages', readsTheAuditInPages),
  promise('a job id that was used before is a DEFECT, and nothing of its commit is kept', refusesAnIdTwice),
  promise('a read sees the commits that were begun before it', showsOwnWrites),
  promise('a silence of the same id replaces the first', replacesASilence),
  promise('silences are listed from before they begin until they end', listsSilences),
];
