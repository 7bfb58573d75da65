import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { AlertError } from '@therapytrain/alerts-core';
import { draftOf } from '@therapytrain/alerts-testkit';
import { type AlertClient, createAlertClient } from '../src/index.ts';
import { type SmallGateway, startSmallGateway } from './support/small-gateway.ts';

jest.setTimeout(30_000);

let gateway: SmallGateway;
let client: AlertClient;

const fails = (promise: Promise<unknown>): Promise<AlertError> =>
  promise.then(
    () => Promise.reject(new Error('it was expected to fail')),
    (error: unknown) => error as AlertError,
  );

beforeEach(async () => {
  gateway = await startSmallGateway();
  client = createAlertClient({
    address: gateway.address,
    deadline: 2_000,
    retry: { attempts: 3, initialDelay: 5, maxDelay: 10 },
  });
  for (let n = 0; n < 5; n++) gateway.log.keep(draftOf(n), 'auth-service');
});

afterEach(async () => {
  await client.close();
  gateway.stop();
});

describe('get', () => {
  test('gives the alert', async () => {
    const { alert } = gateway.log.kept[2] ?? {};
    expect(await client.get(alert?.id ?? '')).toEqual(alert);
  });

  test('rejects with what the gateway says', async () => {
    expect((await fails(client.get('0190a0b0-0000-7000-8000-000000000000'))).code).toBe('ALERT_NOT_FOUND');
  });
});

describe('list', () => {
  test('gives page after page, newest first', async () => {
    const first = await client.list({ pageSize: 3 });
    expect(first.alerts.map(({ sequence }) => sequence)).toEqual([5, 4, 3]);
    const second = await client.list({ pageSize: 3, pageToken: first.nextPageToken });
    expect(second.alerts.map(({ sequence }) => sequence)).toEqual([2, 1]);
    expect(second.nextPageToken).toBe('');
  });
});

test('health tells status, version and how long it took', async () => {
  expect(await client.health()).toEqual({
    status: 'SERVING',
    service: 'SERVING',
    version: '9.8.7',
    roundTrip: expect.any(Number),
  });
});

describe('a question', () => {
  const failTimes = (times: number, error: AlertError): (() => number) => {
    let asked = 0;
    gateway.faults.unary = () => (++asked <= times ? error : undefined);
    return () => asked;
  };

  test('is asked again where that may help', async () => {
    const asked = failTimes(2, new AlertError('STORE_UNAVAILABLE', 'later', { retryAfter: 1 }));
    expect((await client.list()).alerts).toHaveLength(5);
    expect(asked()).toBe(3);
  });

  test('is not asked more often than may be', async () => {
    const asked = failTimes(9, new AlertError('STORE_UNAVAILABLE', 'later'));
    expect((await fails(client.list())).code).toBe('STORE_UNAVAILABLE');
    expect(asked()).toBe(3);
  });

  test('is not asked again where waiting would take longer than the deadline', async () => {
    const asked = failTimes(9, new AlertError('OVERLOADED', 'later', { retryAfter: 60_000 }));
    expect((await fails(client.list())).code).toBe('OVERLOADED');
    expect(asked()).toBe(1);
  });

  test('is not asked again where that cannot help', async () => {
    const asked = failTimes(9, new AlertError('FILTER_INVALID', 'no'));
    expect((await fails(client.list({ filter: 'x' }))).code).toBe('FILTER_INVALID');
    expect(asked()).toBe(1);
  });

  test('to a gateway that is not there fails, and to a closed client too', async () => {
    gateway.stop();
    expect((await fails(client.health())).code).toBe('GATEWAY_UNAVAILABLE');
    await client.close();
    expect((await fails(client.get('x'))).code).toBe('CLOSED');
  });
});
