import { createHash } from 'node:crypto';
import { type AlertSeverity, severityName } from '@therapytrain/alerts-core';
import {
  type Clearance,
  cut,
  type Notice,
  type NoticeAlert,
  type NoticeEvent,
} from '@therapytrain/alerts-core/channel';

/** What an event does at PagerDuty. */
export type EventAction = 'trigger' | 'acknowledge' | 'resolve';

const actions: Readonly<Record<NoticeEvent, EventAction>> = {
  alert: 'trigger',
  opened: 'trigger',
  updated: 'trigger',
  escalated: 'trigger',
  acknowledged: 'acknowledge',
  resolved: 'resolve',
  digest: 'trigger',
  reminded: 'trigger',
  silence_ended: 'trigger',
};

const severities: Readonly<Record<AlertSeverity, 'critical' | 'error' | 'warning' | 'info'>> = {
  1: 'info',
  2: 'warning',
  3: 'error',
  4: 'critical',
};

/** Bounds of the Events API v2, in characters; a message is shortened to stay far below its 512 KB for an event. */
const bounds = { summary: 1_024, dedupKey: 255, source: 255, message: 1_000 } as const;

/** The name that all events of an incident share; an alert or a digest by itself is named by its delivery. */
const dedupKeyOf = ({ incident }: Notice<Clearance>, key: string): string => {
  const name = incident?.id ?? key;
  return name.length <= bounds.dedupKey ? name : createHash('sha256').update(name).digest('hex');
};

const alertDetails = ({ id, type, title, source, message, facts, withheld }: NoticeAlert<Clearance>) => ({
  id,
  type,
  title,
  source,
  message: cut(message, bounds.message),
  facts: Object.fromEntries(facts.map(({ label, text }) => [label, text])),
  withheld,
});

const linksOf = ({ link, runbook }: Notice<Clearance>) => {
  const links = [
    ...(link === undefined ? [] : [{ href: link, text: 'Open' }]),
    ...(runbook === undefined ? [] : [{ href: runbook, text: 'Runbook' }]),
  ];
  return { ...(link !== undefined && { client_url: link }), ...(links.length > 0 && { links }) };
};

/** The body of one event (Events API v2, "Alert Event"), without the routing key. */
export const render = (notice: Notice<Clearance>, key: string) => {
  const { incident, alerts, headline, severity, total } = notice;
  return {
    event_action: actions[notice.event],
    dedup_key: dedupKeyOf(notice, key),
    payload: {
      summary: cut(headline, bounds.summary),
      // PagerDuty refuses an event without a source.
      source: cut(alerts[0]?.source ?? '', bounds.source) || 'alert-gateway',
      // What is over need not wake anybody, however severe it was.
      severity: notice.event === 'silence_ended' ? 'info' : severities[severity],
      timestamp: new Date(notice.at).toISOString(),
      class: alerts[0]?.type ?? (notice.event === 'silence_ended' ? 'SILENCE' : 'DIGEST'),
      custom_details: {
        delivery_id: key,
        event: notice.event,
        severity: severityName(severity),
        total,
        state: incident?.state,
        title: incident?.title,
        count: incident?.count,
        by: incident?.by,
        comment: incident?.comment,
        owner: notice.owner,
        alerts: alerts.map(alertDetails),
      },
    },
    client: 'TherapyTrain alerts',
    ...linksOf(notice),
  };
};

/** An event that nobody sees: it resolves what does not exist, which PagerDuty takes if it knows the routing key. */
export const renderCheck = (name: string) => ({ event_action: 'resolve' as const, dedup_key: `check-${name}` });
