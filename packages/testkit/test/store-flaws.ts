import {
  AlertError,
  type Changes,
  type Claim,
  type Hidden,
  type NewJob,
  type Response,
  type ResponseFacts,
  type Settled,
  type Store,
  type WindowKey,
  type WindowsLetGo,
} from '@therapytrain/alerts-core';
import { createMemoryStore, type OpenStore, testPorts } from '@therapytrain/alerts-testkit';
import { decisionFlaws } from './decision-flaws.ts';

/** A change to a store: the contract must see through each that breaks a promise. */
type Flaw = (store: Store) => Store;

type By = Parameters<Store['claim']>[0];

/** Opens stores over maps, with a flaw. */
const openFlawed =
  (flaw: Flaw): OpenStore =>
  async () => {
    const ports = testPorts();
    const store = flaw(createMemoryStore(ports));
    return { store, ports, dispose: () => store.close() };
  };

/** Changes what is committed, also beside a settlement. */
const decided =
  (change: (changes: Changes) => Changes): Flaw =>
  (store) => ({
    ...store,
    commit: (changes) => store.commit(change(changes)),
    settle: (settled) =>
      store.settle(settled.map((each) => ({ ...each, ...(each.changes && { changes: change(each.changes) }) }))),
  });

/** Changes what is asked for by a claim. */
const asked =
  (change: (by: By) => By): Flaw =>
  (store) => ({ ...store, claim: (by) => store.claim(change(by)) });

/** Changes what a claim gives. */
const claimed =
  (change: (claim: Claim) => Claim): Flaw =>
  (store) => ({ ...store, claim: async (by) => (await store.claim(by)).map(change) });

/** Changes what is settled. */
const settling =
  (change: (settled: Settled) => Settled): Flaw =>
  (store) => ({ ...store, settle: (settled) => store.settle(settled.map(change)) });

/** Changes one of the lists. */
const listed =
  <N extends 'incidents' | 'deliveries' | 'accounting' | 'silences' | 'audit' | 'incidentsOf'>(
    name: N,
    change: (list: Awaited<ReturnType<Store[N]>>) => Awaited<ReturnType<Store[N]>>,
  ): Flaw =>
  (store) => ({
    ...store,
    [name]: async (...args: unknown[]) =>
      change(await (store[name] as (...args: unknown[]) => ReturnType<Store[N]>)(...args)),
  });

const without = <T extends object, K extends keyof T>(each: T, key: K): Omit<T, K> => {
  const { [key]: _, ...rest } = each;
  return rest;
};

/** Changes the responses that are committed. */
const decidedResponses = (change: (response: Response) => Response): Flaw =>
  decided((each) => ({ ...each, ...(each.responses && { responses: each.responses.map(change) }) }));

/** Changes what guardrails are told. */
const facts =
  (change: (found: ResponseFacts) => ResponseFacts): Flaw =>
  (store) => ({ ...store, responseFacts: async (query) => change(await store.responseFacts(query)) });

const overwritesResponses: Flaw = (store) => ({
  ...store,
  commit: async (changes) => {
    const responses = (changes.responses ?? []).map(async (each) => {
      const version = ((await store.response(each.id))?.version ?? 0) + 1;
      return { ...each, version };
    });
    return store.commit({ ...changes, responses: await Promise.all(responses) });
  },
});

const savesResponsesAlone: Flaw = (store) => ({
  ...store,
  settle: async (settled) => {
    for (const { changes } of settled) await store.commit({ responses: changes?.responses ?? [] });
    return store.settle(settled.map((each) => ({ ...each, changes: { ...each.changes, responses: [] } })));
  },
});

const commitsPiecemeal: Flaw = (store) => ({
  ...store,
  commit: async ({ jobs = [], counts = [], ...rest }) => {
    await store.commit({ jobs, counts });
    await store.commit(rest);
  },
});

const overwrites: Flaw = (store) => ({
  ...store,
  commit: async (changes) => {
    const incidents = await Promise.all(
      (changes.incidents ?? []).map(async (each) => {
        const known = await store.incident(each.id);
        return known ? { ...each, version: known.version + 1 } : each;
      }),
    );
    await store.commit({ ...changes, incidents });
  },
});

// Whoever meets a conflict goes by the new version, without a look at what it says.
const insists: Flaw = (store) => {
  const commit = async (changes: Changes): Promise<void> => {
    try {
      await store.commit(changes);
    } catch {
      const incidents = (changes.incidents ?? []).map((each) => ({ ...each, version: each.version + 1 }));
      await commit({ ...changes, incidents });
    }
  };
  return { ...store, commit };
};

const swallows = (code: string): Flaw => {
  const ignore = (error: unknown): void => {
    if (!(error instanceof AlertError) || error.code !== code) throw error;
  };
  return (store) => ({ ...store, commit: (changes) => store.commit(changes).catch(ignore) });
};

const remembersRefusedRequests: Flaw = (store) => ({
  ...store,
  commit: async (changes) => {
    try {
      await store.commit(changes);
    } catch (error) {
      if (changes.request !== undefined) await store.commit({ request: changes.request });
      throw error;
    }
  },
});

const eachInASlotOfItsOwn = decided(({ jobs = [], ...rest }) => ({
  ...rest,
  jobs: jobs.map((job) => ({ ...job, slot: `${job.slot} ${job.id}` })),
}));

/** Changes a job that is scheduled after the first one of its slot. */
const merged = (change: (job: NewJob) => NewJob): Flaw => {
  const seen = new Set<string>();
  return decided(({ jobs = [], ...rest }) => ({
    ...rest,
    jobs: jobs.map((job) => (seen.size === seen.add(job.slot).size ? change(job) : job)),
  }));
};

const cancelsLate: Flaw = (store) => ({
  ...store,
  commit: async ({ cancel = [], ...rest }) => {
    await store.commit(rest);
    await store.commit({ cancel });
  },
});

const countsWrongly = (from: string, to: 'delivered' | 'dead' | 'suppressed'): Flaw =>
  listed('accounting', (accounts) =>
    accounts.map((each) => ({ ...each, [from]: 0, [to]: each[to] + Number(each[from as keyof typeof each]) })),
  );

const unsorted: Flaw = (store) => ({ ...store, claim: async (by) => [...(await store.claim(by))].reverse() });

const countsOnlyThisClaim: Flaw = (store) => ({
  ...store,
  claim: async (by) => {
    const all = await store.claim({ ...by, perTarget: { default: 1_000, of: {} } });
    const seen = new Map<string, number>();
    const isOver = ({ job }: Claim): boolean => {
      seen.set(job.target, (seen.get(job.target) ?? 0) + 1);
      return job.kind === 'delivery' && (seen.get(job.target) ?? 0) > by.perTarget.default;
    };
    const over = all.filter(isOver);
    await store.settle(
      over.map((claim) => ({
        claim,
        next: { state: 'waiting', due: claim.job.due, reason: '', detail: '', doubtful: false },
      })),
    );
    return all.filter((each) => !over.includes(each));
  },
});

// Whoever settles is taken for whoever holds the job now.
const trustsEverybody: Flaw = (store) => {
  const newest = new Map<string, Claim>();
  return {
    ...store,
    claim: async (by) => {
      const claims = await store.claim(by);
      for (const each of claims) newest.set(each.job.id, each);
      return claims;
    },
    settle: (settled) =>
      store.settle(settled.map((each) => ({ ...each, claim: newest.get(each.claim.job.id) ?? each.claim }))),
  };
};

const writesForTheLost: Flaw = (store) => ({
  ...store,
  settle: async (settled) => {
    const results = await store.settle(settled);
    for (const [at, { changes }] of settled.entries()) {
      if (results[at] === false && changes) await store.commit({ audit: changes.audit ?? [] });
    }
    return results;
  },
});

const settlesInTurn: Flaw = (store) => ({
  ...store,
  settle: async (settled) => {
    const results: boolean[] = [];
    for (const each of settled) results.push(...(await store.settle([each])));
    return results;
  },
});

const keepsTheNewestRef: Flaw = (store) => {
  const refs = new Map<string, string>();
  return {
    ...store,
    settle: (settled) => {
      for (const { claim, next } of settled) {
        if (next.state === 'done' && next.ref) refs.set(`${claim.job.incident} ${claim.job.target}`, next.ref);
      }
      return store.settle(settled);
    },
    ref: async (incident, channel) => refs.get(`${incident} ${channel}`),
  };
};

const closesAtOnce: Flaw = (store) => {
  let closed = false;
  const late = new AlertError('CLOSED', 'the store is closed');
  return {
    ...store,
    commit: async (changes) => {
      await new Promise(setImmediate);
      if (closed) throw late;
      return store.commit(changes);
    },
    close: async () => {
      closed = true;
      await store.close();
    },
  };
};

const letsGo = (change: (letGo: WindowsLetGo) => WindowsLetGo): Flaw =>
  decided((each) => ({ ...each, ...(each.letGo && { letGo: change(each.letGo) }) }));

const keepsTheFirstWindow: Flaw = (store) => ({
  ...store,
  commit: async (changes) => {
    const known = await store.windows(changes.windows ?? []);
    const isNew = ({ detection, group }: WindowKey): boolean =>
      !known.some((each) => each.detection === detection && each.group === group);
    await store.commit({ ...changes, windows: (changes.windows ?? []).filter(isNew) });
  },
});

const expiresFirst: Flaw = (store) => ({
  ...store,
  commit: async ({ letGo, ...rest }) => {
    if (letGo) await store.commit({ letGo });
    await store.commit(rest);
  },
});

const oldestFirst: Flaw = (store) => ({
  ...store,
  commit: async ({ letGo, ...rest }) => {
    await store.commit({ ...rest, ...(letGo && { letGo: { ...letGo, expiredBefore: 0 } }) });
    if (letGo) await store.commit({ letGo: { ...letGo, oldest: [] } });
  },
});

const savesWindowsAlone: Flaw = (store) => ({
  ...store,
  commit: async ({ windows = [], ...rest }) => {
    await store.commit({ windows });
    await store.commit(rest);
  },
});

/** A store that breaks one promise, and the check that must see it. */
export interface FlawedStore {
  readonly flaw: string;
  readonly check: string;
  readonly open: OpenStore;
}

const flawed = (flaw: string, breaks: Flaw, check: string): FlawedStore => ({ flaw, check, open: openFlawed(breaks) });

const oneWins = 'an incident that is no longer at the version that was read is a CONFLICT';
const merges = 'a job that is scheduled into a slot where another waits is merged into it';
const inOrder = 'the most severe is claimed first, then what is due first';
const model = 'whatever is done to it, a store behaves as maps do, and its accounting balances';

/** One store for each promise that matters. */
export const flawedStores: readonly FlawedStore[] = [
  flawed(
    'forgets audit',
    decided((each) => without(each, 'audit')),
    'the audit is numbered from 1, without a gap, in its order',
  ),
  flawed(
    'drops facts',
    decided((each) => ({
      ...each,
      incidents: (each.incidents ?? []).map((one) => ({ ...one, facts: { ...one.facts, metadata: {} } })),
    })),
    'everything of a decision is kept as it was given',
  ),
  flawed('commits piecemeal', commitsPiecemeal, 'a commit is all or nothing'),
  flawed('lets the last writer win', overwrites, oneWins),
  flawed('lets every racer win', insists, 'of changes to one incident at the same time one wins'),
  flawed('swallows conflicts', swallows('CONFLICT'), 'a second open incident of a key is a CONFLICT'),
  flawed(
    'forgets requests',
    decided((each) => without(each, 'request')),
    'the same request a second time changes nothing',
  ),
  flawed('remembers requests that it refused', remembersRefusedRequests, 'a request that was refused may come again'),
  flawed('swallows a cursor that goes back', swallows('DEFECT'), 'the cursor does not go back'),
  flawed(
    'takes a job twice',
    swallows('DEFECT'),
    'a job id that was used before is a DEFECT, and nothing of its commit is kept',
  ),
  flawed(
    'counts the audit from 0',
    listed('audit', (all) => all.map((each) => ({ ...each, sequence: each.sequence - 1 }))),
    'the audit is numbered from 1, without a gap, in its order',
  ),
  flawed(
    'ignores the page of the audit',
    (store) => ({ ...store, audit: (_after, limit) => store.audit(0, limit) }),
    'the audit is read in pages',
  ),
  flawed(
    'shows silences that are over',
    (store) => ({ ...store, silences: () => store.silences(0) }),
    'silences are listed from before they begin until they end',
  ),
  flawed('merges nothing', eachInASlotOfItsOwn, merges),
  flawed(
    'keeps the first time',
    merged((job) => ({ ...job, due: Number.MAX_SAFE_INTEGER })),
    merges,
  ),
  flawed(
    'keeps the first severity',
    merged((job) => ({ ...job, severity: 1 })),
    merges,
  ),
  flawed(
    'forgets the pairs of the second',
    merged((job) => ({ ...job, pairs: 0 })),
    merges,
  ),
  flawed(
    'cancels nothing',
    decided((each) => without(each, 'cancel')),
    'cancelled jobs are not done, and count as suppressed',
  ),
  flawed('cancels what it schedules', cancelsLate, 'a commit cancels before it schedules'),
  flawed(
    'counts what it cancels as delivered',
    countsWrongly('suppressed', 'delivered'),
    'cancelled jobs are not done, and count as suppressed',
  ),
  flawed('claims in another order', unsorted, inOrder),
  flawed(
    'claims too early',
    asked((by) => ({ ...by, now: by.now + 5 })),
    'nothing is claimed before it is due',
  ),
  flawed(
    'takes no notice of the limit',
    asked((by) => ({ ...by, limit: 1_000 })),
    'no more than the limit is claimed',
  ),
  flawed(
    'takes no notice of perTarget',
    asked((by) => ({ ...by, perTarget: { default: 1_000, of: {} } })),
    'of one channel no more than perTarget are claimed at a time',
  ),
  flawed(
    'forgets what is claimed already',
    countsOnlyThisClaim,
    'of one channel no more than perTarget are claimed at a time',
  ),
  flawed(
    'takes no notice of the bounds of single channels',
    asked((by) => ({ ...by, perTarget: { ...by.perTarget, of: {} } })),
    'each channel has a bound of its own, where one is named',
  ),
  flawed(
    'claims what is stood in for',
    asked((by) => ({ ...by, unaided: [] })),
    'of channels that want those only, deliveries that are stood in for are passed over',
  ),
  flawed(
    'lets what fails wait for its time',
    (store) => ({
      ...store,
      claim: async (by) => {
        const claims = await store.claim(by);
        const early = claims.filter(({ job }) => job.due > by.now);
        await store.settle(
          early.map(({ job, ...rest }) => ({ claim: { job, ...rest }, next: { state: 'returned', due: job.due } })),
        );
        return claims.filter(({ job }) => job.due <= by.now);
      },
    }),
    'of such channels what waits to be tried again is claimed before its time',
  ),
  flawed(
    'counts what is returned as an attempt',
    settling((each) =>
      each.next.state === 'returned'
        ? { ...each, next: { ...each.next, state: 'waiting', reason: '', detail: '', doubtful: false } }
        : each,
    ),
    'what is returned waits as before, and was no attempt',
  ),
  flawed(
    'forgets that another leg stands in',
    settling((each) => without(each, 'stoodIn')),
    'what another leg stands in for stays so',
  ),
  flawed(
    'forgets what a dead attempt said of its recipients',
    settling((each) => (each.next.state === 'dead' ? { ...each, next: without(each.next, 'recipients') } : each)),
    'what an attempt said of each recipient is kept until another one says it',
  ),
  flawed(
    'lets an attempt that says nothing of recipients wipe out what is known',
    settling((each) =>
      each.next.state === 'waiting' && !each.next.recipients
        ? { ...each, next: { ...each.next, recipients: [] } }
        : each,
    ),
    'what an attempt said of each recipient is kept until another one says it',
  ),
  flawed(
    'takes what a digest is to tell for told',
    settling((each) => (each.next.state === 'digested' ? { ...each, next: { state: 'done', proof: '' } } : each)),
    'what a digest tells is told when the digest is, and names it',
  ),
  flawed(
    'forgets which digest tells what',
    listed('deliveries', (all) => all.map((each) => without(each, 'digest'))),
    'what a digest tells is told when the digest is, and names it',
  ),
  flawed(
    'counts a digest as delivered',
    countsWrongly('digested', 'delivered'),
    'what a digest tells is told when the digest is, and names it',
  ),
  flawed(
    'digests without a digest',
    (store) => ({ ...store, settle: (all) => store.settle(all).catch(() => all.map(() => true)) }),
    'nothing is digested without a digest that waits',
  ),
  flawed(
    'takes no notice of except',
    asked((by) => ({ ...by, except: [] })),
    'channels that are excepted are passed over',
  ),
  flawed(
    'counts an attempt when it ends',
    claimed((each) => ({ ...each, job: { ...each.job, attempts: each.job.attempts - 1 } })),
    'a claim has the job, its end, and counts the attempt',
  ),
  flawed(
    'gives one token for ever',
    claimed((each) => ({ ...each, token: '1' })),
    'a job whose claim has run out is due again, with another token',
  ),
  flawed(
    'never lets a claim run out',
    asked((by) => ({ ...by, until: Number.MAX_SAFE_INTEGER })),
    'a job whose claim has run out is due again, with another token',
  ),
  flawed(
    'forgets that the clock went back',
    (store) => ({ ...store, rebase: async () => 0 }),
    'what was planned by a clock that was ahead is due as long after it went back',
  ),
  flawed(
    'takes what was planned by the clock as it is for planned ahead',
    (store) => ({ ...store, rebase: (by) => store.rebase({ ...by, longest: 0 }) }),
    'what was planned by the clock as it is stays',
  ),
  flawed(
    'has what was planned ahead wait for as long as it likes',
    (store) => ({ ...store, rebase: (by) => store.rebase({ ...by, longest: Number.MAX_SAFE_INTEGER / 2 }) }),
    'what was planned ahead and kept after the clock went back is due now',
  ),
  flawed(
    'renews what was lost',
    (store) => ({ ...store, renew: async (all) => all.map(() => true) }),
    'renew makes a claim last longer, unless it was lost',
  ),
  flawed(
    'renews nothing',
    (store) => ({ ...store, renew: (all) => store.renew(all, 0) }),
    'renew makes a claim last longer, unless it was lost',
  ),
  flawed('lets everybody settle', trustsEverybody, 'a claim that was lost writes nothing'),
  flawed('writes the audit of the lost', writesForTheLost, 'a claim that was lost writes nothing'),
  flawed('settles one after the other', settlesInTurn, 'a conflict in one settlement leaves nothing of its call'),
  flawed(
    'forgets progress',
    claimed((each) => ({ ...each, job: { ...each.job, progress: undefined } })),
    'what waits is tried again at its time, with what the last attempt handed back',
  ),
  flawed('counts what is dead as delivered', countsWrongly('dead', 'delivered'), 'what is dead is not tried again'),
  flawed(
    'forgets what goes with a settlement',
    (store) => ({ ...store, settle: (all) => store.settle(all.map((each) => without(each, 'changes'))) }),
    'what goes with a settlement is applied with it',
  ),
  flawed(
    'keeps the newest ref',
    keepsTheNewestRef,
    'ref is that of the first delivery through the channel which gave one',
  ),
  flawed(
    'counts the attempts of before a replay',
    (store) => ({
      ...store,
      replay: async (ids, due) => (await store.replay(ids, due)).map((each) => ({ ...each, attempts: 1 })),
    }),
    'replay makes dead deliveries wait again, and no others',
  ),
  flawed(
    'leaves replayed pairs dead too',
    (store) => ({
      ...store,
      replay: async (ids, due) => {
        const replayed = await store.replay(ids, due);
        await store.commit({
          counts: replayed.map(({ target, pairs }) => ({ channel: target, state: 'dead', pairs })),
        });
        return replayed;
      },
    }),
    'replay makes dead deliveries wait again, and no others',
  ),
  flawed(
    'lists the oldest first',
    listed('incidents', (all) => [...all].reverse()),
    'incidents are listed newest first, by state, in pages',
  ),
  flawed(
    'tells changes by the age of the incidents',
    (store) => ({
      ...store,
      changedIncidents: async (after, limit) => {
        const { incidents, cursor } = await store.changedIncidents(after, limit);
        return { incidents: [...incidents].sort((one, other) => (one.id < other.id ? -1 : 1)), cursor };
      },
    }),
    'changed incidents are told in the order of their newest changes, each once',
  ),
  flawed(
    'reads on from the end, wherever a batch ended',
    (store) => ({
      ...store,
      changedIncidents: async (after, limit) => ({
        ...(await store.changedIncidents(after, limit)),
        cursor: await store.newestChange(),
      }),
    }),
    'changed incidents are told in the order of their newest changes, each once',
  ),
  flawed(
    'tells no change of a settlement',
    (store) => {
      const settled = new Set<string>();
      return {
        ...store,
        settle: (all) => {
          for (const { changes } of all) for (const { id } of changes?.incidents ?? []) settled.add(id);
          return store.settle(all);
        },
        changedIncidents: async (after, limit) => {
          const { incidents, cursor } = await store.changedIncidents(after, limit);
          return { incidents: incidents.filter(({ id }) => !settled.has(id)), cursor };
        },
      };
    },
    'what changes with a settlement is told as changed',
  ),
  flawed(
    'takes places from the clock of what is kept',
    (store) => ({ ...store, newestChange: async () => (await store.incidents({ limit: 99 })).length }),
    'places in the order of changes last, and are never used again',
  ),
  flawed(
    'lists deliveries of all channels',
    (store) => ({ ...store, deliveries: (query) => store.deliveries(without(query, 'channel')) }),
    'deliveries are listed newest first, by incident, channel and state, in pages',
  ),
  flawed(
    'finds incidents however long they are resolved',
    (store) => ({ ...store, incidentsOf: (keys) => store.incidentsOf(keys, 0) }),
    'incidents are found by key: open ones, or those that were resolved lately',
  ),
  flawed(
    'knows no time but those of jobs',
    (store) => ({ ...store, nextDue: async () => 0 }),
    'nextDue is the first time of those that wait and of the ends of claims',
  ),
  flawed(
    'keeps windows of one detection in the place of those of another',
    decided((each) => ({
      ...each,
      ...(each.windows && { windows: each.windows.map((one) => ({ ...one, detection: 'brute-force' })) }),
    })),
    'windows are kept as they were given, by detection and group',
  ),
  flawed(
    'keeps the first window',
    keepsTheFirstWindow,
    'a window takes the place of the one of its detection and group',
  ),
  flawed(
    'counts windows that are gone',
    (store) => ({ ...store, windowCounts: async () => [{ detection: 'brute-force', windows: 3 }] }),
    'windows are counted by detection',
  ),
  flawed(
    'lets no window expire',
    letsGo((each) => ({ ...each, expiredBefore: 0 })),
    'windows that have expired are let go, after those of the commit are saved',
  ),
  flawed(
    'lets windows expire before it saves',
    expiresFirst,
    'windows that have expired are let go, after those of the commit are saved',
  ),
  flawed(
    'keeps the oldest windows',
    letsGo((each) => ({ ...each, oldest: [] })),
    'the windows that were touched longest ago are let go',
  ),
  flawed('counts what has expired among the oldest', oldestFirst, 'what has expired does not count among the oldest'),
  flawed('saves windows by themselves', savesWindowsAlone, 'windows are a part of their commit'),
  flawed('loses windows, seen by chance', keepsTheFirstWindow, model),
  flawed('drops what was begun', closesAtOnce, 'close finishes what was begun'),
  flawed(
    'answers when it is closed',
    (store) => ({ ...store, cursor: async () => 0 }),
    'once close was called, every other call rejects with CLOSED',
  ),
  flawed('merges nothing, seen by chance', eachInASlotOfItsOwn, model),
  flawed(
    'loses pairs, seen by chance',
    merged((job) => ({ ...job, pairs: 0 })),
    model,
  ),
  flawed(
    'takes no notice of when something is due',
    (store) => ({ ...store, incidents: ({ overdueAt: _, ...query }) => store.incidents(query) }),
    'incidents that should have been acknowledged by a time are listed',
  ),
  flawed(
    'counts what is cancelled late as dead',
    countsWrongly('suppressed', 'dead'),
    'what is cancelled after an attempt is not tried again, and counts as suppressed',
  ),
  flawed(
    'keeps the first of what was hidden',
    (store) => {
      const seen = new Set<string>();
      const isFirst = ({ silence, incident }: Hidden): boolean => seen.size !== seen.add(`${silence} ${incident}`).size;
      return decided((each) => ({ ...each, hidden: (each.hidden ?? []).filter(isFirst) }))(store);
    },
    'what silences held back is summed up by silence',
  ),
  flawed(
    'lets go of what is young too',
    (store) => ({ ...store, prune: ({ limit }) => store.prune({ before: Number.MAX_SAFE_INTEGER, limit }) }),
    'prune lets go of jobs that have ended, and the accounting stays',
  ),
  flawed(
    'lets go of all at once',
    (store) => ({ ...store, prune: ({ before }) => store.prune({ before, limit: 1_000 }) }),
    'prune goes in steps, the oldest first',
  ),
  flawed(
    'keeps everything',
    (store) => ({ ...store, prune: async () => 0 }),
    'prune lets go of resolved incidents that no job needs',
  ),
  flawed(
    'forgets who approved',
    decidedResponses((each) => ({ ...each, approvals: [] })),
    'responses are kept as they were given',
  ),
  flawed(
    'lists responses of every playbook',
    (store) => ({ ...store, responses: (query) => store.responses(without(query, 'playbook')) }),
    'responses are listed newest first, by state, incident and playbook',
  ),
  flawed(
    'overwrites responses that have changed',
    overwritesResponses,
    'a response that was changed since it was read is refused with CONFLICT',
  ),
  flawed(
    'tells of the past only',
    facts((found) => ({ ...found, ofTargets: found.ofTargets.filter(({ state }) => state !== 'unknown') })),
    'the responses of targets are told: those that stand, and those that were changed lately',
  ),
  flawed(
    'counts what was asked of people against a budget',
    (store) => ({
      ...store,
      responseFacts: async (query) => ({
        ...(await store.responseFacts(query)),
        uses: (await store.responses({ limit: 99 })).filter(({ createdAt }) => createdAt >= query.madeSince),
      }),
    }),
    'what counts against budgets is told',
  ),
  flawed(
    'forgets what is over',
    facts((found) => ({ ...found, uses: found.uses.filter(({ state }) => state !== 'reverted') })),
    'what counts against budgets is told',
  ),
  flawed(
    'tells of trips that have ended',
    (store) => ({ ...store, responseFacts: (query) => store.responseFacts({ ...query, now: 0 }) }),
    'a trip takes the place of the one of its scope, and is told until its end',
  ),
  flawed(
    'does not tell guardrails of the kill switch',
    facts((found) => ({ ...found, killSwitch: { on: false, by: '', reason: '', at: 0 } })),
    'the kill switch is as it was turned last, and off at first',
  ),
  flawed(
    'saves responses though the claim was lost',
    savesResponsesAlone,
    'responses, trips and the kill switch are a part of their commit',
  ),
  flawed(
    'holds responders by the names of channels',
    (store) => ({
      ...store,
      claim: async (by) => (await store.claim(by)).filter(({ job }) => !by.except.includes(job.target)),
    }),
    'responses are claimed by responder, whatever holds a channel of its name',
  ),
  flawed(
    'keeps every response',
    (store) => ({ ...store, prune: async (by) => Math.min(1, await store.prune(by)) }),
    'responses that are over, and trips, are let go',
  ),
  ...decisionFlaws.map(({ flaw, change, check }) => flawed(flaw, change, check)),
  flawed('overwrites responses, seen by chance', overwritesResponses, model),
  flawed(
    'finds entries after a subject only',
    (store) => ({
      ...store,
      findAudit: async (query) => (await store.findAudit(query)).filter(({ subject }) => subject !== query.from),
    }),
    'entries of an action are found by their subject and those after it',
  ),
  flawed(
    'finds entries in any order',
    (store) => ({ ...store, findAudit: async (query) => (await store.findAudit(query)).toReversed() }),
    'entries of one subject are found in the order of the audit',
  ),
  flawed(
    'keeps the newest key of a subject',
    decided((each) => ({ ...each, erase: [...(each.erase ?? []), ...(each.subjectKeys ?? []).map(({ id }) => id)] })),
    'of the keys of a subject the first is kept',
  ),
  flawed(
    'erases nothing',
    decided((each) => without(each, 'erase')),
    'a key that is erased is gone, with its commit',
  ),
];
