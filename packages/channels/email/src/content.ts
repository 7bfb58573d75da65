import { type Instant, severityName } from '@therapytrain/alerts-core';
import { type Clearance, cut, type Notice, type NoticeAlert } from '@therapytrain/alerts-core/channel';

/** One line of a table: what it is, and its value. */
export interface Row {
  readonly label: string;
  readonly value: string;
}

/** One alert, in the words that both parts of the mail show. */
export interface AlertContent {
  readonly title: string;
  readonly severity: NoticeAlert<Clearance>['severity'];
  /** When and where: `2026-11-24 09:29:00 UTC · sign-in`. */
  readonly origin: string;
  readonly message: string;
  readonly facts: readonly Row[];
  /** `2 values are withheld`, or nothing. */
  readonly withheld: string | undefined;
}

/** What a mail says, before it is text or HTML. All of it may hold what an attacker wrote. */
export interface Content {
  readonly headline: string;
  /** What happened, in a sentence. */
  readonly event: string;
  readonly tone: 'alarm' | 'acknowledged' | 'resolved';
  readonly severity: Notice<Clearance>['severity'];
  readonly rows: readonly Row[];
  readonly comment: string | undefined;
  readonly alerts: readonly AlertContent[];
  /** `12,335 more alerts are not shown.`, or nothing. */
  readonly more: string | undefined;
  readonly link: string | undefined;
  readonly runbook: string | undefined;
}

// Mail programs cut off what is beyond about 100 kB of HTML; ten whole messages could be more.
const longest = { first: 4_096, other: 600 } as const;

const wholeNumber = new Intl.NumberFormat('en-US');
const count = (number: number, noun: string): string =>
  `${wholeNumber.format(number)} ${noun}${number === 1 ? '' : 's'}`;

/** `2026-11-24 09:29:00 UTC`: readers may be anywhere, and so may the machine. */
export const timeOf = (at: Instant): string => {
  const text = new Date(at).toISOString();
  return `${text.slice(0, text.indexOf('T'))} ${text.slice(text.indexOf('T') + 1, -5)} UTC`;
};

const eventOf = ({ event, incident }: Notice<Clearance>): string => {
  const by = incident?.by;
  const sentences = {
    alert: 'An alert was raised.',
    opened: 'An incident was opened.',
    updated: 'The incident has changed.',
    escalated: by ? `Escalated to ${by}.` : 'The incident was escalated.',
    acknowledged: by ? `Acknowledged by ${by}.` : 'The incident was acknowledged.',
    resolved: by ? `Resolved by ${by}.` : 'The incident was resolved.',
    digest: 'A digest of what has come in.',
    reminded: 'Nobody has acknowledged the incident yet.',
    silence_ended: 'A silence has ended.',
  } as const;
  return sentences[event];
};

const toneOf = ({ event, incident }: Notice<Clearance>): Content['tone'] => {
  if (event === 'resolved' || incident?.state === 'RESOLVED') return 'resolved';
  return event === 'acknowledged' || incident?.state === 'ACKNOWLEDGED' ? 'acknowledged' : 'alarm';
};

const ownerRows = ({ owner }: Notice<Clearance>): readonly Row[] =>
  owner === undefined ? [] : [{ label: 'Owner', value: owner }];

const rowsOf = ({ incident }: Notice<Clearance>): readonly Row[] => {
  if (!incident) return [];
  const { id, title, state, count: joined, firstSeen, lastSeen, acknowledgeBy } = incident;
  return [
    { label: 'Incident', value: title },
    { label: 'State', value: state.charAt(0) + state.slice(1).toLowerCase() },
    ...(acknowledgeBy === undefined ? [] : [{ label: 'Acknowledge by', value: timeOf(acknowledgeBy) }]),
    { label: 'Alerts', value: wholeNumber.format(joined) },
    { label: 'First seen', value: timeOf(firstSeen) },
    { label: 'Last seen', value: timeOf(lastSeen) },
    { label: 'Id', value: id },
  ];
};

const alertOf = (alert: NoticeAlert<Clearance>, place: number): AlertContent => ({
  title: alert.title,
  severity: alert.severity,
  origin: [timeOf(alert.occurredAt), alert.source].filter(Boolean).join(' · '),
  message: cut(alert.message, place === 0 ? longest.first : longest.other),
  facts: alert.facts.map(({ label, text, pseudonym }) => ({
    label,
    value: pseudonym ? `${text} (pseudonym)` : text,
  })),
  withheld:
    alert.withheld > 0
      ? `${count(alert.withheld, 'value')} ${alert.withheld === 1 ? 'is' : 'are'} withheld`
      : undefined,
});

/** What the notice says, in words. Pure. */
export const contentOf = (notice: Notice<Clearance>): Content => {
  const { headline, severity, incident, alerts, total, link, runbook } = notice;
  const hidden = total - alerts.length;
  return {
    headline,
    event: eventOf(notice),
    tone: toneOf(notice),
    severity,
    rows: [{ label: 'Severity', value: severityName(severity) }, ...rowsOf(notice), ...ownerRows(notice)],
    comment: incident?.comment,
    alerts: alerts.map(alertOf),
    more: hidden > 0 ? `${count(hidden, 'more alert')} ${hidden === 1 ? 'is' : 'are'} not shown.` : undefined,
    link,
    runbook,
  };
};

/** Why the mail came and what it keeps back, for the foot of it. */
export const foot =
  'Sent by a program that watches for security alerts. What you may not see is left out or shown under a pseudonym.';
