import { describe, expect, test } from '@jest/globals';
import { AlertSeverity, checkDraft, drafts } from '@therapytrain/alerts-core';

const { LOW, MEDIUM, HIGH, CRITICAL } = AlertSeverity;

describe('the common reports', () => {
  test.each([
    [
      'authFailure',
      drafts.authFailure('u1', '192.0.2.1'),
      'AUTH_FAILURE',
      HIGH,
      { userId: 'u1', ipAddress: '192.0.2.1' },
    ],
    [
      'unusualAccess',
      drafts.unusualAccess('u1', '/a', 'odd'),
      'UNUSUAL_ACCESS',
      MEDIUM,
      { userId: 'u1', resource: '/a', reason: 'odd' },
    ],
    [
      'rateLimitBreach',
      drafts.rateLimitBreach('192.0.2.1', '/a', 9),
      'RATE_LIMIT_BREACH',
      HIGH,
      { ipAddress: '192.0.2.1', endpoint: '/a', requestCount: 9 },
    ],
    [
      'dataViolation',
      drafts.dataViolation('u1', 'note/7', 'export'),
      'DATA_VIOLATION',
      HIGH,
      { userId: 'u1', resource: 'note/7', operation: 'export' },
    ],
    [
      'systemHealth',
      drafts.systemHealth('db', 'down', { lag: 3 }),
      'SYSTEM_HEALTH',
      CRITICAL,
      { component: 'db', status: 'down', lag: 3 },
    ],
  ])('%s', (_name, draft, type, severity, metadata) => {
    expect(draft).toMatchObject({ type, severity, metadata });
    expect(checkDraft(draft)).toMatchObject(draft);
    // Personal facts stand in the metadata, where sensitivities hold, and never in the message.
    for (const value of Object.values(metadata)) expect(draft.message).not.toContain(String(value));
  });
});

describe('the severity of a status', () => {
  test.each([
    ['healthy', LOW],
    ['recovered', LOW],
    ['degraded', MEDIUM],
    ['unhealthy', HIGH],
    ['down', CRITICAL],
    ['on fire', MEDIUM],
    ['', MEDIUM],
    ['constructor', MEDIUM],
    ['__proto__', MEDIUM],
  ])('%j', (status, severity) => {
    expect(drafts.systemHealth('db', status).severity).toBe(severity);
  });
});

test('component and status win over details of the same name', () => {
  const { metadata } = drafts.systemHealth('db', 'down', { component: 'other', status: 'healthy', lag: 3 });
  expect(metadata).toEqual({ component: 'db', status: 'down', lag: 3 });
});
