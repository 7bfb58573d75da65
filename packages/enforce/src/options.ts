import type { DecisionCache } from '@therapytrain/alerts-client';
import type { Clock, Instant } from '@therapytrain/alerts-core';

/** Why a request is refused. A closed list; safe to count and to show. */
export type RefusalReason =
  /** Its address, or a range that holds it, is blocked. */
  | 'address_blocked'
  /** There have been too many from its address or range. */
  | 'throttled'
  /** Its user is locked. */
  | 'user_locked'
  /** Its session began before the user's sessions were revoked. */
  | 'session_revoked'
  /** Its user must prove who they are once more, with a second factor. */
  | 'step_up_required'
  /** Its user may not reach the resource. */
  | 'access_revoked';

/** A request that is refused. */
export interface Refusal {
  readonly reason: RefusalReason;
  /** For `throttled`: whole seconds after which there is room again, from 1. */
  readonly retryAfter?: number;
}

/** A time as the service has it. */
export type GivenTime = Instant | Date | undefined;

/** What a service says of its requests, and what is to be enforced. */
export interface EnforceOptions<Request> {
  /** Decisions in memory: `client.decisions.cache()`, or `createDecisionCache` over a feed of this process. */
  readonly decisions: Pick<
    DecisionCache,
    'isBlocked' | 'limitOf' | 'isSuspect' | 'isLocked' | 'sessionRevokedBefore' | 'accessRevoked' | 'needsStepUp'
  >;
  /** Where the request comes from. Left out, what the framework says, with its own rule of which proxy to trust. */
  readonly address?: ((request: Request) => string | undefined) | undefined;
  /** Whose request it is; undefined for nobody who is known. Left out, nothing is enforced for users. */
  readonly user?: ((request: Request) => string | undefined) | undefined;
  /**
   * When the session of the request began. Where the user's sessions are revoked, one whose beginning is not known is
   * refused.
   */
  readonly sessionStartedAt?: ((request: Request) => GivenTime) | undefined;
  /** When the user has given a second factor last; undefined for never. */
  readonly provenAt?: ((request: Request) => GivenTime) | undefined;
  /** What the request wants to reach, by the name that alerts use for it. Left out, access is not enforced here. */
  readonly resource?: ((request: Request) => string | undefined) | undefined;
  /**
   * Only what is said of addresses, or of users: for a service that knows the address before anything is read, and the
   * user only later, and uses this twice. Left out, both.
   */
  readonly only?: 'addresses' | 'users' | undefined;
  /** Told of each request that is refused: for a metric or a log. Must not throw. */
  readonly onRefused?: ((refusal: Refusal, request: Request) => void) | undefined;
  /** Told of each request from a suspect address, which goes on: for a closer look. Must not throw. */
  readonly onSuspect?: ((request: Request) => void) | undefined;
  /** What limits are counted with. Left out, the machine's. */
  readonly clock?: Pick<Clock, 'monotonic'> | undefined;
}
