/**
 * Why something was refused: the closed list behind `ErrorInfo.reason`. Each stands in {@link alertErrorCodes} with its
 * gRPC status and meaning, and docs/errors.md is printed from there.
 */
export const alertErrorCodes = {
  MESSAGE_MALFORMED: ['INVALID_ARGUMENT', 'The bytes are not a well-formed message of this type.', false],
  FIELD_INVALID: ['INVALID_ARGUMENT', 'A field breaks its rule; the violations name field and rule.', false],
  ALERT_TOO_LARGE: ['INVALID_ARGUMENT', 'The alert is larger than 64 KiB encoded.', false],
  BATCH_INVALID: ['INVALID_ARGUMENT', 'A batch holds no alert, or more than 256.', false],
  SOURCE_INVALID: ['INVALID_ARGUMENT', 'The declared source is not 1 to 64 of a-z, 0-9, ".", "_" and "-".', false],
  FILTER_INVALID: ['INVALID_ARGUMENT', 'The filter is not a boolean CEL expression over an alert.', false],
  CURSOR_INVALID: ['INVALID_ARGUMENT', 'The cursor is not one of this gateway, or belongs to another filter.', false],
  PAGE_TOKEN_INVALID: ['INVALID_ARGUMENT', 'The page token is not one of this gateway, or of another filter.', false],
  POLICY_INVALID: ['INVALID_ARGUMENT', 'The policy breaks its schema; the message says where.', false],
  ALERT_NOT_FOUND: ['NOT_FOUND', 'No alert of this id is kept.', false],
  REQUEST_ID_REUSED: ['ALREADY_EXISTS', 'The request id was used before, for an alert with another content.', false],
  INCIDENT_NOT_FOUND: ['NOT_FOUND', 'No incident of this id is known.', false],
  SILENCE_NOT_FOUND: ['NOT_FOUND', 'No silence of this id is known.', false],
  RESPONSE_NOT_FOUND: ['NOT_FOUND', 'No response of this id is known.', false],
  RESPONSE_NOT_OPEN: ['FAILED_PRECONDITION', 'The response is not in a state in which this can be done.', false],
  OWN_APPROVAL: ['PERMISSION_DENIED', 'Nobody approves what they caused, nor the same response twice.', false],
  UNAUTHENTICATED: ['UNAUTHENTICATED', 'The caller did not prove who it is.', false],
  ISSUER_UNAVAILABLE: ['UNAVAILABLE', 'The keys by which the token is checked cannot be had now.', true],
  TOKEN_NOT_FOUND: ['NOT_FOUND', 'No token of this id is known.', false],
  PERMISSION_DENIED: [
    'PERMISSION_DENIED',
    'The caller may not do this; the message names the scope that it lacks.',
    false,
  ],
  CONFLICT: ['ABORTED', 'It was changed by somebody else since it was read; read it again.', false],
  AUDIT_ENTRY_NOT_FOUND: ['NOT_FOUND', 'No entry of the audit log that is published is this one.', false],
  AUDIT_UNAVAILABLE: ['UNAVAILABLE', 'The audit log cannot be written now; no response is made until it can.', true],
  AUDIT_BROKEN: [
    'DATA_LOSS',
    'The audit log is not what its checkpoint says, or a proof does not hold; the message says where.',
    false,
  ],
  CURSOR_EXPIRED: ['OUT_OF_RANGE', 'Alerts after the cursor are past their retention.', false],
  OVERLOADED: ['RESOURCE_EXHAUSTED', 'There is more to do than can be done in time; the least severe go first.', true],
  DISK_FULL: ['RESOURCE_EXHAUSTED', 'There is no space left to keep the alert; reads go on.', true],
  SUBSCRIBER_TOO_SLOW: [
    'RESOURCE_EXHAUSTED',
    'The subscriber took nothing for too long; resume with its cursor.',
    true,
  ],
  STORE_UNAVAILABLE: ['UNAVAILABLE', 'The alert could not be kept; it may be sent again.', true],
  STORE_LOCKED: ['FAILED_PRECONDITION', 'Another process has the data directory open.', false],
  DRAINING: ['UNAVAILABLE', 'The gateway is about to stop; another one, or the same one later, will answer.', true],
  DEADLINE_EXCEEDED: ['DEADLINE_EXCEEDED', 'There was no answer in time; the report may have been kept.', true],
  CANCELLED: ['CANCELLED', 'The caller gave up.', false],
  GATEWAY_UNAVAILABLE: ['UNAVAILABLE', 'The gateway could not be reached.', true],
  SPOOL_FULL: ['RESOURCE_EXHAUSTED', 'The gateway is away and the spool has no room for this alert.', true],
  NOT_CONFIGURED: ['FAILED_PRECONDITION', 'What the call needs was not configured.', false],
  CLOSED: ['FAILED_PRECONDITION', 'The object was closed before the call.', false],
  COVERAGE_LOST: [
    'FAILED_PRECONDITION',
    'Some alerts would no longer reach somebody; this must be accepted explicitly.',
    false,
  ],
  NOTIFICATION_FAILED: [
    'FAILED_PRECONDITION',
    'A channel did not take a notice; the message says why, by reason.',
    false,
  ],
  DEFECT: ['INTERNAL', 'A defect of ours; the log of the gateway has it under the trace id.', false],
} as const satisfies Record<string, readonly [status: string, meaning: string, retry: boolean]>;

/** One of the closed list of reasons. */
export type AlertErrorCode = keyof typeof alertErrorCodes;

/** One field that breaks one rule. Never holds the value. */
export interface FieldViolation {
  /**
   * The path of the field, e.g. `metadata.userId`. A metadata key that no built-in type declares is told by its place
   * (`metadata[2]` is the third key): a caller may have put a person's data there.
   */
  readonly field: string;
  /** The rule it breaks, as a sentence without the value. */
  readonly rule: string;
}

/** What an {@link AlertError} may carry beside code and message. */
export interface AlertErrorDetails {
  readonly violations?: readonly FieldViolation[];
  /** Milliseconds after which it makes sense to try again. */
  readonly retryAfter?: number;
  /** Bounded facts for programs, e.g. a limit. Never a value of an alert. */
  readonly facts?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

const marker = Symbol.for('therapytrain.alerts.AlertError');

/**
 * What a caller did wrong, or what we cannot do for it now. The message never holds a value of an alert, an address or
 * a secret, so it may be shown and logged. `cause` is for our own log and never sent.
 */
export class AlertError extends Error {
  override readonly name = 'AlertError';
  readonly code: AlertErrorCode;
  readonly violations: readonly FieldViolation[];
  readonly retryAfter: number | undefined;
  readonly facts: Readonly<Record<string, string>>;

  constructor(code: AlertErrorCode, message: string, details: AlertErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.violations = details.violations ?? [];
    this.retryAfter = details.retryAfter;
    this.facts = details.facts ?? {};
    Object.defineProperty(this, marker, { value: true });
  }

  /** Two copies of this package agree on what an AlertError is. */
  static override [Symbol.hasInstance](value: unknown): value is AlertError {
    return typeof value === 'object' && value !== null && marker in value;
  }

  /** True where the same call may succeed later. */
  get retryable(): boolean {
    return alertErrorCodes[this.code][2];
  }
}

/** The error for fields that break their rules; names each field and rule. */
export const fieldError = (violations: readonly FieldViolation[]): AlertError => {
  const shown = violations.slice(0, 3).map(({ field, rule }) => `${field}: ${rule}`);
  const more = violations.length > 3 ? ` (and ${violations.length - 3} more)` : '';
  return new AlertError('FIELD_INVALID', `${shown.join('; ')}${more}`, { violations: violations.slice(0, 32) });
};
