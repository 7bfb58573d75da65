import { afterEach, describe, expect, test } from '@jest/globals';
import {
  type AlertDraft,
  AlertError,
  AlertSeverity,
  checkDraft,
  createAlertTypes,
  decodeAlert,
} from '@therapytrain/alerts-core';
import { AlertManager, type AlertReporter, createFlow, createMemoryLog } from '@therapytrain/alerts-manager';
import { epoch, testPorts } from '@therapytrain/alerts-testkit';
import { configured, recorder } from './support/manager.ts';

afterEach(() => AlertManager.reset());

/** A gateway in this process: a flow on a log of its own, half an hour ahead of the manager's clock. */
const createReporter = () => {
  const log = createMemoryLog();
  const flow = createFlow({
    log,
    types: () => createAlertTypes(),
    ports: testPorts({ start: epoch + 1_800_000, seed: 2 }),
  });
  const reported: AlertDraft[] = [];
  const client: AlertReporter = {
    report: async (draft) => {
      reported.push(draft);
      return flow.report(draft, 'login-service');
    },
  };
  const kept = async () => (await log.read(0, 100)).alerts.map(({ encoded }) => decodeAlert(encoded));
  return { client, reported, kept };
};

describe('a manager that reports to a gateway', () => {
  test('resolves with the id and place that the gateway gave, and the time it happened here', async () => {
    const { client, kept } = createReporter();
    const { manager } = configured({ client });
    const alert = await manager.handleAuthFailure('user123', '192.168.1.1');
    const [there] = await kept();
    expect(alert).toMatchObject({ id: there?.id, sequence: 1, type: 'AUTH_FAILURE', severity: AlertSeverity.HIGH });
    expect(alert.timestamp).toEqual(new Date(epoch));
    expect(there).toMatchObject({
      source: 'login-service',
      occurredAt: epoch,
      receivedAt: epoch + 1_800_000,
      metadata: alert.metadata,
    });
  });

  test('the calling code is the same as with a log of its own', async () => {
    const calls = async (manager: AlertManager) => [
      await manager.createAlert('AUTH_FAILURE', AlertSeverity.HIGH, 'Failed login attempt', { userId: 'user123' }),
      await manager.handleUnusualAccess('user123', '/api/sensitive', 'odd'),
      await manager.handleRateLimitBreach('192.168.1.1', '/api/login', 100),
      await manager.handleDataViolation('user123', 'note/7', 'export'),
      await manager.handleSystemHealth('db', 'down'),
    ];
    const said = (alerts: Awaited<ReturnType<typeof calls>>) =>
      alerts.map(({ type, severity, message, metadata, timestamp, sequence }) => ({
        type,
        severity,
        message,
        metadata,
        timestamp,
        sequence,
      }));
    const local = said(await calls(configured().manager));
    const remote = said(await calls(configured({ client: createReporter().client }).manager));
    expect(remote).toEqual(local);
  });

  test('handlers are told once it is durable there', async () => {
    const { client, kept } = createReporter();
    const { manager } = configured({ client });
    const { told, handler } = recorder();
    manager.registerHandler(handler);
    const alert = await manager.handleDataViolation('user123', 'note/7', 'export');
    expect(told).toEqual([alert]);
    expect(await kept()).toHaveLength(1);
  });

  test('what is reported keeps the rules, and does not change when the caller changes what it gave', async () => {
    const { client, reported } = createReporter();
    const { manager } = configured({ client });
    const metadata = { userId: 'user123' };
    const creating = manager.createAlert('AUTH_FAILURE', AlertSeverity.HIGH, 'x', metadata);
    metadata.userId = 'somebody else';
    await creating;
    expect(reported.map(checkDraft)).toMatchObject([{ metadata: { userId: 'user123' }, occurredAt: epoch }]);
  });

  test('what breaks a rule is refused before anything is sent', async () => {
    const { client, reported } = createReporter();
    const { manager } = configured({ client });
    await expect(manager.createAlert('AUTH_FAILURE', AlertSeverity.HIGH, '')).rejects.toMatchObject({
      code: 'FIELD_INVALID',
    });
    expect(reported).toEqual([]);
  });

  test('a report that is spooled is handled now, under its request id', async () => {
    const requestId = '018f4e3c-1b2a-7c3d-8e4f-5a6b7c8d9e0f';
    const { manager } = configured({ client: { report: async () => ({ spooled: true, requestId }) } });
    const { told, handler } = recorder();
    manager.registerHandler(handler);
    const alert = await manager.handleSystemHealth('db', 'down');
    expect(alert).toMatchObject({ id: requestId, sequence: 0, severity: AlertSeverity.CRITICAL });
    expect(told).toEqual([alert]);
  });

  test('a gateway that refuses, or is away, is the error of the caller, and no handler is told', async () => {
    const error = new AlertError('GATEWAY_UNAVAILABLE', 'the gateway could not be reached');
    const { manager } = configured({ client: { report: () => Promise.reject(error) } });
    const { told, handler } = recorder();
    manager.registerHandler(handler);
    await expect(manager.handleSystemHealth('db', 'down')).rejects.toBe(error);
    expect(told).toEqual([]);
  });
});
