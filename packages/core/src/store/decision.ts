import type { Cursor } from '../log.ts';
import type { Instant } from '../ports.ts';
import type { Decision, DecisionKind } from '../responder/decision.ts';

/** A decision as it is kept. It is in force while it was not ended and its `until` has not come. */
export interface KeptDecision {
  readonly decision: Decision;
  /** Place of its newest change in the order of all changes of decisions. */
  readonly place: Cursor;
  /** When somebody ended it; undefined where nobody did, also when its time is over. */
  readonly endedAt: Instant | undefined;
}

/** Decisions in the order of their newest changes. */
export interface DecisionBatch {
  /** Each once, as it is now, the one that was changed longest ago first. */
  readonly decisions: readonly KeptDecision[];
  /** The place of the last of them; where there is none, the place that was asked for. */
  readonly cursor: Cursor;
  /** True where a change after the place that was asked for has been let go: who reads on from there begins anew. */
  readonly isIncomplete: boolean;
}

/** What to list, by id, ascending: those that are in force at a time. */
export interface DecisionQuery {
  readonly at: Instant;
  readonly kinds?: readonly DecisionKind[];
  /** Above this id, for the next page. */
  readonly after?: string;
  readonly limit: number;
}

/** How many decisions of a kind are in force. */
export interface DecisionCount {
  readonly kind: DecisionKind;
  readonly decisions: number;
}

/** A service that enforces decisions, by what it said last. */
export interface Enforcer {
  /** What it calls itself: one of each process, such as `checkout-7f9c`. */
  readonly name: string;
  /** What it enforces, each once, in the order of their names; empty for every kind. */
  readonly kinds: readonly DecisionKind[];
  /** It enforces all changes up to here. */
  readonly cursor: Cursor;
  /** When it said so. */
  readonly at: Instant;
}
