import { type Instant, severityName } from '@therapytrain/alerts-core';
import {
  type Clearance,
  cut,
  type Notice,
  type NoticeAlert,
  type NoticeIncident,
} from '@therapytrain/alerts-core/channel';
import {
  cloudEventPrefix,
  type PayloadFormat,
  payloadTypes,
  type WebhookCloudEvent,
  type WebhookData,
  type WebhookPayload,
} from './payload.ts';

/** How a notice is to be rendered. */
export interface Rendering {
  /** The attempt's key. */
  readonly key: string;
  readonly format: PayloadFormat;
  readonly detail: 'thin' | 'full';
}

/** The body to send, and what it is. */
export interface Rendered {
  readonly contentType: string;
  readonly body: Buffer;
}

/** Standard Webhooks asks for less than 20 kB. */
const mostBytes = 20_000;

interface Size {
  /** Undefined: nothing but ids. */
  readonly text: number | undefined;
  readonly alerts: number;
  readonly facts: number;
}

const everything: Size = { text: Number.MAX_SAFE_INTEGER, alerts: 10, facts: Number.MAX_SAFE_INTEGER };
const thin: Size = { text: undefined, alerts: 10, facts: 0 };
const smaller: readonly Size[] = [
  { text: 1_000, alerts: 10, facts: 32 },
  { text: 300, alerts: 10, facts: 8 },
  { text: 200, alerts: 4, facts: 8 },
  { text: 200, alerts: 1, facts: 8 },
  thin,
  { ...thin, alerts: 0 },
];

const latest = Date.UTC(9999, 11, 31);
const time = (at: Instant): string => new Date(Math.min(Math.max(at, 0), latest)).toISOString();

/** Leaves out what is undefined, so that a field is there or not. */
const given = <T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;

// Fields are listed, never spread: the wire format is ours to keep.
const alertOf = (alert: NoticeAlert<Clearance>, { text, facts }: Size): WebhookData['alerts'][number] => {
  const { id, type, severity, occurredAt, title, source, message, withheld } = alert;
  const ids = { id, type, severity: severityName(severity), occurredAt: time(occurredAt) };
  if (text === undefined) return ids;
  return {
    ...ids,
    title,
    source,
    message: cut(message, text),
    facts: alert.facts
      .slice(0, facts)
      .map(({ key, label, text: value, pseudonym }) => ({ key, label, text: cut(value, text), pseudonym })),
    withheld,
  };
};

const incidentOf = (incident: NoticeIncident<Clearance>, { text }: Size): NonNullable<WebhookData['incident']> => {
  const { id, state, count, firstSeen, lastSeen, title, by, comment, acknowledgeBy } = incident;
  const ids = { id, state, count, firstSeen: time(firstSeen), lastSeen: time(lastSeen) };
  if (text === undefined) return ids;
  return {
    ...ids,
    title,
    ...given({
      by,
      comment: comment && cut(comment, text),
      acknowledgeBy: acknowledgeBy === undefined ? undefined : time(acknowledgeBy),
    }),
  };
};

const dataOf = (notice: Notice<Clearance>, size: Size, truncated: boolean): WebhookData => ({
  version: 1,
  event: notice.event,
  severity: severityName(notice.severity),
  headline: notice.headline,
  ...given({ incident: notice.incident && incidentOf(notice.incident, size) }),
  alerts: notice.alerts.slice(0, size.alerts).map((alert) => alertOf(alert, size)),
  total: notice.total,
  ...given({
    link: notice.link,
    owner: size.text === undefined ? undefined : notice.owner,
    runbook: notice.runbook,
  }),
  truncated,
});

const standardOf = (notice: Notice<Clearance>, data: WebhookData): WebhookPayload => ({
  type: payloadTypes[notice.event],
  timestamp: time(notice.at),
  data,
});

const cloudEventOf = (notice: Notice<Clearance>, data: WebhookData, key: string): WebhookCloudEvent => ({
  specversion: '1.0',
  id: key,
  source: '/therapytrain/alerts',
  type: `${cloudEventPrefix}${payloadTypes[notice.event]}`,
  time: time(notice.at),
  ...given({ subject: notice.incident?.id || undefined }),
  datacontenttype: 'application/json',
  data,
});

const contentTypes = {
  standard: 'application/json; charset=utf-8',
  cloudevents: 'application/cloudevents+json; charset=utf-8',
} as const;

/** Pure, so a table of notices tests it. What would be 20 kB or more is shortened, and says so. */
export const render = (notice: Notice<Clearance>, { key, format, detail }: Rendering): Rendered => {
  const bodyOf = (size: Size, truncated: boolean): Buffer => {
    const data = dataOf(notice, size, truncated);
    return Buffer.from(
      JSON.stringify(format === 'standard' ? standardOf(notice, data) : cloudEventOf(notice, data, key)),
    );
  };
  let body = bodyOf(detail === 'full' ? everything : thin, false);
  for (const size of detail === 'full' ? smaller : smaller.slice(-1)) {
    if (body.length < mostBytes) break;
    body = bodyOf(size, true);
  }
  return { contentType: contentTypes[format], body };
};
