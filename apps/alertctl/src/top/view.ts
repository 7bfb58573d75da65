import { type ListedIncident } from '@therapytrain/alerts-client';
import { severities, severityName } from '@therapytrain/alerts-core';
import { incidentJson, incidentTable } from '../output/incidents.ts';
import { type Paint, severityStyle, type Style } from '../output/paint.ts';
import { safeLine } from '../output/safe-text.ts';
import { type Column, table } from '../output/table.ts';
import { age, localTime, rfc3339 } from '../output/time.ts';
import { cut, widthOf } from '../output/width.ts';
import { type ChannelHealth, type Frame } from './model.ts';

/** What a frame is drawn on. */
export interface Screen {
  readonly columns: number;
  /** Undefined: as many lines as there are. */
  readonly rows: number | undefined;
  readonly paint: Paint;
  readonly address: string;
  /** Why the gateway cannot be asked at the moment; the frame is then an old one. */
  readonly away?: string | undefined;
  /** Said on the last line. */
  readonly hint?: string | undefined;
}

const worstFirst = severities.toReversed();

/** A piece of a line, and how it looks. */
type Piece = readonly [text: string, style?: Style | undefined];

// Cut as plain text, and painted afterwards: a colour is never cut in half.
const lineOf = (pieces: readonly Piece[], { columns, paint }: Screen): string => {
  let left = columns;
  let line = '';
  for (const [text, style] of pieces) {
    if (left <= 0) break;
    const shown = cut(text, left);
    left -= widthOf(shown);
    line += style ? paint(style, shown) : shown;
  }
  return line;
};

const label = (name: string): Piece => [name.padEnd(10), 'dim'];

const perSecond = (rate: number): string => `${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s`;

const number = (value: number): string => value.toLocaleString('en-US');

const reports = ({ status, rates }: Frame): readonly Piece[] => {
  const kinds = ['kept', 'duplicate', 'refused', 'shed'] as const;
  return [
    label('Reports'),
    ...kinds.map((kind): Piece => {
      const isBad = (kind === 'refused' || kind === 'shed') && (rates?.[kind] ?? 0) > 0;
      const much = rates ? perSecond(rates[kind]) : number(status.reports[kind]);
      return [`${much} ${kind}  `, isBad ? 'red' : undefined];
    }),
    [rates ? `(${number(status.reports.kept)} kept in all)` : '(in all)', 'dim'],
  ];
};

// Above these somebody should look: seconds of work, not alerts of a moment.
const manyToPlan = 1_000;
const lateLoop = 200;

const lag = ({ status }: Frame): readonly Piece[] => {
  const { planning, waiting, loopDelay, subscribers, slowest } = status;
  const behind = planning?.lag ?? 0;
  return [
    label('Lag'),
    [`${number(behind)} to plan  `, behind >= manyToPlan ? 'red' : undefined],
    [`${number(waiting)} to keep  ${planning?.busy ?? 0} under way  `],
    [`loop ${Math.round(loopDelay)} ms  `, loopDelay >= lateLoop ? 'red' : undefined],
    [`${subscribers} subscribers`],
    [slowest > 0 ? `, slowest ${number(slowest)} behind` : ''],
  ];
};

const policy = ({ status, at }: Frame): readonly Piece[] => {
  if (!status.policy) return [label('Policy'), ['none: this gateway keeps alerts only']];
  const { version, loadedAt, refused } = status.policy;
  return [
    label('Policy'),
    [`${safeLine(version)}, for ${age(loadedAt, at)}`],
    ...(refused
      ? [[`  ${safeLine(refused.code)} ${age(refused.at, at)} ago: alertctl policy show`, 'red'] satisfies Piece]
      : []),
  ];
};

const open = ({ open: counts, overdue, acknowledged }: Frame): readonly Piece[] => [
  label('Open'),
  ...worstFirst.flatMap((severity): Piece[] => {
    const count = counts.get(severity) ?? 0;
    const text = `${severityName(severity)} ${number(count)}`;
    return [[text, count > 0 ? severityStyle(severity) : 'dim'], ['  ']];
  }),
  [`overdue ${number(overdue)}`, overdue > 0 ? ['bold', 'red'] : 'dim'],
  [`  acknowledged ${number(acknowledged)}`, 'dim'],
];

const healthText = ({ health, breaker }: ChannelHealth): readonly [string, Style] => {
  if (breaker === 'open') return ['breaker open', ['bold', 'red']];
  if (breaker === 'half-open') return ['breaker half-open', 'yellow'];
  switch (health.kind) {
    case 'well':
      return ['well', 'green'];
    case 'busy':
      return ['busy', 'yellow'];
    case 'stuck':
      return [`nothing for ${age(0, health.for)}`, 'red'];
    case 'failing':
      return [`${number(health.more)} given up`, ['bold', 'red']];
  }
};

const channelColumns: readonly Column<ChannelHealth>[] = [
  { title: 'CHANNEL', cell: ({ channel }) => safeLine(channel), shrinksTo: 10 },
  {
    title: 'QUEUE',
    cell: ({ pending }) => number(pending),
    style: ({ pending }) => (pending > 0 ? 'yellow' : undefined),
  },
  { title: 'DEAD', cell: ({ dead }) => number(dead), style: ({ dead }) => (dead > 0 ? 'red' : undefined) },
  { title: 'DELIVERED', cell: ({ delivered }) => number(delivered) },
  { title: 'SUPPRESSED', cell: ({ suppressed }) => number(suppressed), expendable: true },
  {
    title: 'CANARY',
    cell: ({ canaryAge }) => (canaryAge === undefined ? '' : age(0, canaryAge)),
    expendable: true,
  },
  { title: 'HEALTH', cell: (each) => healthText(each)[0], style: (each) => healthText(each)[1] },
];

const trouble = ({ health, breaker, pending, dead }: ChannelHealth): number =>
  (breaker === 'open' || health.kind === 'failing' ? 1e12 : health.kind === 'stuck' ? 1e11 : 0) + pending * 10 + dead;

/** The title line and as many rows as there is room for; where some are left out the last line says how many. */
const fitted = <Row>(
  rows: readonly Row[],
  room: number,
  what: string,
  tableOf: (rows: readonly Row[]) => readonly string[],
  { paint }: Screen,
): readonly string[] => {
  if (rows.length + 1 <= room) return tableOf(rows);
  const shown = rows.slice(0, Math.max(1, room - 2));
  return [...tableOf(shown), paint('dim', `… ${number(rows.length - shown.length)} more ${what}`)];
};

const heading = ({ status, at }: Frame, screen: Screen): readonly Piece[] => [
  ['alert-gateway', 'bold'],
  ...(screen.away === undefined ? [] : [[`  ${safeLine(screen.away)}`, ['bold', 'red']] satisfies Piece]),
  [` ${safeLine(status.version)} at ${safeLine(screen.address)}, up ${age(status.startedAt, status.serverTime)}  `],
  [localTime(at), 'dim'],
];

// Without a terminal there is no last line.
const mostIncidents = 100;
/** With fewer lines than this below the head, channels are left out. */
const leastShared = 9;

/** The lines of one frame; no longer than the screen is wide, no more than it is high. */
export const drawFrame = (frame: Frame, screen: Screen): readonly string[] => {
  const { columns, rows, paint } = screen;
  const head = [heading, reports, lag, policy, open].map((part) => lineOf(part(frame, screen), screen));
  const left = (rows ?? Number.POSITIVE_INFINITY) - head.length - (screen.hint === undefined ? 0 : 1);
  const channels = [...frame.channels].sort((one, other) => trouble(other) - trouble(one));
  const channelTable = (shown: readonly ChannelHealth[]) => table(channelColumns, shown, paint, columns);
  // Incidents get half of what is left at the least, and all of it where that is little.
  const share = left < leastShared ? 0 : Math.max(3, Math.floor(left / 2) - 1);
  const upper =
    channels.length === 0 || share === 0 ? [] : ['', ...fitted(channels, share, 'channels', channelTable, screen)];
  const incidentRows = (shown: readonly ListedIncident[]) => incidentTable(shown, frame.at, paint, columns);
  const lower =
    frame.incidents.length === 0
      ? [paint('dim', 'No incidents are open.')]
      : fitted(frame.incidents, Math.min(mostIncidents, left - upper.length - 1), 'incidents', incidentRows, screen);
  const body = [...upper, '', ...lower].slice(0, Math.max(0, left));
  return [...head, ...body, ...(screen.hint === undefined ? [] : [lineOf([[screen.hint, 'dim']], screen)])];
};

const newestShown = 20;

/** A frame for a program. */
export const frameJson = ({ at, status, rates, channels, incidents, open: counts, overdue, acknowledged }: Frame) => ({
  at: rfc3339(at),
  version: status.version,
  startedAt: rfc3339(status.startedAt),
  reports: status.reports,
  ratesPerSecond: rates ?? null,
  newestSequence: status.newestSequence,
  waiting: status.waiting,
  loopDelayMillis: status.loopDelay,
  subscribers: status.subscribers,
  slowestSubscriber: status.slowest,
  planning: status.planning ?? null,
  policy: status.policy
    ? {
        version: status.policy.version,
        loadedAt: rfc3339(status.policy.loadedAt),
        refused: status.policy.refused?.code ?? null,
      }
    : null,
  open: Object.fromEntries([...counts].map(([severity, count]) => [severityName(severity), count])),
  acknowledged,
  overdue,
  channels: channels.map(({ health, breaker, canaryAge, ...account }) => ({
    ...account,
    health: health.kind,
    breaker: breaker ?? null,
    canaryAgeMillis: canaryAge ?? null,
  })),
  incidents: incidents.slice(0, newestShown).map(incidentJson),
});
