import { type AlertSeverity, type Instant, severityName } from '@therapytrain/alerts-core';
import { type Clearance, cut, escapeSlack, type Notice, type NoticeAlert } from '@therapytrain/alerts-core/channel';
import { type ApprovalButtons, approvalButtons } from './approval-buttons.ts';
import { type Block, context, fields, line, link, list, plain, quote, rich } from './blocks.ts';

/** The operator's own words for a notice, in Slack's mrkdwn, with what came from alerts escaped. */
export interface Words {
  render(notice: Notice<Clearance>): string | undefined;
}

/** What is posted: its words for notifications and screen readers, what is seen, and what a program finds it by. */
export interface Message {
  readonly text: string;
  readonly blocks: readonly (Block | ApprovalButtons)[];
  readonly metadata: {
    readonly event_type: 'therapytrain_alert';
    readonly event_payload: Readonly<Record<string, string>> & { readonly delivery_id: string };
  };
}

type AnyNotice = Notice<Clearance>;
type AnyAlert = NoticeAlert<Clearance>;

/**
 * The longest text and blocks together, as JSON. Slack refuses near 13,200 characters, below all of its published
 * limits (slackapi/bolt-js#2509).
 */
export const budget = 12_000;

/** How much is shown; the numbers are UTF-16 code units where they bound text. */
interface Level {
  readonly message: number;
  readonly facts: number;
  readonly fact: number;
  readonly others: number;
  readonly line: number;
  readonly comment: number;
  readonly text: number;
  readonly ask: number;
}

// Shorten, then sum up, then leave it to the link. The last fits whatever the notice is.
const levels: readonly [Level, ...Level[]] = [
  { message: 3_000, facts: 10, fact: 300, others: 10, line: 300, comment: 1_000, text: 1_500, ask: 150 },
  { message: 1_500, facts: 10, fact: 150, others: 10, line: 120, comment: 500, text: 800, ask: 150 },
  { message: 800, facts: 6, fact: 100, others: 5, line: 100, comment: 300, text: 500, ask: 100 },
  { message: 300, facts: 0, fact: 0, others: 0, line: 0, comment: 100, text: 300, ask: 60 },
];

// A mark to be found by in a busy channel. The word is always beside it, so nothing depends on the colour.
const marks: Readonly<Record<AlertSeverity, string>> = { 1: '🔵', 2: '🟡', 3: '🟠', 4: '🔴' };

const longestWords = 3_000;
// Longer than any address that the gateway makes; Slack takes 3,000.
const longestLink = 1_500;
const longestShownLink = 300;

// Slack's own form of dates is not read in plain text, so all readers see the same: UTC.
const timeOf = (at: Instant): string =>
  Math.abs(at) <= 8.64e15 ? `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC` : 'at an unknown time';

const short = (url: string | undefined): string | undefined =>
  url !== undefined && url.length <= longestLink ? url : undefined;

const linkOf = ({ link: url }: AnyNotice): string | undefined => short(url);

const incidentBlocks = ({ incident, owner }: AnyNotice, { comment }: Level): readonly Block[] => {
  if (!incident) return [];
  const { state, count, firstSeen, lastSeen, by, comment: said } = incident;
  return [
    ...fields([
      ['State', by === undefined ? state : `${state} (${by})`],
      ['Alerts', String(count)],
      ['First seen', timeOf(firstSeen)],
      ['Last seen', timeOf(lastSeen)],
      ...(owner === undefined ? [] : [['Owner', owner] as const]),
    ]),
    ...(said === undefined ? [] : rich(quote(cut(said, comment)))),
  ];
};

const wholeAlert = (alert: AnyAlert, level: Level): readonly Block[] => {
  const { title, message, facts, source, occurredAt, id, withheld } = alert;
  const shown = facts.slice(0, level.facts);
  const left = facts.length - shown.length;
  return [
    ...rich(line(`${title}\n`, cut(message, level.message))),
    ...fields(shown.map(({ label, text }) => [cut(label, 80), cut(text, level.fact)])),
    ...context([
      cut(source, 128),
      timeOf(occurredAt),
      cut(id, 64),
      left > 0 ? `${left} more values` : '',
      withheld > 0 ? `${withheld} values withheld` : '',
    ]),
  ];
};

const alertLine = ({ severity, title, message, source, occurredAt }: AnyAlert, max: number) =>
  line(
    `${severityName(severity)} ${cut(title, 80)}`,
    ` ${cut(message.replaceAll('\n', ' '), max)} (${cut(source, 64)}, ${timeOf(occurredAt)})`,
  );

const alertBlocks = ({ event, alerts, total }: AnyNotice, level: Level): readonly Block[] => {
  const whole = event === 'digest' ? [] : alerts.slice(0, 1);
  const lines = alerts.slice(whole.length).slice(0, level.others);
  const left = total - whole.length - lines.length;
  return [
    ...whole.flatMap((alert) => wholeAlert(alert, level)),
    ...rich(list(lines.map((alert) => alertLine(alert, level.line)))),
    ...context([left > 0 ? `and ${left} more` : '']),
  ];
};

const wordBlocks = (text: string): readonly Block[] => [
  { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } },
];

// What more is asked is in the incident's comment, with the ids for `alertctl responses`.
const mostAsks = 3;

const askBlocks = ({ asks = [] }: AnyNotice, { ask }: Level): Message['blocks'] =>
  asks.slice(0, mostAsks).flatMap(({ id, text }) => {
    const summary = cut(text, ask);
    return [...rich(line('', summary)), approvalButtons({ response: id, summary })];
  });

const blocksOf = (notice: AnyNotice, level: Level, words: string): Message['blocks'] => {
  const url = linkOf(notice);
  const runbook = short(notice.runbook);
  return [
    { type: 'header', text: plain(cut(`${marks[notice.severity]} ${notice.headline}`, 150)) },
    ...(words === '' ? [...incidentBlocks(notice, level), ...alertBlocks(notice, level)] : wordBlocks(words)),
    ...askBlocks(notice, level),
    ...(runbook === undefined ? [] : rich(link(runbook, 'What to do: the runbook'))),
    ...(url === undefined ? [] : rich(link(url, notice.incident ? 'Open the incident' : 'Read more'))),
    ...context([notice.incident ? `incident ${cut(notice.incident.id, 128)}` : '', timeOf(notice.at)]),
  ];
};

const textOf = (notice: AnyNotice, { text }: Level): string => {
  const { incident, alerts, headline } = notice;
  const [first] = notice.event === 'digest' ? [] : alerts;
  const by = incident?.by === undefined ? '' : ` (${incident.by})`;
  const lines = [
    incident && `${incident.state}${by}, ${incident.count} alerts`,
    first && `${first.title}: ${first.message}`,
  ];
  const url = linkOf(notice) ?? '';
  // Headline and link are bounded already, and are of no use when they are cut.
  const parts = [headline, cut(lines.filter(Boolean).join('\n'), text), url.length <= longestShownLink ? url : ''];
  return escapeSlack(parts.filter(Boolean).join('\n'));
};

const metadataOf = ({ event, incident }: AnyNotice, key: string): Message['metadata'] => ({
  event_type: 'therapytrain_alert',
  event_payload: { delivery_id: key, event, ...(incident && { incident: cut(incident.id, 128) }) },
});

/**
 * The message of a notice, for the delivery of that key: within Slack's limits and {@link budget}, however large the
 * notice is. Everything that came from an alert stands in plain text or rich text, where Slack interprets nothing; in
 * `text` it is escaped. The operator's words stand in place of ours, unless there are none for this notice or they are
 * longer than 3,000 characters: cut anywhere, their markup could say something else.
 */
export const render = (notice: AnyNotice, key: string, words?: Words): Message => {
  const own = words?.render(notice)?.trim() ?? '';
  const at = (level: Level): Message => ({
    text: textOf(notice, level),
    blocks: blocksOf(notice, level, own.length <= longestWords ? own : ''),
    metadata: metadataOf(notice, key),
  });
  const [most, ...less] = levels;
  let message = at(most);
  for (const level of less) {
    if (JSON.stringify([message.text, message.blocks]).length <= budget) break;
    message = at(level);
  }
  return message;
};

/** What is said of a change in the thread of its incident: what happened, who did it, and what they wrote. */
export const renderReply = (notice: AnyNotice, key: string): Message => {
  const { headline, incident, at } = notice;
  const by = incident?.by === undefined ? '' : `\nBy ${incident.by}`;
  return {
    text: escapeSlack(`${headline}${by}`),
    blocks: [
      ...rich(line(headline, by), ...(incident?.comment === undefined ? [] : [quote(cut(incident.comment, 1_000))])),
      ...context([timeOf(at)]),
    ],
    metadata: metadataOf(notice, key),
  };
};
