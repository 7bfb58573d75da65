/** Why there is no reply: the closed list behind `HttpFailure.reason`, each with its meaning. */
export const httpFailureReasons = {
  unsafe_address: 'The URL, or an address that its host resolves to, must not be called.',
  unsendable: 'The request cannot be sent as it is: a header that is none, or no URL.',
  too_large: 'The body is larger than what may be sent.',
  unresolved: 'No address was found for the host.',
  unreachable: 'No connection could be made, or it ended before anything was sent.',
  insecure: 'The connection cannot be made safe: the certificate, its name, or TLS itself.',
  late: 'Time ran out.',
  cancelled: 'The caller gave up, or the door was closed.',
  lost: 'The connection ended before the reply.',
  unreadable: 'What came back is not HTTP.',
} as const;

/** One of the closed list of reasons. */
export type HttpFailureReason = keyof typeof httpFailureReasons;

/** Whether anything of the request can have reached the peer. */
export type HttpStage = 'before sending' | 'after sending';

/** A reply of the peer, of whatever status. */
export interface HttpReply {
  readonly kind: 'reply';
  readonly status: number;
  /** Those that were asked for, and `retry-after` and `date`; by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** As UTF-8; no more than was allowed. */
  readonly body: string;
  /** False if the body is longer, or did not come to its end in time. */
  readonly whole: boolean;
}

/** No reply. Holds nothing of the request or of what came back. */
export interface HttpFailure {
  readonly kind: 'failure';
  readonly reason: HttpFailureReason;
  readonly stage: HttpStage;
  /** What is at fault, in a few words that are safe to show: a rule, or a code of Node. Never an address. */
  readonly detail: string;
}

/** How one request ended. A value, whatever the peer does. */
export type HttpAnswer = HttpReply | HttpFailure;

/** Makes a failure. */
export const failureOf = (reason: HttpFailureReason, stage: HttpStage, detail: string): HttpFailure => ({
  kind: 'failure',
  reason,
  stage,
  detail,
});
