import { InterceptingCall, type Interceptor } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type AlertDraft, AlertError, AlertSeverity } from '@therapytrain/alerts-core';
import { draftOf, requestIdOf, waitFor } from '@therapytrain/alerts-testkit';
import { type AlertClient, type AlertClientOptions, createAlertClient } from '../src/index.ts';
import { type Proxy, startProxy } from './support/proxy.ts';
import { type SmallGateway, startSmallGateway } from './support/small-gateway.ts';

jest.setTimeout(30_000);

let gateway: SmallGateway;
const clients: AlertClient[] = [];
const proxies: Proxy[] = [];

const proxyOf = async (): Promise<Proxy> => {
  const proxy = await startProxy(gateway.port);
  proxies.push(proxy);
  return proxy;
};

const clientOf = (options: AlertClientOptions = {}): AlertClient => {
  const client = createAlertClient({ address: gateway.address, source: 'auth-service', ...options });
  clients.push(client);
  return client;
};

const quick = { attempts: 5, initialDelay: 5, maxDelay: 20 } as const;
const errorOf = (promise: Promise<unknown>): Promise<AlertError> =>
  promise.then(
    () => Promise.reject(new Error('it was expected to be refused')),
    (error: unknown) => error as AlertError,
  );
const keptIds = (): string[] => gateway.log.kept.map(({ requestId }) => requestId);
const gone = (retryAfter?: number): AlertError =>
  new AlertError('GATEWAY_UNAVAILABLE', 'it broke', retryAfter === undefined ? {} : { retryAfter });

beforeEach(async () => {
  gateway = await startSmallGateway();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
  gateway.stop();
});

describe('a report', () => {
  test('resolves with its receipt when it is kept', async () => {
    const receipt = await clientOf().report(draftOf(0));
    expect(receipt).toEqual({ alertId: gateway.log.kept[0]?.alert.id, sequence: 1, duplicate: false });
    expect(gateway.log.kept[0]?.alert).toMatchObject({ source: 'auth-service', dedupKey: 'case-0' });
  });

  test('gets a request id of version 7 if it has none', async () => {
    await clientOf().handleAuthFailure('user-1', '192.0.2.1');
    expect(keptIds()).toEqual([expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)]);
  });

  test('that is sent twice under one request id is kept once', async () => {
    const client = clientOf();
    const first = await client.report(draftOf(0));
    expect(await client.report(draftOf(0))).toEqual({ ...first, duplicate: true });
  });

  test.each<[string, (client: AlertClient) => Promise<unknown>, string, AlertSeverity]>([
    ['handleAuthFailure', (c) => c.handleAuthFailure('u', '192.0.2.1'), 'AUTH_FAILURE', 3],
    ['handleUnusualAccess', (c) => c.handleUnusualAccess('u', 'r', 'why'), 'UNUSUAL_ACCESS', 2],
    ['handleRateLimitBreach', (c) => c.handleRateLimitBreach('192.0.2.1', '/x', 7), 'RATE_LIMIT_BREACH', 3],
    ['handleDataViolation', (c) => c.handleDataViolation('u', 'r', 'export'), 'DATA_VIOLATION', 3],
    ['handleSystemHealth', (c) => c.handleSystemHealth('db', 'down', { since: 5 }), 'SYSTEM_HEALTH', 4],
  ])('%s says its type and severity', async (_, handle, type, severity) => {
    await handle(clientOf());
    expect(gateway.log.kept[0]?.alert).toMatchObject({ type, severity });
  });

  test('that breaks a rule is refused here, and nothing is sent', async () => {
    const client = clientOf();
    const error = await errorOf(client.report({ type: 'lower case', message: '' }));
    expect(error.code).toBe('FIELD_INVALID');
    expect(error.violations.map(({ field }) => field)).toEqual(['type', 'message']);
    const large = { type: 'X', message: 'm', severity: AlertSeverity.LOW, metadata: {} as Record<string, string[]> };
    for (let key = 0; key < 64; key++) large.metadata[`k${key}`] = ['x'.repeat(1_000)];
    large.message = 'm'.repeat(8_000);
    expect((await errorOf(client.report(large))).code).toBe('ALERT_TOO_LARGE');
    expect(gateway.messages).toEqual([]);
  });

  test('that the gateway refuses does not touch its neighbours', async () => {
    gateway.faults.refuse = ({ dedupKey }) =>
      dedupKey === 'case-1'
        ? new AlertError('FIELD_INVALID', 'occurred_at: is too late', {
            violations: [{ field: 'occurred_at', rule: 'is too late' }],
          })
        : undefined;
    const client = clientOf();
    const [first, second, third] = await Promise.allSettled([0, 1, 2].map((n) => client.report(draftOf(n))));
    expect([first?.status, second?.status, third?.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(second).toMatchObject({
      reason: { code: 'FIELD_INVALID', violations: [{ field: 'occurredAt', rule: 'is too late' }] },
    });
  });

  test('is given up when its signal is aborted, before or while it is sent', async () => {
    gateway.faults.conduct = () => 'hang';
    const client = clientOf();
    expect((await errorOf(client.report(draftOf(0), { signal: AbortSignal.abort() }))).code).toBe('CANCELLED');
    const giveUp = new AbortController();
    const report = errorOf(client.report(draftOf(1), { signal: giveUp.signal }));
    await waitFor(() => gateway.messages.length === 1);
    giveUp.abort();
    expect((await report).code).toBe('CANCELLED');
  });
});

describe('concurrent reports', () => {
  test('share messages, a lone one goes by itself', async () => {
    const client = clientOf();
    await client.report(draftOf(0));
    await Promise.all(Array.from({ length: 1_000 }, (_, n) => client.report(draftOf(n + 1))));
    expect(gateway.messages).toEqual([1, ...Array.from({ length: 15 }, () => 64), 40]);
    expect(gateway.sources).toEqual(['auth-service']);
    expect(gateway.log.kept).toHaveLength(1_001);
  });

  test('stay below 256 KiB a message', async () => {
    const client = clientOf();
    const message = 'm'.repeat(8_000);
    await Promise.all(Array.from({ length: 100 }, (_, n) => client.report({ ...draftOf(n), message })));
    expect(gateway.messages.reduce((sum, count) => sum + count)).toBe(100);
    expect(Math.max(...gateway.messages)).toBe(32);
  });

  test('go out with the most severe first when there is a queue', async () => {
    const release = Promise.withResolvers<'answer'>();
    gateway.faults.conduct = ({ number }) => (number === 1 ? release.promise : 'answer');
    const client = clientOf({ batch: { maxAlerts: 1, maxBatches: 1 } });
    const order: AlertSeverity[] = [1, 3, 2, 4, 3, 1];
    const first = client.report({ ...draftOf(99), severity: 1 });
    await waitFor(() => gateway.messages.length === 1);
    const reports = order.map((severity, n) => client.report({ ...draftOf(n), severity }));
    release.resolve('answer');
    await Promise.all([first, ...reports]);
    expect(keptIds()).toEqual([99, 3, 1, 4, 2, 0, 5].map(requestIdOf));
  });

  test('beyond what may wait push out the least severe', async () => {
    gateway.faults.conduct = () => 'hang';
    const client = clientOf({ deadline: 200, batch: { maxAlerts: 1, maxBatches: 1, maxWaiting: 2 } });
    const flying = errorOf(client.report({ ...draftOf(0), severity: 1 }));
    await waitFor(() => gateway.messages.length === 1);
    const codes = ([2, 1, 3, 1] as const).map(
      async (severity, n) => (await errorOf(client.report({ ...draftOf(n + 1), severity }))).code,
    );
    expect(await Promise.all(codes)).toEqual(['DEADLINE_EXCEEDED', 'OVERLOADED', 'DEADLINE_EXCEEDED', 'OVERLOADED']);
    expect((await flying).code).toBe('DEADLINE_EXCEEDED');
  });
});

describe('a stream of reports that breaks', () => {
  test('before anything was kept: all is sent again', async () => {
    gateway.faults.conduct = ({ number }) => (number <= 2 ? 'lose' : 'answer');
    const client = clientOf({ retry: quick });
    const receipts = await Promise.all([0, 1, 2].map((n) => client.report(draftOf(n))));
    expect(receipts).toMatchObject([{ duplicate: false }, { duplicate: false }, { duplicate: false }]);
    expect(gateway.messages).toEqual([3, 3, 3]);
  });

  test('after it was kept: it is sent again, under the same ids, and is there once', async () => {
    gateway.faults.conduct = ({ number }) => (number === 1 ? 'keep and break' : 'answer');
    const client = clientOf({ retry: quick });
    const { requestId: _, ...draft } = draftOf(0);
    const receipts = await Promise.all([1, 2, 3].map(() => client.report(draft)));
    expect(receipts).toMatchObject([
      { sequence: 1, duplicate: true },
      { sequence: 2, duplicate: true },
      { sequence: 3, duplicate: true },
    ]);
    expect(gateway.log.kept).toHaveLength(3);
  });

  test('with an error that waiting cannot mend: the reports fail with it, and are not sent again', async () => {
    gateway.faults.conduct = () => new AlertError('SOURCE_INVALID', 'the source is not one');
    const error = await errorOf(clientOf({ retry: quick }).report(draftOf(0)));
    expect(error).toMatchObject({ code: 'SOURCE_INVALID', message: 'the source is not one' });
    expect(gateway.messages).toEqual([1]);
  });

  test('again and again: each report is sent as often as it may be, and no more', async () => {
    gateway.faults.conduct = () => 'lose';
    const error = await errorOf(clientOf({ retry: quick }).report(draftOf(0)));
    expect(error.code).toBe('GATEWAY_UNAVAILABLE');
    expect(gateway.messages).toEqual([1, 1, 1, 1, 1]);
  });

  test('and says when to come back: nothing is sent before that', async () => {
    gateway.faults.conduct = ({ number }) => (number === 1 ? gone(150) : 'answer');
    const begun = performance.now();
    await clientOf({ retry: quick }).report(draftOf(0));
    expect(performance.now() - begun).toBeGreaterThanOrEqual(149);
  });

  test('and asks for more patience than the deadline has: it fails at once, and says so', async () => {
    gateway.faults.conduct = () => gone(60_000);
    const begun = performance.now();
    const error = await errorOf(clientOf({ retry: quick }).report(draftOf(0)));
    expect(error.retryAfter).toBe(60_000);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });

  test('by a cut connection: the client connects again', async () => {
    const proxy = await proxyOf();
    const client = clientOf({ address: proxy.address, retry: quick });
    await client.report(draftOf(0));
    gateway.faults.conduct = ({ number }) => {
      if (number !== 2) return 'answer';
      proxy.cut();
      return 'hang';
    };
    await client.report(draftOf(1));
    expect(proxy.connections()).toBe(2);
    expect(keptIds()).toEqual([0, 1].map(requestIdOf));
  });

  test('while nothing is on its way: the next report does not notice', async () => {
    const proxy = await proxyOf();
    const client = clientOf({ address: proxy.address, retry: { ...quick, attempts: 2 } });
    await client.report(draftOf(0));
    proxy.cut();
    await client.report(draftOf(1));
    expect(keptIds()).toEqual([0, 1].map(requestIdOf));
  });

  test('with an answer that does not fit: nothing is told to the wrong report', async () => {
    gateway.faults.conduct = () => 'miscount';
    const client = clientOf();
    const errors = await Promise.all([0, 1].map((n) => errorOf(client.report(draftOf(n)))));
    expect(errors.map(({ code }) => code)).toEqual(['DEFECT', 'DEFECT']);
  });
});

describe('a gateway that', () => {
  test('is not there is unavailable, soon', async () => {
    gateway.stop();
    const client = clientOf({ retry: quick });
    expect(await errorOf(client.report(draftOf(0)))).toMatchObject({ code: 'GATEWAY_UNAVAILABLE', retryable: true });
    const message = (await errorOf(client.report(draftOf(0)))).message;
    expect(message).not.toContain('127.0.0.1');
  });

  test('comes back within the deadline is waited for', async () => {
    const { port, log } = gateway;
    gateway.stop();
    const client = clientOf({ retry: { attempts: 20, initialDelay: 40, maxDelay: 40 } });
    const report = client.report(draftOf(0));
    gateway = await startSmallGateway({ port, log });
    expect(await report).toMatchObject({ sequence: 1 });
  });

  test('does not answer makes reports fail at their deadline', async () => {
    gateway.faults.conduct = () => 'hang';
    const begun = performance.now();
    const error = await errorOf(clientOf({ deadline: 150 }).report(draftOf(0)));
    expect(error.code).toBe('DEADLINE_EXCEEDED');
    expect(performance.now() - begun).toBeGreaterThanOrEqual(149);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  test('is behind a connection that is silently dead is asked over a new one', async () => {
    const proxy = await proxyOf();
    const client = clientOf({ address: proxy.address, deadline: 800, retry: quick });
    await client.report(draftOf(0));
    proxy.freeze();
    expect((await errorOf(client.report(draftOf(1)))).code).toBe('DEADLINE_EXCEEDED');
    expect(await client.report(draftOf(2))).toMatchObject({ duplicate: false });
    expect(proxy.connections()).toBe(2);
  });

  test('sheds a report and says when to come back gets it again then', async () => {
    let shed = 2;
    gateway.faults.refuse = () =>
      shed-- > 0 ? new AlertError('OVERLOADED', 'too much to do', { retryAfter: 60 }) : undefined;
    const begun = performance.now();
    expect(await clientOf({ retry: quick }).report(draftOf(0))).toMatchObject({ sequence: 1 });
    expect(performance.now() - begun).toBeGreaterThanOrEqual(119);
    expect(gateway.messages).toEqual([1, 1, 1]);
  });

  test('sheds a report and does not say when to come back is not asked again', async () => {
    gateway.faults.refuse = () => new AlertError('OVERLOADED', 'too much to do');
    expect(await errorOf(clientOf({ retry: quick }).report(draftOf(0)))).toMatchObject({ code: 'OVERLOADED' });
    expect(gateway.messages).toEqual([1]);
  });

  test('sheds everything is not stormed: the budget bounds what is sent again', async () => {
    gateway.faults.refuse = () => new AlertError('OVERLOADED', 'too much to do', { retryAfter: 1 });
    const client = clientOf({ retry: { attempts: 20 }, batch: { maxAlerts: 4, maxBatches: 1 } });
    const drafts = Array.from({ length: 40 }, (_, n): AlertDraft => draftOf(n));
    for (const draft of drafts) await errorOf(client.report(draft));
    const sent = gateway.messages.reduce((sum, count) => sum + count);
    // The bucket holds 100 retries, and nothing that went through fills it up: five reports use it up.
    expect(sent).toBe(40 + 100);
  });
});

test('a report that names no trace gets that of the process', async () => {
  const trace = (digit: string): string => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`;
  const client = createAlertClient({ address: gateway.address }, { traceParent: () => trace('a') });
  clients.push(client);
  await Promise.all([client.report(draftOf(0)), client.report({ ...draftOf(1), traceParent: trace('b') })]);
  expect(gateway.log.kept.map(({ alert }) => alert.traceParent)).toEqual([trace('a'), trace('b')]);
});

test('interceptors get between the client and the connection', async () => {
  const paths: string[] = [];
  const watch: Interceptor = (options, next) => {
    paths.push(options.method_definition.path);
    return new InterceptingCall(next(options));
  };
  const client = createAlertClient({ address: gateway.address }, { interceptors: [watch] });
  clients.push(client);
  await client.report(draftOf(0));
  await client.list();
  expect(paths).toEqual([
    '/therapytrain.alerts.v1.AlertService/ReportAlerts',
    '/therapytrain.alerts.v1.AlertService/ListAlerts',
  ]);
});

describe('close', () => {
  test('waits for what is open, and refuses what comes later', async () => {
    const release = Promise.withResolvers<'answer'>();
    gateway.faults.conduct = () => release.promise;
    const client = clientOf();
    const report = client.report(draftOf(0));
    await waitFor(() => gateway.messages.length === 1);
    const closed = client.close();
    expect((await errorOf(client.report(draftOf(1)))).code).toBe('CLOSED');
    release.resolve('answer');
    expect(await report).toMatchObject({ sequence: 1 });
    await closed;
    await client.close();
  });

  test('does not wait longer than the deadline', async () => {
    gateway.faults.conduct = () => 'hang';
    const client = clientOf({ deadline: 100 });
    const report = errorOf(client.report(draftOf(0)));
    await client.close();
    expect((await report).code).toBe('DEADLINE_EXCEEDED');
  });
});
