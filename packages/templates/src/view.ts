import { severityName } from '@therapytrain/alerts-core';
import type { Clearance, Notice, NoticeAlert } from '@therapytrain/alerts-core/channel';

const moment = (at: number): string => new Date(at).toISOString();

const alertView = (alert: NoticeAlert<Clearance>) => ({
  id: alert.id,
  type: alert.type,
  title: alert.title,
  severity: severityName(alert.severity),
  source: alert.source,
  occurred_at: moment(alert.occurredAt),
  message: alert.message as string,
  facts: alert.facts.map(({ key, label, text }) => ({ key, label, text: text as string })),
  withheld: alert.withheld,
});

/** What a template sees of a notice: all that was cleared, and nothing else. Times are ISO 8601 in UTC. */
export const viewOf = (notice: Notice<Clearance>) => ({
  event: notice.event,
  severity: severityName(notice.severity),
  headline: notice.headline as string,
  at: moment(notice.at),
  link: notice.link ?? null,
  owner: (notice.owner ?? null) as string | null,
  runbook: notice.runbook ?? null,
  total: notice.total,
  alerts: notice.alerts.map(alertView),
  incident: notice.incident
    ? {
        id: notice.incident.id,
        title: notice.incident.title as string,
        state: notice.incident.state,
        count: notice.incident.count,
        first_seen: moment(notice.incident.firstSeen),
        last_seen: moment(notice.incident.lastSeen),
        by: (notice.incident.by ?? null) as string | null,
        comment: (notice.incident.comment ?? null) as string | null,
        acknowledge_by: notice.incident.acknowledgeBy === undefined ? null : moment(notice.incident.acknowledgeBy),
      }
    : null,
});

/** See {@link viewOf}. */
export type NoticeView = ReturnType<typeof viewOf>;
