import { type ListedEnforcer } from '@therapytrain/alerts-client';
import { type Decision, type Instant } from '@therapytrain/alerts-core';
import { shortId } from '../full-id.ts';
import { type Paint } from './paint.ts';
import { targetText } from './responses.ts';
import { safeLine } from './safe-text.ts';
import { type Column, table } from './table.ts';
import { age, fromNow, localTime, rfc3339 } from './time.ts';
import { cut } from './width.ts';

/** A decision in the wire's JSON names; times in RFC 3339. */
export const decisionJson = (decision: Decision) => ({
  id: decision.id,
  kind: decision.kind,
  target: decision.target,
  resource: decision.resource,
  perMinute: decision.perMinute,
  startsAt: rfc3339(decision.from),
  endsAt: rfc3339(decision.until),
  playbook: decision.playbook,
  incidentId: decision.incident,
});

const textOf = ({ target: value, resource, perMinute }: Decision): string => {
  const text = targetText({ target: { kind: 'access', value, resource } });
  return perMinute === 0 ? text : `${text} (${perMinute}/min)`;
};

const columns = (now: Instant): readonly Column<Decision>[] => [
  { title: 'ID', cell: ({ id }) => safeLine(shortId(id)) },
  { title: 'KIND', cell: ({ kind }) => kind },
  { title: 'TARGET', cell: textOf, shrinksTo: 10 },
  { title: 'BEGAN', cell: ({ from }) => age(from, now), expendable: true },
  { title: 'ENDS', cell: ({ until }) => fromNow(until, now) },
  { title: 'PLAYBOOK', cell: ({ playbook }) => safeLine(playbook), shrinksTo: 8, expendable: true },
  { title: 'INCIDENT', cell: ({ incident }) => safeLine(shortId(incident)), expendable: true },
];

/** Decisions as a table, in the order in which they come; lines that fit `terminal` columns, if given. */
export const decisionTable = (
  decisions: readonly Decision[],
  now: Instant,
  paint: Paint,
  terminal?: number,
): readonly string[] => table(columns(now), decisions, paint, terminal);

/** What is told of a decision: that it is there, lasts longer, or has ended. */
export type DecisionNews = 'added' | 'extended' | 'ended';

const newsStyles = { added: 'red', extended: 'yellow', ended: 'green' } as const;

/** News of a decision on one line, at a local time. */
export const newsLine = (
  news: DecisionNews,
  decision: Decision,
  now: Instant,
  paint: Paint,
  terminal?: number,
): string => {
  const at = localTime(now);
  const head = `${at}  ${paint(newsStyles[news], news)}${' '.repeat(8 - news.length)}  `;
  const end = news === 'ended' ? '' : `  ends ${fromNow(decision.until, now)}`;
  const plain = `${safeLine(shortId(decision.id))}  ${decision.kind}  ${textOf(decision)}${end}`;
  return head + cut(plain, terminal === undefined ? Number.POSITIVE_INFINITY : terminal - (at.length + 12));
};

/** An enforcer in the wire's JSON names. */
export const enforcerJson = ({ name, kinds, at, isCurrent }: ListedEnforcer) => ({
  name,
  kinds,
  acknowledgedAt: rfc3339(at),
  isCurrent,
});

/** Enforcers as a table. */
export const enforcerTable = (
  enforcers: readonly ListedEnforcer[],
  now: Instant,
  paint: Paint,
  terminal?: number,
): readonly string[] =>
  table(
    [
      { title: 'NAME', cell: ({ name }) => safeLine(name) },
      {
        title: 'UP TO DATE',
        cell: ({ isCurrent }) => (isCurrent ? 'yes' : 'no'),
        style: ({ isCurrent }) => (isCurrent ? 'green' : 'yellow'),
      },
      { title: 'HEARD', cell: ({ at }) => age(at, now) },
      { title: 'KINDS', cell: ({ kinds }) => (kinds.length === 0 ? 'all' : kinds.join(', ')), shrinksTo: 8 },
    ],
    enforcers,
    paint,
    terminal,
  );
