import type { Instant, Millis } from '../ports.ts';

/**
 * What services can be asked to enforce: the closed list, each with what its target is and what it asks for. In the
 * order of their numbers on the wire, from 1.
 */
export const decisionKinds = {
  block_address: ['address', 'Requests from the address or range are refused.'],
  throttle_address: ['address', 'Requests from the address or range are limited to `perMinute`.'],
  suspect_address: ['address', 'The address or range is looked at more closely; nothing is refused for it.'],
  lock_account: ['user', 'The user cannot sign in.'],
  revoke_sessions: ['user', 'Sessions of the user that began before `from` are no longer good.'],
  revoke_access: ['user', 'The user may no longer reach the resource.'],
  step_up: ['user', 'The user must prove who they are once more, with a second factor.'],
} as const satisfies Record<string, readonly [target: 'address' | 'user', meaning: string]>;

/** One of the closed list of decisions. */
export type DecisionKind = keyof typeof decisionKinds;

/** Their names in the order of their numbers on the wire, from 1. */
export const decisionKindNames = Object.keys(decisionKinds) as readonly DecisionKind[];

/** What services enforce, from a time until a time. */
export interface Decision {
  /** The response that it comes from: UUID version 7. */
  readonly id: string;
  readonly kind: DecisionKind;
  /** An address or range in its shortest form (RFC 5952 for IPv6, IPv4-mapped ones as IPv4), or a user's id. */
  readonly target: string;
  /** For `revoke_access`; empty otherwise. */
  readonly resource: string;
  /** For `throttle_address`: requests a minute, from 1; 0 otherwise. */
  readonly perMinute: number;
  readonly from: Instant;
  /** When it ends by itself, by the clock of who enforces it. Every decision ends. */
  readonly until: Instant;
  /** The playbook that asked for it, or `manual`. */
  readonly playbook: string;
  /** The incident that it answers; empty for none. */
  readonly incident: string;
}

/** Where decisions are put so that services hear of them. */
export interface DecisionFeed {
  /**
   * Puts it in force, or in the place of the one of the same id: asked twice, it is there once. False where the feed has
   * already seen a higher `fence` for this id: who asks is late, and nothing has changed.
   */
  put(decision: Decision, fence: number): Promise<boolean>;
  /** Ends it, now. Already ended, or never there, is true as well. False as for `put`. */
  end(id: string, fence: number): Promise<boolean>;
}

/** For `revoke_sessions`, which has no end of its own: no session lasts longer. */
export const longestSession: Millis = 30 * 86_400_000;
