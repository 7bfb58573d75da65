import {
  type Alert,
  builtInAlertTypes,
  type Instant,
  type MetadataValue,
  severityName,
} from '@therapytrain/alerts-core';
import { type Paint, severityStyle } from './paint.ts';
import { safeLine } from './safe-text.ts';
import { type Column, table } from './table.ts';
import { age, localTime, rfc3339 } from './time.ts';
import { cut, widthOf } from './width.ts';

/** An alert in the wire's JSON names; severity by its name, times in RFC 3339. */
export const alertJson = (alert: Alert) => ({
  id: alert.id,
  sequence: alert.sequence,
  type: alert.type,
  severity: severityName(alert.severity),
  message: alert.message,
  metadata: alert.metadata,
  source: alert.source,
  occurredAt: rfc3339(alert.occurredAt),
  receivedAt: rfc3339(alert.receivedAt),
  fingerprint: alert.fingerprint,
  dedupKey: alert.dedupKey,
  traceParent: alert.traceParent,
});

/** A metadata value as safe text on one line; a string without quotes where it is one plain word. */
export const valueText = (value: MetadataValue): string =>
  safeLine(typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value));

const shownOfUndeclared = 4;

/** What one line has room for: the keys that the type declares, in its order; of another type the first few. */
const keyMetadata = ({ type, metadata }: Alert): readonly (readonly [string, MetadataValue])[] => {
  const declared = Object.hasOwn(builtInAlertTypes, type) ? builtInAlertTypes[type]?.metadata : undefined;
  if (!declared) return Object.entries(metadata).slice(0, shownOfUndeclared);
  return Object.keys(declared).flatMap((key) => {
    const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
    return value === undefined ? [] : [[key, value] as const];
  });
};

const typeWidth = Math.max(...Object.keys(builtInAlertTypes).map((type) => type.length));

/**
 * An alert on one line: when it happened (local time), severity, type, source, message, key metadata. Never longer than
 * `columns`, if given; never more than one line.
 */
export const alertLine = (alert: Alert, paint: Paint, columns?: number): string => {
  const severity = severityName(alert.severity);
  const painted = paint(severityStyle(alert.severity), severity) + ' '.repeat('CRITICAL'.length - severity.length);
  const head = `${localTime(alert.occurredAt)}  ${painted}  `;
  const facts = keyMetadata(alert).map(([key, value]) => `${safeLine(key)}=${valueText(value)}`);
  const tail = [safeLine(alert.type).padEnd(typeWidth), safeLine(alert.source), safeLine(alert.message)].join('  ');
  const room = columns === undefined ? Number.POSITIVE_INFINITY : columns - headWidth;
  const left = room - widthOf(tail);
  if (facts.length === 0 || left < minimumFacts) return head + cut(tail, room);
  return `${head}${tail}  ${paint('dim', cut(facts.join(' '), left - 2))}`;
};

const headWidth = '2026-11-24 07:12:03  CRITICAL  '.length;
const minimumFacts = 8;

const columns = (now: Instant): readonly Column<Alert>[] => [
  { title: 'AGE', cell: ({ occurredAt }) => age(occurredAt, now) },
  {
    title: 'SEVERITY',
    cell: ({ severity }) => severityName(severity),
    style: ({ severity }) => severityStyle(severity),
  },
  { title: 'TYPE', cell: ({ type }) => safeLine(type) },
  { title: 'SOURCE', cell: ({ source }) => safeLine(source), shrinksTo: 8, expendable: true },
  { title: 'MESSAGE', cell: ({ message }) => safeLine(message), shrinksTo: 10 },
  { title: 'ID', cell: ({ id }) => safeLine(id) },
];

/** Alerts as a table, newest as they come; lines that fit `terminal` columns, if given. */
export const alertTable = (
  alerts: readonly Alert[],
  now: Instant,
  paint: Paint,
  terminal?: number,
): readonly string[] => table(columns(now), alerts, paint, terminal);

/** All there is to say of one alert, one fact a line. */
export const alertDetails = (alert: Alert, now: Instant, paint: Paint): readonly string[] => {
  const when = (instant: Instant): string => `${localTime(instant)} (${age(instant, now)} ago)`;
  const facts: readonly (readonly [string, string])[] = [
    ['ID', safeLine(alert.id)],
    ['Sequence', String(alert.sequence)],
    ['Severity', paint(severityStyle(alert.severity), severityName(alert.severity))],
    ['Type', safeLine(alert.type)],
    ['Source', safeLine(alert.source)],
    ['Occurred', when(alert.occurredAt)],
    ['Received', when(alert.receivedAt)],
    ['Fingerprint', safeLine(alert.fingerprint)],
    ['Dedup key', safeLine(alert.dedupKey)],
    ['Trace', safeLine(alert.traceParent)],
  ];
  return [
    ...aligned(
      facts.filter(([, value]) => value !== ''),
      paint,
    ),
    paint('dim', 'Message:'),
    ...alert.message.split('\n').map((line) => `  ${safeLine(line)}`),
    ...metadataLines(alert, paint),
  ];
};

const metadataLines = ({ metadata }: Alert, paint: Paint): readonly string[] => {
  const facts = Object.entries(metadata).map(([key, value]) => [safeLine(key), valueText(value)] as const);
  if (facts.length === 0) return [];
  return [paint('dim', 'Metadata:'), ...aligned(facts, paint).map((line) => `  ${line}`)];
};

/** Names and values one below the other, the values aligned. Both must be safe. */
export const aligned = (facts: readonly (readonly [string, string])[], paint: Paint): readonly string[] => {
  const width = facts.reduce((most, [name]) => Math.max(most, widthOf(name)), 0);
  return facts.map(([name, value]) => `${paint('dim', `${name}:`)}${' '.repeat(width - widthOf(name) + 1)}${value}`);
};
