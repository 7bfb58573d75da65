import { afterEach, describe, expect, test } from '@jest/globals';
import { AlertError, AlertSeverity, createAlertTypes, decodeAlert, limits } from '@therapytrain/alerts-core';
import { AlertManager, createMemoryLog, type HandledAlert } from '@therapytrain/alerts-manager';
import { epoch, stamp, testPorts } from '@therapytrain/alerts-testkit';
import { configured, recorder } from './support/manager.ts';

afterEach(() => AlertManager.reset());

const { LOW, MEDIUM, HIGH, CRITICAL } = AlertSeverity;
const refusal = (act: () => unknown): AlertError => {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof AlertError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was refused');
};

describe('the one manager of the process', () => {
  test('is the same for all who ask, without being set up', async () => {
    const manager = AlertManager.getInstance();
    expect(AlertManager.getInstance()).toBe(manager);
    await expect(manager.createAlert('AUTH_FAILURE', HIGH, 'Failed login attempt')).resolves.toMatchObject({
      sequence: 1,
    });
  });

  test('is the one that was configured', () => {
    const manager = AlertManager.configure({});
    expect(AlertManager.getInstance()).toBe(manager);
  });

  test('cannot be configured once somebody has it: handlers would be forgotten in silence', () => {
    AlertManager.getInstance();
    expect(refusal(() => AlertManager.configure({})).code).toBe('NOT_CONFIGURED');
    AlertManager.reset();
    AlertManager.configure({});
    expect(refusal(() => AlertManager.configure({})).code).toBe('NOT_CONFIGURED');
  });

  test('is forgotten by reset, with its handlers and its alerts', async () => {
    const { told, handler } = recorder();
    const before = AlertManager.getInstance();
    before.registerHandler(handler);
    AlertManager.reset();
    const after = AlertManager.getInstance();
    expect(after).not.toBe(before);
    const alert = await after.createAlert('AUTH_FAILURE', HIGH, 'x');
    expect(alert.sequence).toBe(1);
    expect(told).toEqual([]);
  });

  test('takes a log or a client, not both', () => {
    const client = { report: async () => ({ alertId: 'x', sequence: 1, duplicate: false }) };
    expect(refusal(() => AlertManager.configure({ log: createMemoryLog(), client })).code).toBe('NOT_CONFIGURED');
  });

  test.each(['', 'Login', 'a b', 'x'.repeat(65), 'a\u0000b', 'über'])('takes no source %j', (source) => {
    expect(refusal(() => AlertManager.configure({ source })).code).toBe('SOURCE_INVALID');
    expect(refusal(() => AlertManager.configure({ source })).message).not.toContain(source || 'nothing');
  });

  test('what was refused leaves it unset', () => {
    refusal(() => AlertManager.configure({ source: 'Not One' }));
    expect(() => AlertManager.configure({ source: 'login-service.eu_1' })).not.toThrow();
  });
});

describe('createAlert', () => {
  test('resolves with the alert, as it is kept', async () => {
    const log = createMemoryLog();
    const { manager } = configured({ log, source: 'login' });
    const alert = await manager.createAlert('AUTH_FAILURE', CRITICAL, 'Failed login attempt', {
      userId: 'u1',
      ipAddress: '192.0.2.1',
    });
    expect(alert).toMatchObject({
      sequence: 1,
      type: 'AUTH_FAILURE',
      severity: CRITICAL,
      message: 'Failed login attempt',
      metadata: { userId: 'u1', ipAddress: '192.0.2.1' },
      source: 'login',
      occurredAt: epoch,
      receivedAt: epoch,
    });
    const { timestamp, ...rest } = alert;
    const found = await log.find(alert.id);
    expect(found && decodeAlert(found.encoded)).toEqual(rest);
    expect(timestamp).toEqual(new Date(epoch));
  });

  test('its timestamp is a Date of its own, by the clock that was given', async () => {
    const { manager, ports } = configured();
    const first = await manager.createAlert('AUTH_FAILURE', HIGH, 'x');
    await ports.clock.advance(1_234);
    const second = await manager.createAlert('AUTH_FAILURE', HIGH, 'x');
    expect(first.timestamp).toBeInstanceOf(Date);
    expect(second.timestamp.getTime() - first.timestamp.getTime()).toBe(1_234);
  });

  test('metadata may be left out', async () => {
    expect((await configured().manager.createAlert('AUTH_FAILURE', HIGH, 'x')).metadata).toEqual({});
  });

  test('ids and sequences ascend, also for alerts at the same time', async () => {
    const { manager } = configured();
    const alerts = await Promise.all(
      Array.from({ length: 500 }, (_, at) => manager.createAlert('AUTH_FAILURE', HIGH, `m${at}`)),
    );
    expect(alerts.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 500 }, (_, at) => at + 1));
    expect(alerts.map(({ id }) => id)).toEqual(alerts.map(({ id }) => id).sort());
  });

  test('ids go on after those of an earlier run, whatever the clock has done', async () => {
    const log = createMemoryLog();
    const earlier = testPorts({ start: epoch + 3_600_000 });
    await log.append([stamp({ type: 'A', message: 'before', severity: LOW }, earlier)]);
    const newest = log.bounds().newestId ?? '';
    const alert = await configured({ log }).manager.createAlert('AUTH_FAILURE', HIGH, 'after');
    expect(alert.id > newest).toBe(true);
  });

  test('a type of the deployment, and one that nobody declared', async () => {
    const types = createAlertTypes({
      DOOR: {
        title: 'Door',
        defaultSeverity: undefined,
        metadata: { site: { sensitivity: 2, identifies: true, description: '' } },
      },
    });
    const { manager } = configured({ types });
    const [one, same, other] = await Promise.all([
      manager.createAlert('DOOR', LOW, 'open', { site: 'a', at: 1 }),
      manager.createAlert('DOOR', HIGH, 'open again', { site: 'a', at: 2 }),
      manager.createAlert('DOOR', LOW, 'open', { site: 'b', at: 1 }),
    ]);
    expect(same.fingerprint).toBe(one.fingerprint);
    expect(other.fingerprint).not.toBe(one.fingerprint);
    await expect(manager.createAlert('NOBODY_KNOWS', LOW, 'x')).resolves.toMatchObject({ type: 'NOBODY_KNOWS' });
  });

  test('rejects what breaks a rule, keeps nothing, and tells no handler', async () => {
    const log = createMemoryLog();
    const { manager } = configured({ log });
    const { told, handler } = recorder();
    manager.registerHandler(handler);
    const cases: readonly Promise<HandledAlert>[] = [
      manager.createAlert('auth failure', HIGH, 'x'),
      manager.createAlert('AUTH_FAILURE', 7 as 4, 'x'),
      manager.createAlert('AUTH_FAILURE', 'HIGH' as unknown as 3, 'x'),
      manager.createAlert('AUTH_FAILURE', HIGH, ''),
      manager.createAlert('AUTH_FAILURE', HIGH, 'é'.repeat(limits.messageBytes)),
      manager.createAlert('AUTH_FAILURE', HIGH, 'x', JSON.parse('{"__proto__":{"a":1}}') as Record<string, never>),
      manager.handleAuthFailure('u\u0000', '192.0.2.1'),
      manager.handleRateLimitBreach('192.0.2.1', '/a', Number.NaN),
    ];
    for (const each of cases) await expect(each).rejects.toMatchObject({ name: 'AlertError', code: 'FIELD_INVALID' });
    expect(log.bounds().newest).toBe(0);
    expect(told).toEqual([]);
  });

  test('rejects when the log cannot keep it, and tells no handler', async () => {
    const log = createMemoryLog();
    const { manager } = configured({ log });
    const { told, handler } = recorder();
    manager.registerHandler(handler);
    await log.close();
    await expect(manager.createAlert('AUTH_FAILURE', HIGH, 'x')).rejects.toMatchObject({ code: 'CLOSED' });
    expect(told).toEqual([]);
  });

  test('a caller may go on changing the metadata it gave', async () => {
    const log = createMemoryLog();
    const { manager } = configured({ log });
    const { told, handler } = recorder();
    manager.registerHandler(handler);
    const metadata = { userId: 'u1', more: { list: [1] } };
    const created = manager.createAlert('AUTH_FAILURE', HIGH, 'x', metadata);
    metadata.userId = 'u2';
    metadata.more.list.push(2);
    const kept = await log.find((await created).id);
    const asGiven = { userId: 'u1', more: { list: [1] } };
    expect(kept && decodeAlert(kept.encoded).metadata).toEqual(asGiven);
    expect((await created).metadata).toEqual(asGiven);
    expect(told.map((each) => each.metadata)).toEqual([asGiven]);
  });
});

describe('the convenience methods: type, severity, metadata', () => {
  type Call = (manager: AlertManager) => Promise<HandledAlert>;
  test.each<readonly [string, Call, string, AlertSeverity, object]>([
    [
      'handleAuthFailure',
      (m) => m.handleAuthFailure('user123', '192.168.1.1'),
      'AUTH_FAILURE',
      HIGH,
      { userId: 'user123', ipAddress: '192.168.1.1' },
    ],
    [
      'handleUnusualAccess',
      (m) => m.handleUnusualAccess('user123', '/api/sensitive', 'odd'),
      'UNUSUAL_ACCESS',
      MEDIUM,
      { userId: 'user123', resource: '/api/sensitive', reason: 'odd' },
    ],
    [
      'handleRateLimitBreach',
      (m) => m.handleRateLimitBreach('192.168.1.1', '/api/login', 100),
      'RATE_LIMIT_BREACH',
      HIGH,
      { ipAddress: '192.168.1.1', endpoint: '/api/login', requestCount: 100 },
    ],
    [
      'handleDataViolation',
      (m) => m.handleDataViolation('user123', 'note/7', 'export'),
      'DATA_VIOLATION',
      HIGH,
      { userId: 'user123', resource: 'note/7', operation: 'export' },
    ],
    [
      'handleSystemHealth: healthy',
      (m) => m.handleSystemHealth('db', 'healthy'),
      'SYSTEM_HEALTH',
      LOW,
      { component: 'db', status: 'healthy' },
    ],
    [
      'handleSystemHealth: recovered',
      (m) => m.handleSystemHealth('db', 'recovered'),
      'SYSTEM_HEALTH',
      LOW,
      { component: 'db', status: 'recovered' },
    ],
    [
      'handleSystemHealth: degraded',
      (m) => m.handleSystemHealth('db', 'degraded'),
      'SYSTEM_HEALTH',
      MEDIUM,
      { component: 'db', status: 'degraded' },
    ],
    [
      'handleSystemHealth: unhealthy',
      (m) => m.handleSystemHealth('db', 'unhealthy'),
      'SYSTEM_HEALTH',
      HIGH,
      { component: 'db', status: 'unhealthy' },
    ],
    [
      'handleSystemHealth: down',
      (m) => m.handleSystemHealth('db', 'down', { lag: 9 }),
      'SYSTEM_HEALTH',
      CRITICAL,
      { component: 'db', status: 'down', lag: 9 },
    ],
    [
      'handleSystemHealth: another',
      (m) => m.handleSystemHealth('db', 'odd'),
      'SYSTEM_HEALTH',
      MEDIUM,
      { component: 'db', status: 'odd' },
    ],
  ])('%s', async (_name, call, type, severity, metadata) => {
    const { manager } = configured();
    const { told, handler } = recorder();
    manager.registerHandler(handler);
    const alert = await call(manager);
    expect(alert).toMatchObject({ type, severity, metadata, sequence: 1 });
    expect(Object.keys(alert.metadata).sort()).toEqual(Object.keys(metadata).sort());
    expect(told).toEqual([alert]);
  });

  test('the same thing again has the same fingerprint; another thing another', async () => {
    const { manager } = configured();
    const one = await manager.handleAuthFailure('user123', '192.168.1.1');
    const again = await manager.handleAuthFailure('user123', '192.168.1.1');
    const other = await manager.handleAuthFailure('user124', '192.168.1.1');
    expect(again.fingerprint).toBe(one.fingerprint);
    expect(other.fingerprint).not.toBe(one.fingerprint);
  });
});
