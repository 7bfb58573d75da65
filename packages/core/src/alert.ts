import { z } from 'zod';
import { type AlertType, alertTypePattern } from './alert-type.ts';
import { AlertError, fieldError } from './errors.ts';
import { uuidPattern } from './ids.ts';
import { limits } from './limits.ts';
import { type Metadata, metadataFaults } from './metadata.ts';
import type { Instant } from './ports.ts';
import { type AlertSeverity, isSeverity, severities, severityName } from './severity.ts';
import { textFault } from './text.ts';

/** What the name of a source looks like where the source declares it itself: 1 to 64 of a-z, 0-9, `.`, `_` and `-`. */
export const sourcePattern = /^[a-z0-9._-]{1,64}$/;

const traceParentPattern = /^(?:00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})?$/;

/** One report of one thing, kept. */
export interface Alert {
  /** UUID version 7; ids ascend in the order of the log. */
  readonly id: string;
  /** Place in the log, from 1, ascending. 0 until the log has kept it. */
  readonly sequence: number;
  readonly type: AlertType;
  readonly severity: AlertSeverity;
  readonly message: string;
  readonly metadata: Metadata;
  /** The principal that reported it. */
  readonly source: string;
  readonly occurredAt: Instant;
  readonly receivedAt: Instant;
  /** 32 lower-case hexadecimal digits; equal for alerts about the same thing. */
  readonly fingerprint: string;
  /** The reporter's own name for the thing; empty if none was given. */
  readonly dedupKey: string;
  /** W3C `traceparent`; empty if there was none. */
  readonly traceParent: string;
}

const text = (maxBytes: number, lines: 'one' | 'many') =>
  z.string('is not a string').check((ctx) => {
    const fault = textFault(ctx.value, maxBytes, lines);
    if (fault) ctx.issues.push({ code: 'custom', message: fault, input: ctx.value });
  });

const severity = z.custom<AlertSeverity>(
  isSeverity,
  `is not a severity (${severities.map((each) => `${severityName(each)} = ${each}`).join(', ')})`,
);

const metadata = z.custom<Metadata>().check((ctx) => {
  for (const { at, rule } of metadataFaults(ctx.value)) {
    ctx.issues.push({ code: 'custom', message: rule, path: at === undefined ? [] : [at], input: undefined });
  }
});

const firstInstant = Date.parse('0001-01-01T00:00:00Z');
const lastInstant = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * What a reporter says. The schema is the rule and the type; what is left out gets a default when the alert is
 * accepted.
 */
export const alertDraft = z.strictObject(
  {
    requestId: z
      .string('is not a string')
      .regex(uuidPattern, 'is not a UUID in text form')
      .optional()
      .describe('The same id from the same source gets the same answer for ever.'),
    type: z
      .string('is not a string')
      .regex(alertTypePattern, 'is not 1 to 64 of A-Z, 0-9 and _, beginning with a letter'),
    severity: severity.optional().describe('The default of the type, if left out.'),
    message: text(limits.messageBytes, 'many').min(1, 'is empty'),
    metadata: metadata.default({}),
    occurredAt: z
      .int('is not a whole number of milliseconds')
      .min(firstInstant, 'is before the year 1')
      .max(lastInstant, 'is after the year 9999')
      .optional(),
    dedupKey: text(limits.dedupKeyBytes, 'one').default(''),
    traceParent: z
      .string('is not a string')
      .regex(traceParentPattern, 'is not a W3C traceparent of version 00')
      .default(''),
  },
  'is not a map',
);

/** What a reporter may say. */
export type AlertDraft = z.input<typeof alertDraft>;

/** A draft that keeps every rule. */
export type CheckedDraft = z.output<typeof alertDraft>;

const ruleOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code === 'unrecognized_keys') return 'has a key that is not known';
  return issue.code === 'invalid_type' && issue.input === undefined ? 'is required' : issue.message;
};

const fieldOf = ([field = 'alert', ...parts]: readonly PropertyKey[]): string =>
  parts.reduce<string>(
    (path, part) => (typeof part === 'number' ? `${path}[${part}]` : `${path}.${String(part)}`),
    String(field),
  );

const violation = (issue: z.core.$ZodIssue) => ({ field: fieldOf(issue.path), rule: ruleOf(issue) });

const isMatch = (value: unknown, pattern: RegExp): boolean => typeof value === 'string' && pattern.test(value);

const isText = (value: unknown, maxBytes: number, lines: 'one' | 'many'): boolean =>
  typeof value === 'string' && textFault(value, maxBytes, lines) === undefined;

const isInstant = (value: unknown): boolean =>
  Number.isSafeInteger(value) && Number(value) >= firstInstant && Number(value) <= lastInstant;

const draftKeys = new Set(Object.keys(alertDraft.shape));

const hasKnownKeys = (draft: object): boolean => {
  for (const key in draft) if (!draftKeys.has(key)) return false;
  return true;
};

// The rules once more, for the many drafts that keep them all: the schema takes three times as long to say so. What does
// not pass here goes to the schema, which has the last word. test/draft-rules.property.test.ts holds the two equal.
const keepsRules = (draft: AlertDraft): boolean =>
  hasKnownKeys(draft) &&
  isMatch(draft.type, alertTypePattern) &&
  draft.message !== '' &&
  isText(draft.message, limits.messageBytes, 'many') &&
  (draft.requestId === undefined || isMatch(draft.requestId, uuidPattern)) &&
  (draft.severity === undefined || isSeverity(draft.severity)) &&
  (draft.metadata === undefined || metadataFaults(draft.metadata).length === 0) &&
  (draft.occurredAt === undefined || isInstant(draft.occurredAt)) &&
  (draft.dedupKey === undefined || isText(draft.dedupKey, limits.dedupKeyBytes, 'one')) &&
  (draft.traceParent === undefined || isMatch(draft.traceParent, traceParentPattern));

const withDefaults = (draft: AlertDraft): CheckedDraft => ({
  ...draft,
  metadata: draft.metadata ?? {},
  dedupKey: draft.dedupKey ?? '',
  traceParent: draft.traceParent ?? '',
});

/** Checks a draft. Throws an {@link AlertError} `FIELD_INVALID` that names every field and rule, and no value. */
export const checkDraft = (draft: unknown): CheckedDraft => {
  if (typeof draft === 'object' && draft !== null && keepsRules(draft as AlertDraft)) {
    return withDefaults(draft as AlertDraft);
  }
  const checked = alertDraft.safeParse(draft, { reportInput: true });
  if (checked.success) return checked.data;
  throw fieldError(checked.error.issues.map(violation));
};

/** The error for an alert whose encoded form is over the limit. */
export const tooLarge = (bytes: number): AlertError =>
  new AlertError('ALERT_TOO_LARGE', `the alert is ${bytes} bytes encoded, more than ${limits.alertBytes}`, {
    facts: { limit: String(limits.alertBytes) },
  });
