import type { Clock, Decision, DecisionKind, Enforcer, Instant, Millis, Response } from '@therapytrain/alerts-core';
import type { ChangeOptions, PageOptions } from '../desk/types.ts';
import type { StreamState } from '../types.ts';

/** A response as a gateway tells of it. Its target is personal. */
export interface ListedResponse extends Omit<Response, 'args' | 'origin' | 'rung' | 'asked'> {
  /** What the step says beside its target: each value as JSON. */
  readonly args: Readonly<Record<string, string>>;
  /** Where it is a decision in force: how many services said that they enforce it as it is now. */
  readonly enforcing: number;
  /** Where it is a decision in force: how many services enforce decisions of its kind. */
  readonly enforcers: number;
}

/** Which responses to list. */
export interface ResponseListOptions extends PageOptions {
  /** All, if left out or empty. */
  readonly states?: readonly Response['state'][] | undefined;
  /** The incident's id; all, if left out. */
  readonly incident?: string | undefined;
  /** The playbook's name; all, if left out. */
  readonly playbook?: string | undefined;
}

/** One page of responses. */
export interface ResponsePage {
  /** The one planned last first. */
  readonly responses: readonly ListedResponse[];
  /** Empty at the end. */
  readonly nextPageToken: string;
}

/** How a response is decided about. */
export interface ResponseChangeOptions extends ChangeOptions {
  readonly comment?: string | undefined;
}

/**
 * What is done about incidents, and who says yes or no. Ids that are not known reject with `RESPONSE_NOT_FOUND`, what
 * cannot be done any more with `RESPONSE_NOT_OPEN`.
 */
export interface ResponseCalls {
  list(options?: ResponseListOptions): Promise<ResponsePage>;
  get(id: string): Promise<ListedResponse>;
  /** Rejects with `OWN_APPROVAL` for who caused it, or has approved it already. */
  approve(id: string, options?: ResponseChangeOptions): Promise<ListedResponse>;
  reject(id: string, options?: ResponseChangeOptions): Promise<ListedResponse>;
  /** Takes it back now. */
  revert(id: string, options?: ResponseChangeOptions): Promise<ListedResponse>;
}

/** The switch that stops everything that acts. */
export interface KillSwitchState {
  readonly on: boolean;
  /** Who turned it last; empty before anybody did. */
  readonly by: string;
  readonly reason: string;
  readonly at: Instant | undefined;
}

/** The switch that stops everything that acts. */
export interface KillSwitchCalls {
  get(): Promise<KillSwitchState>;
  set(on: boolean, reason: string, options?: ChangeOptions): Promise<KillSwitchState>;
}

/** What a stream of decisions tells. */
export type DecisionEvent =
  /** A snapshot begins: what is in force and is not told until its end has ended. */
  | { readonly kind: 'begin' }
  /** Decisions as they are now, each once: in force, or in the place of the one of the same id. */
  | {
      readonly kind: 'changes';
      readonly decisions: readonly Decision[];
      /** Ids of those that have ended. */
      readonly ended: readonly string[];
      /** Resumes after these; empty within a snapshot. */
      readonly cursor: string;
    }
  /** The snapshot ends (`end`), or nothing has changed for a while (`heartbeat`). */
  | {
      readonly kind: 'end' | 'heartbeat';
      readonly cursor: string;
      /** The gateway's clock. */
      readonly at: Instant;
    };

/** Which decisions to follow. */
export interface DecisionStreamOptions {
  /** A cursor of an earlier stream of the same kinds; a snapshot first, if left out. */
  readonly cursor?: string | undefined;
  /** All, if left out or empty. Ask for what you enforce. */
  readonly kinds?: readonly DecisionKind[] | undefined;
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal | undefined;
  /** Told of each change. Must not throw. */
  readonly onState?: ((state: StreamState) => void) | undefined;
}

/** An enforcer as a gateway tells of it. */
export interface ListedEnforcer extends Omit<Enforcer, 'cursor'> {
  /** True where it enforces the newest change of all. */
  readonly isCurrent: boolean;
}

/** What is answered about a kind of decision once the gateway has been away for too long. */
export type WhenAway = 'open' | 'closed';

/** How a cache of decisions behaves. */
export interface DecisionCacheOptions {
  /** What to keep; all, if left out or empty. Ask for what you enforce. */
  readonly kinds?: readonly DecisionKind[] | undefined;
  /**
   * What this process calls itself where it says what it enforces: one name of each process, 1 to 64 of a-z, 0-9, ".",
   * "_" and "-". Left out, it says nothing, and nobody can tell what is enforced here.
   */
  readonly enforcer?: string | undefined;
  /** How soon after a change it says what it enforces. Default: 1 s. */
  readonly acknowledgeEvery?: Millis | undefined;
  /** Silence after which the gateway is away. Default: 1 min; it is heard every 15 s. */
  readonly staleAfter?: Millis | undefined;
  /**
   * Per kind, what is answered while the gateway is away. What is known stays in force until its own end in any case.
   * `open`, the default: beyond that, nothing is. `closed`: everything is, since a decision may be missing: every address
   * is blocked, suspect, or throttled to `awayPerMinute`; every user locked, without access, or to step up; every session
   * revoked that began before now. It holds also until the first snapshot is there.
   */
  readonly whenAway?: Readonly<Partial<Record<DecisionKind, WhenAway>>> | undefined;
  /** Requests a minute of every address, where `throttle_address` is `closed`. Default: 60. */
  readonly awayPerMinute?: number | undefined;
  /** Told of each decision as it comes, lasts longer and ends before its time. Must not throw. */
  readonly onChange?: ((change: CachedChange) => void) | undefined;
  /** Told of how the connection is doing. Must not throw. */
  readonly onState?: ((state: StreamState) => void) | undefined;
  /** Told of what ended the stream for good, or keeps an acknowledgement back. Must not throw. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** A change in a cache. */
export type CachedChange =
  | { readonly kind: 'added' | 'extended'; readonly decision: Decision }
  | { readonly kind: 'ended'; readonly id: string };

/**
 * Decisions in memory, for questions in the way of every request: no answer waits for anything. What is no address is in
 * no range; ranges are matched in IPv4, IPv6 and IPv4-mapped form alike. A decision ends by this process' own clock, which
 * a jump of the system's time does not move.
 */
export interface DecisionCache {
  /** True where the address, or a range that holds it, is blocked. */
  isBlocked(ip: string): boolean;
  /** Requests a minute: of the narrowest range that holds the address, the strictest; undefined for no limit. */
  throttle(ip: string): number | undefined;
  /** As `throttle`, and what shares the limit: the range, or the address. For who counts. */
  limitOf(ip: string): { readonly perMinute: number; readonly target: string } | undefined;
  /** True where the address, or a range that holds it, is to be looked at more closely. */
  isSuspect(ip: string): boolean;
  /** True where the user must not sign in. */
  isLocked(userId: string): boolean;
  /** Sessions of the user that began before this are no longer good; undefined where all are. */
  sessionRevokedBefore(userId: string): Instant | undefined;
  /** True where the user may not reach the resource. */
  accessRevoked(userId: string, resource: string): boolean;
  /** True where the user must prove who they are once more, and has not done so since it was asked for. */
  needsStepUp(userId: string, provenAt?: Instant): boolean;
  /** How many decisions are kept, of each kind that has some. */
  counts(): Readonly<Partial<Record<DecisionKind, number>>>;
  /** How long ago the gateway was heard, in milliseconds; since the start, if never. 0 without one. For a metric. */
  staleness(): Millis;
  /** True while `whenAway` rules: it was silent for `staleAfter`, or has told no snapshot yet. */
  isAway(): boolean;
  /** Up to where it enforces; empty before the first snapshot, and without a gateway. */
  cursor(): string;
  /** Resolves when the first snapshot is there. Rejects with what ended the stream for good. */
  ready(): Promise<void>;
  /** Follows no more. What is known is answered on, until it ends. */
  close(): void;
}

/** Decisions of this process, for a service without a gateway: the memory feed of the responders is one. */
export interface DecisionSource {
  /** What is in force now. */
  decisions(): readonly Decision[];
  /** Tells of every change from now on; what it returns ends it. */
  listen(listener: (change: { readonly kind: string; readonly decision: Decision }) => void): () => void;
}

/** What a cache takes its time from. */
export interface DecisionCacheParts {
  readonly clock: Clock;
}

/** Decisions, for who enforces them or looks on. */
export interface DecisionCalls {
  /**
   * Decisions that are in force, then their changes. Reconnects and resumes by itself, and misses no state. Ends by
   * `break`, the signal or `close`; throws only what waiting cannot mend.
   */
  stream(options?: DecisionStreamOptions): AsyncIterable<DecisionEvent>;
  /** Follows them in memory, until it is closed or the client is. */
  cache(options?: DecisionCacheOptions): DecisionCache;
  /** Says up to where a service enforces what a stream of these kinds told. */
  acknowledge(enforcer: string, cursor: string, kinds?: readonly DecisionKind[]): Promise<void>;
  /** Who enforces decisions, by what they said last; by name. */
  enforcers(): Promise<readonly ListedEnforcer[]>;
}
