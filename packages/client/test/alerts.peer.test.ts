import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { AlertError, joinFields, systemClock, systemRandom } from '@therapytrain/alerts-core';
import { draftOf, waitFor } from '@therapytrain/alerts-testkit';
import { createLink } from '../src/link.ts';
import { type AlertClient, type AlertClientOptions, createAlertClient, type StreamState } from '../src/index.ts';
import { alertClientOptions } from '../src/options.ts';
import { createSubscribe } from '../src/stream/subscribe.ts';
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
  const retry = { initialDelay: 5, maxDelay: 20 };
  const client = createAlertClient({ address: gateway.address, retry, ...options });
  clients.push(client);
  return client;
};

const keep = (from: number, to: number): void => {
  for (let n = from; n < to; n++) gateway.log.keep(draftOf(n), 'auth-service');
};

/** Takes so many alerts and leaves; gives their dedup keys. */
const take = async (alerts: ReturnType<AlertClient['alerts']>, count: number): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { alert } of alerts) {
    keys.push(alert.dedupKey);
    if (keys.length === count) break;
  }
  return keys;
};

const cases = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, n) => `case-${from + n}`);

const errorOf = (alerts: ReturnType<AlertClient['alerts']>): Promise<AlertError> =>
  take(alerts, 1_000_000).then(
    () => Promise.reject(new Error('it was expected to fail')),
    (error: unknown) => error as AlertError,
  );

beforeEach(async () => {
  gateway = await startSmallGateway();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
  gateway.stop();
});

describe('alerts', () => {
  test('are what the log holds, then what comes', async () => {
    keep(0, 3);
    const alerts = take(clientOf().alerts({ fromStart: true }), 5);
    await waitFor(() => gateway.subscriptions() === 1);
    keep(3, 5);
    expect(await alerts).toEqual(cases(0, 5));
  });

  test('are only new ones unless a start is given', async () => {
    keep(0, 3);
    const states: StreamState['kind'][] = [];
    const alerts = take(clientOf().alerts({ onState: ({ kind }) => void states.push(kind) }), 1);
    await waitFor(() => states.includes('open'));
    keep(3, 4);
    expect(await alerts).toEqual(cases(3, 4));
    expect(states).toEqual(['connecting', 'open']);
  });

  test('come with the cursor that resumes after them', async () => {
    keep(0, 4);
    const client = clientOf();
    const seen: string[] = [];
    for await (const { cursor } of client.alerts({ fromStart: true })) {
      seen.push(cursor);
      if (seen.length === 2) break;
    }
    expect(await take(client.alerts({ cursor: seen[1] }), 2)).toEqual(cases(2, 4));
  });

  test('are whole', async () => {
    keep(0, 1);
    for await (const { alert } of clientOf().alerts({ fromStart: true })) {
      expect(alert).toEqual(gateway.log.kept[0]?.alert);
      break;
    }
  });

  test('leave nothing open at the gateway after a break', async () => {
    keep(0, 2);
    await take(clientOf().alerts({ fromStart: true }), 1);
    keep(2, 3);
    await waitFor(() => gateway.openStreams() === 0);
  });

  test.each<[string, Parameters<AlertClient['alerts']>[0]]>([
    ['two starts', { cursor: 'c1', fromStart: true }],
    ['no time', { since: new Date(Number.NaN) }],
    ['three starts', { cursor: 'c1', since: new Date(0), fromStart: true }],
  ])('are refused for %s', async (_, options) => {
    expect((await errorOf(clientOf().alerts(options))).code).toBe('FIELD_INVALID');
  });
});

describe('alerts end', () => {
  test('without an error when the signal is aborted', async () => {
    const over = new AbortController();
    const alerts = take(clientOf().alerts({ fromStart: true, signal: over.signal }), 5);
    await waitFor(() => gateway.subscriptions() === 1);
    over.abort();
    expect(await alerts).toEqual([]);
  });

  test('at once when it is aborted, although more has arrived', async () => {
    keep(0, 50);
    const over = new AbortController();
    const keys: string[] = [];
    for await (const { alert } of clientOf().alerts({ fromStart: true, signal: over.signal })) {
      keys.push(alert.dedupKey);
      if (keys.length === 2) over.abort();
    }
    expect(keys).toEqual(cases(0, 2));
  });

  test('without an error when it is aborted while the client waits to connect', async () => {
    gateway.stop();
    const over = new AbortController();
    const states: StreamState['kind'][] = [];
    const retry = { initialDelay: 60_000, maxDelay: 60_000 };
    const onState = ({ kind }: StreamState): void => void states.push(kind);
    const alerts = take(clientOf({ retry }).alerts({ signal: over.signal, onState }), 5);
    await waitFor(() => states.includes('waiting'));
    over.abort();
    expect(await alerts).toEqual([]);
  });

  test('without an error when it is aborted by who is told of the state', async () => {
    const over = new AbortController();
    expect(await take(clientOf().alerts({ signal: over.signal, onState: () => over.abort() }), 5)).toEqual([]);
  });

  test('when the client is closed', async () => {
    const client = clientOf();
    const alerts = take(client.alerts({ fromStart: true }), 5);
    await waitFor(() => gateway.subscriptions() === 1);
    await client.close();
    expect(await alerts).toEqual([]);
    expect(await take(client.alerts(), 5)).toEqual([]);
  });

  test.each(['CURSOR_EXPIRED', 'CURSOR_INVALID', 'FILTER_INVALID', 'FIELD_INVALID', 'SOURCE_INVALID'] as const)(
    'with %s, which waiting cannot mend',
    async (code) => {
      gateway.faults.script = () => ({ after: 0, end: new AlertError(code, 'no') });
      expect((await errorOf(clientOf().alerts())).code).toBe(code);
      expect(gateway.subscriptions()).toBe(1);
    },
  );

  test('with OVERLOADED where the gateway does not say when to come back', async () => {
    gateway.faults.script = () => ({ after: 0, end: new AlertError('OVERLOADED', 'no') });
    expect((await errorOf(clientOf().alerts())).code).toBe('OVERLOADED');
  });

  test('with MESSAGE_MALFORMED for what is not an event', async () => {
    gateway.faults.script = () => ({ preface: [joinFields([[1, Buffer.of(0x0a, 0xff)]])] });
    expect((await errorOf(clientOf().alerts())).code).toBe('MESSAGE_MALFORMED');
  });
});

describe('alerts go on, each once and in order,', () => {
  const ends = ['draining', 'finish'] as const;
  const errors = ['GATEWAY_UNAVAILABLE', 'DRAINING', 'STORE_UNAVAILABLE', 'SUBSCRIBER_TOO_SLOW'] as const;

  test.each(ends)('after the gateway ends the stream by %s', async (end) => {
    keep(0, 9);
    gateway.faults.script = () => ({ after: 3, end });
    expect(await take(clientOf().alerts({ fromStart: true }), 9)).toEqual(cases(0, 9));
    expect(gateway.subscriptions()).toBeGreaterThanOrEqual(3);
  });

  test.each(errors)('after %s', async (code) => {
    keep(0, 9);
    gateway.faults.script = () => ({ after: 3, end: new AlertError(code, 'later') });
    expect(await take(clientOf().alerts({ fromStart: true }), 9)).toEqual(cases(0, 9));
  });

  test('after OVERLOADED, when the gateway has said to come back', async () => {
    keep(0, 4);
    gateway.faults.script = () => ({ after: 2, end: new AlertError('OVERLOADED', 'later', { retryAfter: 80 }) });
    const begun = performance.now();
    expect(await take(clientOf().alerts({ fromStart: true }), 4)).toEqual(cases(0, 4));
    expect(performance.now() - begun).toBeGreaterThanOrEqual(79);
  });

  test('although the gateway tells some twice', async () => {
    keep(0, 9);
    gateway.faults.script = () => ({ after: 4, stutter: true });
    expect(await take(clientOf().alerts({ fromStart: true }), 9)).toEqual(cases(0, 9));
  });

  test('and past events of a kind that is not known', async () => {
    keep(0, 2);
    gateway.faults.script = () => ({ preface: [joinFields([[9, 'news']])] });
    expect(await take(clientOf().alerts({ fromStart: true }), 2)).toEqual(cases(0, 2));
  });

  test('from the heartbeat on, where nothing matched for a while', async () => {
    keep(0, 2);
    gateway.faults.script = (opened) => (opened === 1 ? { after: 0, beat: 2 } : {});
    const alerts = take(clientOf().alerts(), 1);
    await waitFor(() => gateway.subscriptions() === 2);
    keep(2, 3);
    expect(await alerts).toEqual(cases(2, 3));
    expect(gateway.starts).toEqual([undefined, 'cursor']);
  });

  test('from when it was opened, where not even a heartbeat came', async () => {
    const client = clientOf();
    const proxy = await proxyOf();
    const states: StreamState['kind'][] = [];
    const options = { onState: ({ kind }: StreamState) => void states.push(kind) };
    const alerts = take(clientOf({ address: proxy.address }).alerts(options), 1);
    await waitFor(() => states.includes('open'));
    proxy.cut();
    await waitFor(() => states.filter((kind) => kind === 'open').length === 2);
    expect(gateway.starts).toEqual([undefined, 'since']);
    await client.close();
    await clients.at(-1)?.close();
    expect(await alerts).toEqual([]);
  });

  test('when the gateway is killed and started again', async () => {
    keep(0, 3);
    const { port, log } = gateway;
    const alerts = take(clientOf().alerts({ fromStart: true }), 6);
    await waitFor(() => gateway.subscriptions() === 1);
    gateway.stop();
    keep(3, 6);
    gateway = await startSmallGateway({ port, log });
    expect(await alerts).toEqual(cases(0, 6));
  });

  test('over a new connection, when the gateway says nothing for too long', async () => {
    const proxy = await proxyOf();
    const settings = alertClientOptions.parse({ address: proxy.address });
    const link = createLink(settings, {});
    const over = new AbortController();
    const subscribe = createSubscribe({
      link,
      clock: systemClock,
      random: systemRandom,
      backoff: () => 1,
      silence: 100,
      signal: over.signal,
    });
    keep(0, 1);
    const alerts = take(subscribe({ fromStart: true }), 2);
    await waitFor(() => gateway.subscriptions() === 1);
    proxy.freeze();
    keep(1, 2);
    expect(await alerts).toEqual(cases(0, 2));
    expect(proxy.connections()).toBeGreaterThanOrEqual(2);
    over.abort();
    link.close();
  });
});

describe('a slow consumer', () => {
  test('holds the gateway back instead of filling memory', async () => {
    const count = 5_000;
    keep(0, count);
    let taken = 0;
    let written = 0;
    for await (const _ of clientOf().alerts({ fromStart: true })) {
      if (++taken === 10) written = await gateway.quiet();
      if (taken === count) break;
    }
    // What the windows and buffers on the way hold.
    expect(written).toBeLessThan(1_500);
    expect(taken).toBe(count);
  });

  test('is not taken for a dead connection', async () => {
    keep(0, 3);
    const link = createLink(alertClientOptions.parse({ address: gateway.address }), {});
    const over = new AbortController();
    const subscribe = createSubscribe({
      link,
      clock: systemClock,
      random: systemRandom,
      backoff: () => 1,
      silence: 40,
      signal: over.signal,
    });
    const keys: string[] = [];
    for await (const { alert } of subscribe({ fromStart: true })) {
      await systemClock.sleep(60);
      keys.push(alert.dedupKey);
      if (keys.length === 3) break;
    }
    expect(keys).toEqual(cases(0, 3));
    expect(gateway.subscriptions()).toBe(1);
    over.abort();
    link.close();
  });
});
