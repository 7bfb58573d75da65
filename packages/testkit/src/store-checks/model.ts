import assert from 'node:assert/strict';
import {
  AlertError,
  type Claim,
  type Incident,
  type NewJob,
  type Response,
  type Settled,
  type Store,
} from '@therapytrain/alerts-core';
import fc from 'fast-check';
import { createMemoryStore } from '../memory-store.ts';
import { type Acted, type Decision, type Step, steps, type Touch } from './steps.ts';
import {
  allOf,
  assertBalanced,
  dead,
  done,
  entryOf,
  idsOf,
  incidentOf,
  jobOf,
  keyOf,
  lease,
  next,
  resolvedAt,
  responseOf,
  type StoreCheck,
  type StoreSubject,
  waiting,
  windowOf,
} from './subject.ts';

/** A claim of the same job in both stores: their tokens are their own. */
interface Pair {
  readonly tried: Claim;
  readonly model: Claim;
}

/** A store under trial beside the plainest one, which does the same. */
interface Trial {
  tried: Store;
  readonly model: Store;
  readonly subject: StoreSubject;
  readonly claims: Pair[];
  readonly incidents: Map<number, Incident>;
  readonly responses: Map<number, Response>;
  /** Goes up with each job, so that no two are due at the same time: the order of such is not promised. */
  turn: number;
}

const same = async <T>(tried: Promise<T>, model: Promise<T>, shown: (value: T) => unknown = (value) => value) => {
  const [one, other] = await Promise.allSettled([tried, model]);
  const tell = (end: PromiseSettledResult<T>): unknown => {
    if (end.status === 'fulfilled') return shown(end.value);
    return end.reason instanceof AlertError ? end.reason.code : end.reason;
  };
  assert.deepEqual(tell(one), tell(other));
  return one.status === 'fulfilled' && other.status === 'fulfilled' ? ([one.value, other.value] as const) : undefined;
};

const jobsOf = (trial: Trial, { jobs }: Decision): NewJob[] =>
  jobs.map(({ slot, channel, severity, delay, pairs }) =>
    jobOf(trial.subject.ports, {
      slot: `${channel}/${slot}`,
      target: channel,
      severity,
      pairs,
      due: trial.subject.ports.clock.now() + delay * 1_000 + trial.turn++,
    }),
  );

const touched = ({ incidents, subject: { ports } }: Trial, { key, how }: Touch): Incident => {
  const known = incidents.get(key);
  if (!known || known.state === 'RESOLVED') return incidentOf(ports, { key: keyOf(key) });
  if (how === 'late') return known;
  return how === 'resolve' ? resolvedAt(known, ports.clock.now()) : next(known, { count: known.count + 1 });
};

const actedOn = ({ responses, subject: { ports } }: Trial, { response, how, state, unasked }: Acted): Response => {
  const known = responses.get(response);
  const mode = unasked ? 'enforce' : 'approve';
  const target = { kind: 'user', value: String(response), resource: '' } as const;
  if (!known) return responseOf(ports, { state, mode, target });
  if (how === 'late') return known;
  return { ...known, state, mode, version: known.version + 1, updatedAt: ports.clock.now() };
};

const changesOf = (trial: Trial, what: Decision) => {
  const jobs = jobsOf(trial, what);
  const incidents = what.touch.map((each) => touched(trial, each));
  return {
    jobs,
    incidents,
    cancel: what.cancel.flatMap((slot) => [`mail/${slot}`, `slack/${slot}`]),
    counts: jobs.map(({ target, pairs }) => ({ channel: target, state: 'accepted' as const, pairs })),
    audit: [entryOf(trial.subject.ports, trial.turn)],
    responses: what.acted.map((each) => actedOn(trial, each)),
    trips: what.trip === undefined ? [] : [{ scope: 'all', until: trial.subject.ports.clock.now() + what.trip }],
    windows: what.windows.map(({ group, ...rest }) => windowOf(group, { ...rest, state: String(trial.turn) })),
    ...(what.letGo && {
      letGo: {
        expiredBefore: what.letGo.expiredBefore,
        oldest: [{ detection: 'brute-force', count: what.letGo.brute }],
      },
    }),
    ...(what.request !== undefined && { request: `request ${what.request}` }),
  };
};

/** What was read last is what the store says, whatever became of the commits. */
const readAgain = async ({ incidents, responses, model }: Trial): Promise<void> => {
  responses.clear();
  // One that is let go of is made anew.
  for (const each of await model.responses({ limit: 10_000 })) responses.set(Number(each.target.value), each);
  for (const key of [0, 1, 2]) {
    const [found] = await model.incidentsOf([keyOf(key)], 0);
    if (found) incidents.set(key, found);
  }
};

const claimBoth = async (trial: Trial, step: Extract<Step, { kind: 'claim' }>): Promise<void> => {
  const now = trial.subject.ports.clock.now();
  const by = { ...step, now, until: now + lease };
  const both = await same(trial.tried.claim(by), trial.model.claim(by), (claims) => claims.map(({ job }) => job));
  for (const [at, tried] of both?.[0].entries() ?? []) {
    const model = both?.[1][at];
    if (model) trial.claims.push({ tried, model });
  }
};

// Of a digest that somebody claims a later one tells.
const digestOf = ({ subject, turn }: Trial, { target, pairs }: NewJob): NewJob =>
  jobOf(subject.ports, { slot: 'digest', event: 'digest', target, pairs, due: subject.ports.clock.now() + turn });

const settleBoth = (trial: Trial, { places, how, decision: what }: Extract<Step, { kind: 'settle' }>) => {
  const { claims, subject } = trial;
  const picked = places.flatMap((each) => claims[Math.floor(each * claims.length)] ?? []);
  const due = subject.ports.clock.now();
  const ends = [
    done,
    { ...done, ref: `ref ${trial.turn}` },
    dead,
    { state: 'cancelled', detail: 'over' } as const,
    waiting(due + trial.turn++),
    { state: 'returned', due: due + trial.turn++ } as const,
    { state: 'digested', slot: 'digest' } as const,
  ];
  const settled = picked.map((pair, at) => {
    const end = ends[(how + at) % ends.length] ?? done;
    const changes = at === 0 ? changesOf(trial, what) : { jobs: [] };
    const jobs = end.state === 'digested' ? [...changes.jobs, digestOf(trial, pair.model.job)] : changes.jobs;
    return { pair, next: end, changes: { ...changes, jobs }, ...((how + at) % 2 === 0 && { stoodIn: true as const }) };
  });
  const of = (side: keyof Pair): Settled[] => settled.map(({ pair, ...rest }) => ({ claim: pair[side], ...rest }));
  return same(trial.tried.settle(of('tried')), trial.model.settle(of('model')));
};

const renewBoth = ({ claims, tried, model, subject }: Trial, at: number): Promise<unknown> => {
  const picked = claims.slice(Math.floor(at * claims.length));
  const until = subject.ports.clock.now() + lease;
  const of = (side: keyof Pair): Claim[] => picked.map((pair) => pair[side]);
  return same(tried.renew(of('tried'), until), model.renew(of('model'), until));
};

const replayBoth = async (trial: Trial, at: number): Promise<unknown> => {
  const { tried, model, subject } = trial;
  const all = idsOf(await model.deliveries({ states: ['dead'], limit: 10_000 }));
  const ids = all.slice(Math.floor(at * all.length)).slice(0, 1);
  const due = subject.ports.clock.now() + trial.turn++;
  return same(tried.replay(ids, due), model.replay(ids, due));
};

/** What opens a store again takes the claims back. The model is never closed, so it is done by hand. */
const restart = async (trial: Trial, how: 'reopen' | 'crash'): Promise<void> => {
  const again = trial.subject[how];
  if (!again) return;
  trial.tried = await again();
  const { model, claims } = trial;
  const kept = new Map((await model.deliveries({ limit: 10_000 })).map((each) => [each.id, each]));
  await model.settle(
    claims.map(({ model: claim }) => {
      const { due, lastReason: reason = '', detail = '', progress } = kept.get(claim.job.id) ?? { due: claim.job.due };
      const doubtful = true;
      const next = { state: 'waiting', due, reason, detail, doubtful } as const;
      return { claim, next: progress === undefined ? next : { ...next, progress } };
    }),
  );
};

const runSame = async (trial: Trial, step: Step): Promise<void> => {
  switch (step.kind) {
    case 'commit': {
      const changes = changesOf(trial, step.decision);
      await same(trial.tried.commit(changes), trial.model.commit(changes));
      return readAgain(trial);
    }
    case 'claim':
      return claimBoth(trial, step);
    case 'settle':
      await settleBoth(trial, step);
      return readAgain(trial);
    case 'renew':
      return void (await renewBoth(trial, step.place));
    case 'replay':
      return void (await replayBoth(trial, step.place));
    case 'prune': {
      const by = { before: trial.subject.ports.clock.now() - step.age, limit: step.limit };
      await same(trial.tried.prune(by), trial.model.prune(by));
      return readAgain(trial);
    }
    case 'tick':
      return trial.subject.ports.clock.advance(step.span * 1_000);
    case 'restart':
      return restart(trial, step.how);
  }
};

const behavesAsTheModel = async (subject: StoreSubject, run: readonly Step[]): Promise<void> => {
  const model = createMemoryStore({ clock: subject.ports.clock });
  const trial: Trial = {
    tried: subject.store,
    model,
    subject,
    claims: [],
    incidents: new Map(),
    responses: new Map(),
    turn: 0,
  };
  for (const step of run) {
    await runSame(trial, step);
    await assertBalanced(trial.tried);
    assert.deepEqual(await allOf(trial.tried), await allOf(model));
  }
};

/** One check that runs whatever steps chance makes up on the store and on the plainest one. It prints its seed. */
export const modelChecks: readonly StoreCheck[] = [
  {
    name: 'whatever is done to it, a store behaves as maps do, and its accounting balances',
    check: (open) =>
      fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: 10, maxLength: 60, size: 'max' }), async (run) => {
          const subject = await open();
          try {
            await behavesAsTheModel(subject, run);
          } finally {
            await subject.dispose();
          }
        }),
        { numRuns: 20, interruptAfterTimeLimit: 25_000 },
      ),
  },
];
