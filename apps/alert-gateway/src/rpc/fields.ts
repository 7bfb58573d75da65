import {
  AlertError,
  type AlertSeverity,
  type FieldViolation,
  fieldError,
  type Ids,
  type Instant,
  isSeverity,
  limits,
  textFault,
  uuidPattern,
} from '@therapytrain/alerts-core';
import type { Command } from '@therapytrain/alerts-manager';

/** What is wrong with one field; undefined if nothing is. */
export type Fault = FieldViolation | undefined;

/** The bounds of what people write. They are part of the contract: proto/ states them too. */
const bounds = {
  comment: 2_000,
  reason: 2_000,
  assignee: 128,
  channel: 128,
  playbook: 128,
  when: limits.filterBytes,
} as const;

/** Throws `FIELD_INVALID` with all the faults there are. */
export const check = (...faults: readonly Fault[]): void => {
  const found = faults.filter((fault) => fault !== undefined);
  if (found.length > 0) throw fieldError(found);
};

/** The error with the fields that it names under other names: the desk has names of its own for some parts of a command. */
export const inContractNames = (error: unknown, names: Readonly<Record<string, string>>): unknown => {
  if (!(error instanceof AlertError) || error.code !== 'FIELD_INVALID') return error;
  return fieldError(error.violations.map(({ field, rule }) => ({ field: names[field] ?? field, rule })));
};

/** A UUID that must be there. */
export const idFault = (field: string, value: string): Fault =>
  uuidPattern.test(value) ? undefined : { field, rule: 'is not a UUID in text form' };

/** A UUID, or nothing. */
export const optionalIdFault = (field: string, value: string): Fault =>
  value === '' ? undefined : idFault(field, value);

/** A text within the bounds of its field; one line or many. */
export const writtenFault = (field: keyof typeof bounds, value: string, needed = false): Fault => {
  if (needed && value.trim() === '') return { field, rule: 'is required' };
  const lines = field === 'assignee' || field === 'channel' || field === 'playbook' ? 'one' : 'many';
  const rule = textFault(value, bounds[field], lines);
  return rule === undefined ? undefined : { field, rule };
};

const etagPattern = /^[1-9]\d{0,14}$/;

/** The etag of an incident, or nothing. */
export const etagFault = (value: string): Fault =>
  value === '' || etagPattern.test(value) ? undefined : { field: 'etag', rule: 'is not the etag of an incident' };

/** A severity, or what is taken for one that was not said. */
export const severityOr = (field: string, value: number, usual: AlertSeverity): AlertSeverity => {
  if (value === 0) return usual;
  if (isSeverity(value)) return value;
  throw fieldError([{ field, rule: 'is not a severity' }]);
};

/** The names of some values of an enum, each once. Throws `FIELD_INVALID` for one that has none. */
export const namesOf = <T extends string>(
  field: string,
  values: readonly number[],
  names: readonly T[],
): readonly T[] => {
  const known = new Map(names.map((name, at) => [at + 1, name]));
  return [...new Set(values)].map((value) => {
    const name = known.get(value);
    if (name === undefined) throw fieldError([{ field, rule: 'has a value that is not known' }]);
    return name;
  });
};

/** Who asks, and under which id; a new one where the caller gave none. */
export const commandOf = (requestId: string, by: string, ids: Ids): Command => ({
  by,
  request: requestId === '' ? ids.next() : requestId.toLowerCase(),
});

const firstInstant = Date.parse('0001-01-01T00:00:00Z');
const lastInstant = Date.parse('9999-12-31T23:59:59.999Z');

/** A time. Throws `FIELD_INVALID` for what is no date at all, which is NaN here, and for one that is out of range. */
export const instantOf = (field: string, date: Date): Instant => {
  const instant = date.getTime();
  if (instant >= firstInstant && instant <= lastInstant) return instant;
  throw fieldError([{ field, rule: 'is not a time from the year 1 to 9999' }]);
};
