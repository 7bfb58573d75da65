import {
  AlertError,
  type Clock,
  type Cursor,
  type Decision,
  type DecisionBatch,
  type DecisionCount,
  type DecisionFeed,
  type DecisionKind,
  type Enforcer,
  type Instant,
  type KeptDecision,
  type Store,
} from '@therapytrain/alerts-core';

/** What of decisions to look at, by id, ascending. */
export interface DecisionPage {
  /** All, where there are none. */
  readonly kinds?: readonly DecisionKind[];
  /** Above this id, for the next page. */
  readonly after?: string;
  readonly limit: number;
}

/** Decisions as they are and as they change, for who enforces them or looks on. */
export interface DecisionChanges {
  /** Those that are in force now. */
  inForce(page: DecisionPage): Promise<readonly Decision[]>;
  /** How many are in force now, of each kind that has some. */
  counts(): Promise<readonly DecisionCount[]>;
  /** The place of the newest change. */
  newest(): Promise<Cursor>;
  /**
   * Decisions that were changed after a place, each once, as it is now; see `Store.changedDecisions`. One whose time has
   * come meanwhile has ended then.
   */
  after(place: Cursor, limit: number): Promise<DecisionBatch>;
  /** Calls the listener after each change, until what it returns is called. */
  follow(listener: () => void): () => void;
  /**
   * Notes that a service enforces everything up to a place. Rejects with `CURSOR_INVALID` for a place that lies after the
   * newest change.
   */
  acknowledge(enforcer: Omit<Enforcer, 'at'>): Promise<void>;
  enforcers(): Promise<readonly Enforcer[]>;
  /**
   * How many of those that enforce its kind said that they enforce the decision as it is now. Undefined where none of
   * this id is known.
   */
  enforcedBy(id: string): Promise<{ readonly enforcing: number; readonly of: number } | undefined>;
}

/** Where decisions are put, and where who follows hears of them. */
export type WatchedDecisions = DecisionFeed & DecisionChanges;

// What nobody ends, and is over, is told as ended when its time came: every reader sees the same, whatever its clock is.
const endedBy =
  (now: Instant) =>
  (kept: KeptDecision): KeptDecision =>
    kept.endedAt === undefined && kept.decision.until <= now ? { ...kept, endedAt: kept.decision.until } : kept;

const createFollowing = (store: Store, clock: Pick<Clock, 'now'>): Omit<DecisionChanges, 'follow'> => ({
  inForce: ({ kinds = [], ...page }) =>
    store.decisions({ ...page, at: clock.now(), ...(kinds.length > 0 && { kinds }) }),
  counts: () => store.decisionCounts(clock.now()),
  newest: () => store.newestDecisionChange(),
  after: async (place, limit) => {
    const batch = await store.changedDecisions(place, limit);
    return { ...batch, decisions: batch.decisions.map(endedBy(clock.now())) };
  },
  acknowledge: async ({ name, kinds, cursor }) => {
    if (cursor > (await store.newestDecisionChange())) {
      throw new AlertError('CURSOR_INVALID', 'the cursor lies after the last change');
    }
    await store.noteEnforcer({ name, kinds: [...new Set(kinds)].sort(), cursor, at: clock.now() });
  },
  enforcers: () => store.enforcers(),
  enforcedBy: async (id) => {
    const kept = await store.decision(id);
    if (!kept) return undefined;
    const { place, decision } = kept;
    const concerned = (await store.enforcers()).filter(
      ({ kinds }) => kinds.length === 0 || kinds.includes(decision.kind),
    );
    return { enforcing: concerned.filter(({ cursor }) => cursor >= place).length, of: concerned.length };
  },
});

/**
 * Makes the feed over a store: one for each store, since who follows hears only of what goes through it. What was put is
 * durable when it resolves; what is past its `until` ends by itself.
 */
export const createDecisionFeed = (store: Store, clock: Pick<Clock, 'now'>): WatchedDecisions => {
  const listeners = new Set<() => void>();
  const told = (held: boolean): boolean => {
    if (held) for (const listener of [...listeners]) listener();
    return held;
  };
  return {
    ...createFollowing(store, clock),
    put: async (decision, fence) => told(await store.putDecision(decision, fence)),
    end: async (id, fence) => told(await store.endDecision(id, fence, clock.now())),
    follow: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};
