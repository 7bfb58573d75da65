import type { Clock, Millis } from '@therapytrain/alerts-core';
import type { Decision, DecisionFeed } from '@therapytrain/alerts-core/responder';

/** What has changed. What ends by its own time is not told: everybody sees that by the decision's `until`. */
export interface DecisionChange {
  /** `added`: it is new, or is in force again. `changed`: another end, or something else of it. `ended`: before its time. */
  readonly kind: 'added' | 'changed' | 'ended';
  readonly decision: Decision;
}

/** A feed in the memory of the process, for programs without a gateway. */
export interface MemoryFeed extends DecisionFeed {
  /** What is in force now, oldest first. */
  decisions(): readonly Decision[];
  /** Tells of every change from now on, in order, before the call that makes it resolves. The answer stops it. */
  listen(listener: (change: DecisionChange) => void): () => void;
}

interface Kept {
  readonly decision: Decision | undefined;
  readonly fence: number;
  /** When nobody can ask about it any more. */
  readonly forget: number;
}

// An attempt ends within minutes; who comes later than this after the end of a decision is none of ours.
const lateFor: Millis = 86_400_000;

const same = (one: Decision, other: Decision): boolean => JSON.stringify(one) === JSON.stringify(other);

/**
 * Keeps decisions and their fences in memory; they do not outlive the process. The fence of a decision is remembered for
 * a day after its end, so that who comes late does not bring it back.
 */
export const memoryFeed = ({ clock }: { readonly clock: Clock }): MemoryFeed => {
  const kept = new Map<string, Kept>();
  const listeners = new Set<(change: DecisionChange) => void>();
  const tell = (change: DecisionChange): void => {
    for (const listener of listeners) listener(change);
  };
  const isInForce = (decision: Decision | undefined): decision is Decision =>
    decision !== undefined && decision.until > clock.now();
  let nextSweep = 0;
  const forget = (): void => {
    const now = clock.now();
    if (now < nextSweep) return;
    for (const [id, { forget: by }] of kept) if (by <= now) kept.delete(id);
    nextSweep = now + lateFor / 24;
  };
  const isLate = (id: string, fence: number): boolean => (kept.get(id)?.fence ?? 0) > fence;
  return {
    put: async (decision, fence) => {
      forget();
      if (isLate(decision.id, fence)) return false;
      const before = kept.get(decision.id)?.decision;
      const was = isInForce(before) ? before : undefined;
      kept.set(decision.id, { decision, fence, forget: Math.max(decision.until, clock.now()) + lateFor });
      if (isInForce(decision) && !(was && same(was, decision))) tell({ kind: was ? 'changed' : 'added', decision });
      return true;
    },
    end: async (id, fence) => {
      forget();
      if (isLate(id, fence)) return false;
      const before = kept.get(id)?.decision;
      kept.set(id, { decision: undefined, fence, forget: clock.now() + lateFor });
      if (isInForce(before)) tell({ kind: 'ended', decision: before });
      return true;
    },
    decisions: () => [...kept.values()].map(({ decision }) => decision).filter(isInForce),
    listen: (listener) => {
      // A wrapper, so that one function that listens twice is told twice, and stops once.
      const own = (change: DecisionChange): void => listener(change);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
  };
};
