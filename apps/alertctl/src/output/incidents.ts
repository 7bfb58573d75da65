import { type ListedIncident } from '@therapytrain/alerts-client';
import { type Instant, severityName } from '@therapytrain/alerts-core';
import { shortId } from '../full-id.ts';
import { aligned } from './alerts.ts';
import { type Paint, severityStyle, type Style } from './paint.ts';
import { safeLine } from './safe-text.ts';
import { type Column, table } from './table.ts';
import { age, fromNow, localTime, optionalTime, rfc3339 } from './time.ts';
import { cut } from './width.ts';

const stateStyles: Readonly<Record<ListedIncident['state'], Style>> = {
  OPEN: 'red',
  ACKNOWLEDGED: 'yellow',
  RESOLVED: 'green',
};

/** An incident in the wire's JSON names; times in RFC 3339, null where there is none. */
export const incidentJson = (incident: ListedIncident) => ({
  id: incident.id,
  etag: incident.etag,
  state: incident.state,
  title: incident.title,
  severity: severityName(incident.severity),
  alertCount: incident.count,
  firstSeenAt: rfc3339(incident.firstSeen),
  lastSeenAt: rfc3339(incident.lastSeen),
  openedAt: rfc3339(incident.openedAt),
  updatedAt: rfc3339(incident.updatedAt),
  acknowledgedAt: optionalTime(incident.acknowledgedAt),
  resolvedAt: optionalTime(incident.resolvedAt),
  handledBy: incident.by,
  comment: incident.comment,
  assignee: incident.assignee,
  escalations: incident.escalations,
  toldChannels: incident.told,
  alertType: incident.type,
  alertSource: incident.source,
  acknowledgeBy: optionalTime(incident.acknowledgeBy),
});

/** The state, coloured. */
export const paintedState = ({ state }: ListedIncident, paint: Paint): string => paint(stateStyles[state], state);

/** When it is to be acknowledged, while nobody has: `in 5m`, or `12m ago` once that has passed. */
const due = ({ state, acknowledgeBy }: ListedIncident, now: Instant): string =>
  state === 'OPEN' && acknowledgeBy !== undefined ? fromNow(acknowledgeBy, now) : '';

const dueColumn = (now: Instant): Column<ListedIncident> => ({
  title: 'DUE',
  cell: (incident) => due(incident, now),
  style: ({ acknowledgeBy }) => (acknowledgeBy !== undefined && acknowledgeBy <= now ? 'red' : undefined),
  expendable: true,
});

const columns = (incidents: readonly ListedIncident[], now: Instant): readonly Column<ListedIncident>[] => [
  { title: 'ID', cell: ({ id }) => safeLine(shortId(id)) },
  { title: 'AGE', cell: ({ openedAt }) => age(openedAt, now) },
  {
    title: 'SEVERITY',
    cell: ({ severity }) => severityName(severity),
    style: ({ severity }) => severityStyle(severity),
  },
  { title: 'STATE', cell: ({ state }) => state, style: ({ state }) => stateStyles[state] },
  ...(incidents.some((each) => due(each, now) !== '') ? [dueColumn(now)] : []),
  { title: 'ALERTS', cell: ({ count }) => String(count) },
  { title: 'LAST', cell: ({ lastSeen }) => age(lastSeen, now), expendable: true },
  { title: 'OWNER', cell: ({ assignee, by }) => safeLine(assignee || by), shrinksTo: 6, expendable: true },
  { title: 'SOURCE', cell: ({ source }) => safeLine(source), shrinksTo: 8, expendable: true },
  { title: 'TITLE', cell: ({ title }) => safeLine(title), shrinksTo: 10 },
];

/** Incidents as a table, in the order in which they come; lines that fit `terminal` columns, if given. */
export const incidentTable = (
  incidents: readonly ListedIncident[],
  now: Instant,
  paint: Paint,
  terminal?: number,
): readonly string[] => table(columns(incidents, now), incidents, paint, terminal);

/** All there is to say of one incident, one fact a line. */
export const incidentDetails = (incident: ListedIncident, now: Instant, paint: Paint): readonly string[] => {
  const when = (instant: Instant | undefined): string =>
    instant === undefined ? '' : `${localTime(instant)} (${fromNow(instant, now)})`;
  const facts: readonly (readonly [string, string])[] = [
    ['ID', safeLine(incident.id)],
    ['Title', safeLine(incident.title)],
    ['State', paintedState(incident, paint)],
    ['Severity', paint(severityStyle(incident.severity), severityName(incident.severity))],
    ['Alerts', String(incident.count)],
    ['Type', safeLine(incident.type)],
    ['Source', safeLine(incident.source)],
    ['First seen', when(incident.firstSeen)],
    ['Last seen', when(incident.lastSeen)],
    ['Opened', when(incident.openedAt)],
    ['Acknowledge by', incident.state === 'OPEN' ? when(incident.acknowledgeBy) : ''],
    ['Acknowledged', when(incident.acknowledgedAt)],
    ['Resolved', when(incident.resolvedAt)],
    ['By', safeLine(incident.by)],
    ['Assignee', safeLine(incident.assignee)],
    ['Comment', safeLine(incident.comment)],
    ['Escalations', incident.escalations === 0 ? '' : String(incident.escalations)],
    ['Told', safeLine(incident.told.join(', '))],
    ['Etag', safeLine(incident.etag)],
  ];
  return aligned(
    facts.filter(([, value]) => value !== ''),
    paint,
  );
};

const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - text.length));

/** An incident on one line: when it was changed (local time), severity, state, alerts, id, source, title. */
export const incidentLine = (incident: ListedIncident, now: Instant, paint: Paint, terminal?: number): string => {
  const { severity, state, count, id, source, title, updatedAt, assignee, by } = incident;
  const name = severityName(severity);
  const owner = assignee || by;
  const plain = [
    `${String(count).padStart(6)} alerts`,
    safeLine(shortId(id)),
    safeLine(source),
    safeLine(title),
    ...(owner === '' ? [] : [safeLine(`(${owner})`)]),
  ].join('  ');
  const at = localTime(Math.min(updatedAt, now));
  const head = `${at}  ${paint(severityStyle(severity), name)}${pad('', 8 - name.length)}  ${paint(stateStyles[state], state)}${pad('', 12 - state.length)}  `;
  const room = terminal === undefined ? Number.POSITIVE_INFINITY : terminal - (at.length + 2 + 8 + 2 + 12 + 2);
  return head + cut(plain, room);
};
