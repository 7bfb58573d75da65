import { afterEach, describe, expect, test } from '@jest/globals';
import { AlertSeverity, severities, severityName } from '@therapytrain/alerts-core';
import { type AlertHandler, AlertManager, type HandledAlert } from '@therapytrain/alerts-manager';
import { configured } from './support/manager.ts';

// What the code that the product was created from got wrong; each is a test here so that it does not come back.
afterEach(() => AlertManager.reset());

/** A responder as the seed had them: acts from HIGH on. */
const createResponder = () => {
  const acted: HandledAlert[] = [];
  const handler: AlertHandler = {
    handleAlert: async (alert) => {
      if (alert.severity >= AlertSeverity.HIGH) acted.push(alert);
    },
  };
  return { acted, handler };
};

describe('severities were compared as text', () => {
  test('a responder from HIGH on acts at HIGH and CRITICAL, and at nothing less', async () => {
    const { manager } = configured();
    const { acted, handler } = createResponder();
    manager.registerHandler(handler);
    for (const severity of severities) await manager.createAlert('DATA_VIOLATION', severity, severityName(severity));
    expect(acted.map(({ message }) => message)).toEqual(['HIGH', 'CRITICAL']);
  });

  test('the comparison that was wrong then', () => {
    const compare = (one: string, other: string): boolean => one >= other;
    expect(compare('CRITICAL', 'HIGH')).toBe(false);
    expect(compare('LOW', 'HIGH')).toBe(true);
  });
});

test('a failed login alone says so little that it is the same thing each time: it is for a rule over many to act', async () => {
  const { manager } = configured();
  const alerts = await Promise.all([1, 2, 3].map(() => manager.handleAuthFailure('victim', '192.0.2.1')));
  expect(new Set(alerts.map(({ fingerprint }) => fingerprint)).size).toBe(1);
});

test('a responder can tell unusual access by its type: that it is MEDIUM does not hide it', async () => {
  const { manager } = configured();
  const seen: string[] = [];
  manager.registerHandler({
    handleAlert: async ({ type, severity }) => void seen.push(`${type} ${severityName(severity)}`),
  });
  await manager.handleUnusualAccess('u1', '/api/sensitive', 'Multiple failed attempts');
  expect(seen).toEqual(['UNUSUAL_ACCESS MEDIUM']);
});

test('failed handlers were logged and forgotten: here they are counted too', async () => {
  const { manager, failures } = configured();
  manager.registerHandler({ handleAlert: () => Promise.reject(new Error('x')) });
  await manager.handleSystemHealth('db', 'down');
  await manager.idle();
  expect(manager.stats().failed).toBe(1);
  expect(failures).toHaveLength(1);
});
