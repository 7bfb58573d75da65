import { InvalidArgumentError } from 'commander';
import {
  type AlertSeverity,
  alertTypePattern,
  duration,
  type Instant,
  type Metadata,
  type MetadataValue,
  type Millis,
  severities,
  severityName,
  severityOf,
  uuidPattern,
} from '@therapytrain/alerts-core';
import { instantOf } from './instant.ts';

/** The names of the severities, least severe first. */
export const severityNames: readonly string[] = severities.map(severityName);

/** A severity by its name, in any case. */
export const severityArgument = (text: string): AlertSeverity => {
  const severity = severityOf(text);
  if (severity === undefined) throw new InvalidArgumentError(`It must be one of ${severityNames.join(', ')}.`);
  return severity;
};

/** An alert type. */
export const typeArgument = (text: string): string => {
  if (alertTypePattern.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 64 of A-Z, 0-9 and _, beginning with a letter, e.g. AUTH_FAILURE.');
};

/** `key=value`, added to those before; the value as JSON where it is JSON, and as text where it is not. */
export const metadataArgument = (text: string, before: Metadata = {}): Metadata => {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be key=value, e.g. userId=u-17 or attempts=3.');
  // Not by assignment: the key may be __proto__, which is the check's to refuse.
  return Object.fromEntries([...Object.entries(before), [text.slice(0, at), valueOf(text.slice(at + 1))]]);
};

const valueOf = (text: string): MetadataValue => {
  try {
    return JSON.parse(text) as MetadataValue;
  } catch {
    return text;
  }
};

/** An RFC 3339 time. */
export const instantArgument = (text: string): Instant => {
  const instant = instantOf(text);
  if (instant === undefined) throw new InvalidArgumentError('It must be an RFC 3339 time, e.g. 2026-11-24T07:12:03Z.');
  return instant;
};

/** A span such as `10m`. */
export const durationArgument = (text: string): Millis => {
  const span = duration().safeParse(text);
  if (span.success) return span.data;
  throw new InvalidArgumentError('It must be a whole number with a unit (ms, s, m, h, d), e.g. 10m.');
};

/** Where to begin: so long ago, or at a time. */
export type Since = { readonly ago: Millis } | { readonly at: Instant };

/** A span before now, or an RFC 3339 time. */
export const sinceArgument = (text: string): Since => {
  const at = instantOf(text);
  if (at !== undefined) return { at };
  const ago = duration().safeParse(text);
  if (ago.success) return { ago: ago.data };
  throw new InvalidArgumentError('It must be a span before now, e.g. 10m, or an RFC 3339 time.');
};

/** A whole number within bounds. */
export const countArgument =
  (least: number, most: number) =>
  (text: string): number => {
    const count = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (count >= least && count <= most) return count;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };

/** A UUID in text form. */
export const uuidArgument = (text: string): string => {
  if (uuidPattern.test(text)) return text;
  throw new InvalidArgumentError('It must be a UUID in text form, e.g. 0193f1c2-7b2a-7c3d-8e4f-5a6b7c8d9e0f.');
};

/** Who reports. */
export const sourceArgument = (text: string): string => {
  if (/^[a-z0-9._-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 64 of a-z, 0-9, ".", "_" and "-".');
};
