import type { Store } from '@therapytrain/alerts-core';

/** A change to a store that breaks what is promised of decisions, and the check that sees through it. */
export interface DecisionFlaw {
  readonly flaw: string;
  readonly change: (store: Store) => Store;
  readonly check: string;
}

const fenced = 'of a decision nothing is changed by who has a lower fence';
const once = 'a decision that is asked for twice is there once, and that is one change';
const ordered = 'changed decisions are told in the order of their newest changes, each once';
const listed = 'decisions in force are listed by id, in pages, and counted by kind';
const letGo = 'prune lets go of decisions that are over, and who has missed that is told so';
const top = 1_000_000;

/** Whoever asks, its fence is the highest. */
const knowsNoFence = (store: Store): Store => {
  let fence = 0;
  return {
    ...store,
    putDecision: (decision) => store.putDecision(decision, ++fence),
    endDecision: (id, _fence, at) => store.endDecision(id, ++fence, at),
  };
};

const forgetsWhatNeverCame = (store: Store): Store => ({
  ...store,
  endDecision: async (id, fence, at) => ((await store.decision(id)) ? store.endDecision(id, fence, at) : true),
});

const putsWhatIsThere = (store: Store): Store => ({
  ...store,
  putDecision: async (decision, fence) => {
    await store.putDecision({ ...decision, until: decision.until + 1 }, fence);
    return store.putDecision(decision, fence);
  },
});

const keepsTheFence = (store: Store): Store => ({
  ...store,
  putDecision: async (decision, fence) => {
    const kept = await store.decision(decision.id);
    const isThere = JSON.stringify(kept?.decision) === JSON.stringify(decision);
    return isThere ? true : store.putDecision(decision, fence);
  },
});

/** Ways to be wrong about decisions. */
export const decisionFlaws: readonly DecisionFlaw[] = [
  { flaw: 'lets who is late change a decision', change: knowsNoFence, check: fenced },
  { flaw: 'forgets the fence of what never came', change: forgetsWhatNeverCame, check: fenced },
  { flaw: 'takes a decision that is asked for twice for a change', change: putsWhatIsThere, check: once },
  { flaw: 'takes no notice of the fence of what is there', change: keepsTheFence, check: once },
  {
    flaw: 'keeps the first decision',
    change: (store) => ({
      ...store,
      putDecision: async (decision, fence) =>
        (await store.decision(decision.id)) ? true : store.putDecision(decision, fence),
    }),
    check: 'a decision is kept as it was given, in the place of the one of its id',
  },
  {
    flaw: 'tells of no decision that was ended',
    change: (store) => ({
      ...store,
      changedDecisions: async (after, limit) => {
        const batch = await store.changedDecisions(after, limit);
        return { ...batch, decisions: batch.decisions.filter(({ endedAt }) => endedAt === undefined) };
      },
    }),
    check: ordered,
  },
  {
    flaw: 'passes over changes of decisions',
    change: (store) => ({
      ...store,
      changedDecisions: async (after, limit) => ({
        ...(await store.changedDecisions(after, limit)),
        cursor: await store.newestDecisionChange(),
      }),
    }),
    check: ordered,
  },
  {
    flaw: 'lists decisions whose time is over',
    change: (store) => ({ ...store, decisions: (query) => store.decisions({ ...query, at: 0 }) }),
    check: listed,
  },
  {
    flaw: 'lists decisions of every kind',
    change: (store) => ({ ...store, decisions: ({ kinds: _, ...query }) => store.decisions(query) }),
    check: listed,
  },
  {
    flaw: 'counts decisions whose time is over',
    change: (store) => ({ ...store, decisionCounts: () => store.decisionCounts(0) }),
    check: listed,
  },
  {
    flaw: 'takes the time when it was told for the end of a decision',
    change: (store) => ({
      ...store,
      decisions: async (query) => {
        const changed = (await store.changedDecisions(0, top)).decisions;
        return changed
          .filter(({ decision, endedAt }) => (endedAt ?? decision.until) > query.at)
          .map(({ decision }) => decision);
      },
    }),
    check: 'a decision that is ended after its time was over before',
  },
  {
    flaw: 'does not say that changes were let go',
    change: (store) => ({
      ...store,
      changedDecisions: async (after, limit) => ({
        ...(await store.changedDecisions(after, limit)),
        isIncomplete: false,
      }),
    }),
    check: letGo,
  },
  {
    flaw: 'counts the places of decisions from those that are left',
    change: (store) => ({
      ...store,
      newestDecisionChange: async () => (await store.changedDecisions(0, top)).decisions.length,
    }),
    check: letGo,
  },
  {
    flaw: 'knows only the first word of an enforcer',
    change: (store) => ({
      ...store,
      noteEnforcer: async (enforcer) => {
        const isKnown = (await store.enforcers()).some(({ name }) => name === enforcer.name);
        if (!isKnown) await store.noteEnforcer(enforcer);
      },
    }),
    check: 'an enforcer is known by what it said last',
  },
];
