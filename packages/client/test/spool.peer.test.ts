import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { AlertError, type AlertSeverity } from '@therapytrain/alerts-core';
import { draftOf, epoch, requestIdOf, waitFor } from '@therapytrain/alerts-testkit';
import {
  type AlertClient,
  type AlertClientOptions,
  type AlertClientParts,
  createAlertClient,
  type SpooledReport,
} from '../src/index.ts';
import { type SmallGateway, startSmallGateway } from './support/small-gateway.ts';

jest.setTimeout(30_000);

let gateway: SmallGateway;
let directory: string;
const clients: AlertClient[] = [];

const clientOf = (spool: object = {}, parts: AlertClientParts = {}, options: AlertClientOptions = {}): AlertClient => {
  const retry = { attempts: 2, initialDelay: 5, maxDelay: 20 };
  const client = createAlertClient(
    { address: gateway.address, retry, spool: { directory, ...spool }, ...options },
    parts,
  );
  clients.push(client);
  return client;
};

const errorOf = (promise: Promise<unknown>): Promise<AlertError> =>
  promise.then(
    () => Promise.reject(new Error('it was expected to be refused')),
    (error: unknown) => error as AlertError,
  );
const keptIds = (): string[] => gateway.log.kept.map(({ requestId }) => requestId);
const away = (): void => gateway.stop();
const back = async (): Promise<void> => {
  const { port, log, faults } = gateway;
  gateway = await startSmallGateway({ port, log, faults });
};
const severe = (n: number, severity: AlertSeverity) => ({ ...draftOf(n), severity });

beforeEach(async () => {
  directory = join(mkdtempSync(join(tmpdir(), 'client-')), 'spool');
  gateway = await startSmallGateway();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  gateway.stop();
  rmSync(join(directory, '..'), { recursive: true });
});

describe('with a spool, a report', () => {
  test('goes to the gateway while that is there', async () => {
    const client = clientOf();
    expect(await client.report(draftOf(0))).toMatchObject({ sequence: 1 });
    expect(client.spooled()).toBe(0);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  test('is kept while the gateway is away, and sent when it is back', async () => {
    const client = clientOf();
    away();
    expect(await client.report(draftOf(0))).toEqual({ spooled: true, requestId: requestIdOf(0) });
    expect(client.spooled()).toBe(1);
    await back();
    await waitFor(() => client.spooled() === 0);
    expect(keptIds()).toEqual([requestIdOf(0)]);
  });

  test('that was sent without an answer is kept by the gateway once', async () => {
    gateway.faults.conduct = ({ number }) => (number <= 2 ? 'keep and break' : 'answer');
    const { requestId: _, ...draft } = draftOf(0);
    const client = clientOf();
    expect(await client.report(draft)).toMatchObject({ spooled: true });
    await waitFor(() => client.spooled() === 0);
    expect(gateway.log.kept).toHaveLength(1);
  });

  test('keeps the time at which it happened', async () => {
    const { requestId: _, ...draft } = draftOf(0);
    const clock = { now: () => epoch + 5, monotonic: () => performance.now(), sleep: realSleep };
    const client = clientOf({}, { clock });
    away();
    await client.report(draft);
    await client.report({ ...draft, occurredAt: epoch });
    await back();
    await waitFor(() => client.spooled() === 0);
    expect(gateway.log.kept.map(({ alert }) => alert.occurredAt)).toEqual([epoch + 5, epoch]);
  });

  test('is spooled at once while the gateway is known to be away', async () => {
    const client = clientOf({}, {}, { retry: { attempts: 2, initialDelay: 2_000, maxDelay: 2_000 } });
    away();
    await client.report(draftOf(0));
    const begun = performance.now();
    await Promise.all(Array.from({ length: 500 }, (_, n) => client.report(draftOf(n + 1))));
    expect(client.spooled()).toBe(501);
    expect(performance.now() - begun).toBeLessThan(1_500);
  });

  test('that the gateway sheds too often is spooled too, but others still go there', async () => {
    gateway.faults.refuse = ({ dedupKey }) =>
      dedupKey === 'case-0' ? new AlertError('OVERLOADED', 'later', { retryAfter: 20 }) : undefined;
    const client = clientOf();
    expect(await client.report(draftOf(0))).toMatchObject({ spooled: true });
    expect(await client.report(draftOf(1))).toMatchObject({ sequence: 1 });
    gateway.faults.refuse = undefined;
    await waitFor(() => client.spooled() === 0);
    expect(keptIds()).toEqual([1, 0].map(requestIdOf));
  });

  test('that the gateway refuses for good is refused', async () => {
    gateway.faults.refuse = () => new AlertError('FIELD_INVALID', 'no');
    expect((await errorOf(clientOf().report(draftOf(0)))).code).toBe('FIELD_INVALID');
  });
});

describe('what is in the spool', () => {
  test('goes out with the most severe first, the oldest within a severity, over many rounds', async () => {
    const count = 3_000;
    const client = clientOf();
    away();
    const severityOf = (n: number): AlertSeverity => (((n * 7) % 4) + 1) as AlertSeverity;
    await client.report(severe(0, severityOf(0)));
    for (let n = 1; n < count; n += 100) {
      const hundred = Array.from({ length: Math.min(100, count - n) }, (_, m) => n + m);
      await Promise.all(hundred.map((each) => client.report(severe(each, severityOf(each)))));
    }
    expect(client.spooled()).toBe(count);
    await back();
    await waitFor(() => client.spooled() === 0);
    const order = Array.from({ length: count }, (_, n) => n).sort((a, b) => severityOf(b) - severityOf(a) || a - b);
    expect(keptIds()).toEqual(order.map(requestIdOf));
  });

  test('is sent by the next process', async () => {
    const first = clientOf();
    away();
    await Promise.all([0, 1, 2].map((n) => first.report(draftOf(n))));
    await first.close();
    await back();
    const second = clientOf();
    await waitFor(() => gateway.log.kept.length === 3);
    await waitFor(() => second.spooled() === 0);
  });

  test('leaves it when the gateway refuses it for good, and that is told', async () => {
    const refused: [SpooledReport, AlertError][] = [];
    const onRefused = (report: SpooledReport, error: AlertError): void => {
      refused.push([report, error]);
      throw new Error('a listener must not be able to do harm');
    };
    const client = clientOf({}, { onRefused });
    await client.report(draftOf(1));
    away();
    await client.report(draftOf(0));
    await client.report({ ...draftOf(1), message: 'something else' });
    gateway.faults.refuse = ({ dedupKey }) =>
      dedupKey === 'case-0' ? new AlertError('FIELD_INVALID', 'no') : undefined;
    await back();
    await waitFor(() => refused.length === 2 && client.spooled() === 0);
    expect(refused.map(([{ requestId }, { code }]) => [requestId, code]).sort()).toEqual([
      [requestIdOf(0), 'FIELD_INVALID'],
      [requestIdOf(1), 'REQUEST_ID_REUSED'],
    ]);
    expect(refused[0]?.[0].draft).toMatchObject({ type: draftOf(0).type, metadata: draftOf(0).metadata });
  });

  test('stays while the gateway refuses the client and not the report', async () => {
    const client = clientOf();
    away();
    await client.report(draftOf(0));
    gateway.faults.conduct = ({ number }) => (number <= 3 ? new AlertError('SOURCE_INVALID', 'no') : 'answer');
    await back();
    await waitFor(() => client.spooled() === 0);
    expect(keptIds()).toEqual([requestIdOf(0)]);
  });

  test('makes room for the more severe, and that is told; else it is full', async () => {
    const dropped: string[] = [];
    const client = clientOf({ maxAlerts: 3 }, { onDropped: ({ requestId }) => void dropped.push(requestId) });
    away();
    for (const [n, severity] of ([2, 1, 2] as const).entries()) await client.report(severe(n, severity));
    expect((await errorOf(client.report(severe(3, 1)))).code).toBe('SPOOL_FULL');
    await client.report(severe(4, 4));
    await client.report(severe(5, 4));
    expect(dropped).toEqual([requestIdOf(1), requestIdOf(2)]);
    await back();
    await waitFor(() => client.spooled() === 0);
    expect(keptIds()).toEqual([4, 5, 0].map(requestIdOf));
  });

  test('survives a close while the gateway does not answer', async () => {
    const client = clientOf({}, {}, { deadline: 200 });
    gateway.faults.conduct = () => 'hang';
    const report = client.report(draftOf(0));
    await waitFor(() => gateway.messages.length === 1);
    await client.close();
    expect(await report).toMatchObject({ spooled: true });
    gateway.faults.conduct = undefined;
    const next = clientOf();
    await waitFor(() => gateway.log.kept.length === 1);
    await waitFor(() => next.spooled() === 0);
  });
});

describe('a spool', () => {
  test("is one client's", async () => {
    const first = clientOf();
    await first.ready();
    const second = clientOf();
    expect((await errorOf(second.ready())).code).toBe('STORE_LOCKED');
    expect((await errorOf(second.report(draftOf(0)))).code).toBe('STORE_LOCKED');
    expect(await first.report(draftOf(0))).toMatchObject({ sequence: 1 });
  });

  test('that cannot be opened says so, and keeps no report from a gateway that is there', async () => {
    const client = clientOf({ directory: '/dev/null/spool' });
    const error = await errorOf(client.ready());
    expect(error.code).toBe('STORE_UNAVAILABLE');
    expect(error.message).not.toContain('/dev');
    expect(await client.report(draftOf(0))).toMatchObject({ sequence: 1 });
    away();
    expect((await errorOf(client.report(draftOf(1)))).code).toBe('STORE_UNAVAILABLE');
  });
});

const realSleep = async (span: number, signal?: AbortSignal): Promise<void> => {
  const { setTimeout: pause } = await import('node:timers/promises');
  await pause(span, undefined, signal ? { signal } : {});
};
