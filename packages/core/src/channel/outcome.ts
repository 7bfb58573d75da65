import type { Millis } from '../ports.ts';

/**
 * Why an attempt ended as it did: the closed list behind `Outcome.reason`, each with the kind it belongs to and its
 * meaning. Metrics carry it as a label, and people read it in the list of deliveries.
 */
export const outcomeReasons = {
  unreachable: ['retry', 'The peer could not be reached, or the connection failed before anything was sent.'],
  timed_out: ['retry', 'Time ran out before anything was sent that could have an effect.'],
  throttled: ['retry', 'The peer asked for less, now.'],
  peer_failed: ['retry', 'The peer said that it failed, and that trying again may help.'],
  partial: ['retry', 'Some recipients have it; the others are tried again, alone.'],
  cancelled: ['retry', 'We gave the attempt up before anything was sent that could have an effect.'],
  refused: ['reject', 'The peer will never take this notice.'],
  too_large: ['reject', 'The notice is too large for the peer, and was not cut further.'],
  unknown_target: ['reject', 'What the notice was for (recipient, conversation, path) is not there.'],
  gone: ['reject', 'The target was withdrawn by its owner; deliveries to it should end.'],
  credentials: ['misconfigured', 'The peer does not accept our credentials.'],
  permission: ['misconfigured', 'The credentials are good, but do not allow this.'],
  unsafe_address: ['misconfigured', 'The address is one that we must not call, or a reply pointed elsewhere.'],
  insecure: ['misconfigured', 'The connection cannot be made as safe as the options demand.'],
  bad_options: ['misconfigured', 'An option cannot work with this peer.'],
  answer_lost: ['ambiguous', 'The notice was sent, and the connection ended before the answer.'],
  answer_late: ['ambiguous', 'The notice was sent, and no answer came in time.'],
  answer_unreadable: ['ambiguous', 'The notice was sent, and the answer could not be understood.'],
} as const satisfies Record<string, readonly [kind: 'retry' | 'reject' | 'misconfigured' | 'ambiguous', why: string]>;

/** One of the closed list of reasons. */
export type OutcomeReason = keyof typeof outcomeReasons;

type ReasonOf<K extends string> = {
  [R in OutcomeReason]: (typeof outcomeReasons)[R][0] extends K ? R : never;
}[OutcomeReason];

/** How it may go for a recipient, in the order of their numbers on the wire, from 1. */
export const recipientStates = ['accepted', 'deferred', 'refused'] as const;

/** How it went for one of several recipients, by its place in the options: an outcome holds no address. */
export interface RecipientOutcome {
  /** Place among the channel's recipients, from 0. */
  readonly at: number;
  readonly state: (typeof recipientStates)[number];
  /** The peer's code for it, such as `250` or `550 5.1.1`. */
  readonly code?: string;
}

interface Told {
  /** A few words that are safe to show and log: the peer's code, never its text, an address, a secret or a payload. */
  readonly detail: string;
  /** Each recipient, where there are several. */
  readonly recipients?: readonly RecipientOutcome[];
}

/** The peer has taken the notice. */
export interface Done {
  readonly kind: 'done';
  /** The peer's name for what it made of it, to update it or to answer in its thread. Opaque; safe to store. */
  readonly ref?: string;
  /** What the peer said that proves it: a queue id, a status, a message id. Safe to show. */
  readonly proof?: string;
  readonly recipients?: readonly RecipientOutcome[];
}

/** Not taken; the same attempt may succeed later. */
export interface Retry extends Told {
  readonly kind: 'retry';
  readonly reason: ReasonOf<'retry'>;
  /** How long the peer asked us to wait, in milliseconds; undefined if it did not say. */
  readonly after?: Millis;
  /** What must pause until then, where it is more than this delivery: a name that is equal for all that share it. */
  readonly scope?: string;
  /** What the next attempt must be given back as `Attempt.progress`, so that nobody is told twice. */
  readonly progress?: string;
}

/** Never to be tried again as it is. */
export interface Reject extends Told {
  readonly kind: 'reject';
  readonly reason: ReasonOf<'reject'>;
}

/** No attempt can succeed until a person mends the configuration; the notice is kept, and told another way. */
export interface Misconfigured extends Told {
  readonly kind: 'misconfigured';
  readonly reason: ReasonOf<'misconfigured'>;
  readonly progress?: string;
}

/** It may have been taken. Tried again with the same key, and with `Attempt.doubtful`. */
export interface Ambiguous extends Told {
  readonly kind: 'ambiguous';
  readonly reason: ReasonOf<'ambiguous'>;
  readonly progress?: string;
}

/** How one attempt ended. A value: whatever a peer does is one of these, and never a throw. */
export type Outcome = Done | Retry | Reject | Misconfigured | Ambiguous;

/** Makes the outcome of a reason; the reason decides the kind. */
export const outcomeOf = <R extends OutcomeReason>(
  reason: R,
  detail: string,
  more: Omit<Extract<Outcome, { readonly reason: unknown }>, 'kind' | 'reason' | 'detail'> &
    Pick<Retry, 'after' | 'scope' | 'progress'> = {},
): Extract<Outcome, { readonly kind: (typeof outcomeReasons)[R][0] }> =>
  ({ kind: outcomeReasons[reason][0], reason, detail, ...more }) as unknown as Extract<
    Outcome,
    { readonly kind: (typeof outcomeReasons)[R][0] }
  >;
