import { AlertSeverity } from '@therapytrain/alerts-core';
import type { Clearance, Notice } from '@therapytrain/alerts-core/channel';
import { noticeOf, sampleAlert, sampleIncident, sampleStory } from '@therapytrain/alerts-testkit';

const at = Date.UTC(2026, 10, 24, 9, 30);

const failedLogin = (minutes: number, userId: string, message: string) =>
  sampleAlert(
    message,
    { userId, ipAddress: '203.0.113.24', method: 'password' },
    { type: 'AUTH_FAILURE', severity: AlertSeverity.HIGH, source: 'sign-in', occurredAt: at - minutes * 60_000 },
  );

const exported = (minutes: number, severity: AlertSeverity, message: string) =>
  sampleAlert(
    message,
    { userId: 'dr.weber' },
    { type: 'DATA_ACCESS', severity, source: 'records', occurredAt: at - minutes * 60_000 },
  );

const incident = sampleIncident({ title: 'Failed logins at the sign-in service', count: 14 });

/** Three mails as people get them: an incident as it is escalated, the same one resolved, and a digest. */
export const samples: Readonly<Record<'escalated' | 'resolved' | 'digest', Notice<Clearance>>> = {
  escalated: noticeOf(
    sampleStory(
      'escalated',
      [
        failedLogin(1, 'anna.berg', 'Failed login attempt 14 of anna.berg: the account is locked for 15 minutes'),
        failedLogin(4, 'anna.berg', 'Failed login attempt 13 of anna.berg'),
      ],
      { incident: { ...incident, severity: AlertSeverity.CRITICAL, by: 'Robin (second line)' }, total: 14 },
    ),
    2,
  ),
  resolved: noticeOf(
    sampleStory('resolved', [failedLogin(1, 'anna.berg', 'Failed login attempt 14 of anna.berg')], {
      incident: {
        ...incident,
        state: 'RESOLVED',
        by: 'Robin (second line)',
        comment: 'The new phone of a colleague still had the old password.\nShe was called, and has signed in since.',
      },
    }),
    2,
  ),
  digest: noticeOf(
    sampleStory(
      'digest',
      [
        exported(3, AlertSeverity.MEDIUM, 'An export of 120 records was begun outside of working hours'),
        failedLogin(21, 'jo.lind', 'Failed login attempt 1 of jo.lind'),
        exported(55, AlertSeverity.LOW, 'A report was opened from a new device'),
      ],
      { total: 37 },
    ),
    2,
  ),
};
