import { AlertError, type AlertSeverity, fieldError, type Instant, severityOf } from '@therapytrain/alerts-core';
import { instantOf } from '../instant.ts';

/** What JSON calls an object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** True for what JSON calls an object. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object that a line holds. Throws an `AlertError` without anything of the line. */
export const jsonObject = (line: string): JsonObject => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // The parser's own message quotes the line.
    throw new AlertError('MESSAGE_MALFORMED', 'is not JSON');
  }
  if (isJsonObject(value)) return value;
  throw new AlertError('MESSAGE_MALFORMED', 'is not a JSON object');
};

/** A severity by name, with or without the wire's prefix, or by number; undefined if left out or null. */
export const severityFrom = (value: unknown): AlertSeverity | undefined => {
  if (value === undefined || value === null) return undefined;
  const severity =
    typeof value === 'string' ? severityOf(value.replace(/^ALERT_SEVERITY_/i, '')) : severityNumbers.get(value);
  if (severity !== undefined) return severity;
  throw fieldError([{ field: 'severity', rule: 'is not LOW, MEDIUM, HIGH or CRITICAL' }]);
};

const severityNumbers: ReadonlyMap<unknown, AlertSeverity> = new Map(
  ([1, 2, 3, 4] as const).map((each) => [each, each]),
);

/** An RFC 3339 time; undefined if left out or null. */
export const instantFrom = (value: unknown, field: string): Instant | undefined => {
  if (value === undefined || value === null) return undefined;
  const instant = typeof value === 'string' ? instantOf(value) : undefined;
  if (instant !== undefined) return instant;
  throw fieldError([{ field, rule: 'is not an RFC 3339 time' }]);
};
