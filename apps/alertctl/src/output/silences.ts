import { type ListedSilence } from '@therapytrain/alerts-client';
import { type Instant, severityName, type Silence } from '@therapytrain/alerts-core';
import { shortId } from '../full-id.ts';
import { type Paint, severityStyle } from './paint.ts';
import { safeLine } from './safe-text.ts';
import { type Column, table } from './table.ts';
import { age, fromNow, rfc3339 } from './time.ts';

/** A silence in the wire's JSON names; times in RFC 3339. */
export const silenceJson = (silence: ListedSilence) => ({
  id: silence.id,
  when: silence.when,
  author: silence.author,
  reason: silence.reason,
  startsAt: rfc3339(silence.from),
  endsAt: rfc3339(silence.until),
  upTo: severityName(silence.upTo),
  createdAt: rfc3339(silence.createdAt),
  hiddenAlerts: silence.hiddenAlerts,
  hiddenIncidents: silence.hiddenIncidents,
});

const columns = (now: Instant): readonly Column<ListedSilence>[] => [
  { title: 'ID', cell: ({ id }) => safeLine(shortId(id)) },
  { title: 'BEGINS', cell: ({ from }) => fromNow(from, now), expendable: true },
  { title: 'ENDS', cell: ({ until }) => fromNow(until, now) },
  { title: 'UP TO', cell: ({ upTo }) => severityName(upTo), style: ({ upTo }) => severityStyle(upTo) },
  { title: 'HIDDEN', cell: ({ hiddenAlerts }) => String(hiddenAlerts) },
  { title: 'OF INCIDENTS', cell: ({ hiddenIncidents }) => String(hiddenIncidents), expendable: true },
  { title: 'AUTHOR', cell: ({ author }) => safeLine(author), shrinksTo: 6 },
  { title: 'REASON', cell: ({ reason }) => safeLine(reason), shrinksTo: 8 },
  { title: 'WHEN', cell: ({ when }) => safeLine(when), shrinksTo: 12 },
];

/** Silences as a table; lines that fit `terminal` columns, if given. */
export const silenceTable = (
  silences: readonly ListedSilence[],
  now: Instant,
  paint: Paint,
  terminal?: number,
): readonly string[] => table(columns(now), silences, paint, terminal);

/** What became of a silence, in one sentence. */
export const silenceLine = ({ id, until, upTo }: Silence, now: Instant): string =>
  until > now
    ? `${safeLine(id)}  holds back notices up to ${severityName(upTo)}; ends in ${age(now, until)}`
    : `${safeLine(id)}  has ended`;
