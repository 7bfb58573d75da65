import { describe, expect, test } from '@jest/globals';
import { AlertServiceClient } from '@therapytrain/alerts-api';
import { waitFor } from '@therapytrain/alerts-testkit';
import { credentials } from '@grpc/grpc-js';
import { after, openGateway, subscribeTo, temporaryDirectory } from './support.ts';
import { type Child, startChild } from './support/child.ts';
import { healthOf } from './support/health.ts';
import { eventsOf, numbers, type Reported, reportBatches, reportUnary, streamRequest } from './support/load.ts';
import { type PlainCall, plainCall } from './support/plain-http2.ts';

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Child => {
  const child = startChild(args, env);
  after(() => child.signal('SIGKILL'));
  return child;
};

const subscriber = (address: string, cursor?: string): PlainCall => {
  const call = plainCall(address, 'StreamAlerts');
  call.send(streamRequest(cursor));
  call.halfClose();
  return call;
};

test('SIGTERM under load: all that was kept was answered, all are told where to go on, and nothing is missed or doubled', async () => {
  const directory = await temporaryDirectory();
  const child = start(['--data', directory, '--listen', '127.0.0.1:0']);
  const address = await child.listening();
  const client = (): AlertServiceClient => {
    const made = new AlertServiceClient(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
    after(() => made.close());
    return made;
  };
  const health = healthOf(address).watch();
  const subscribers = range(1, 10).map(() => subscriber(address));
  const number = numbers();
  let stopped = false;
  const going = (): boolean => !stopped;
  const clients = range(1, 4).map(client);
  const unary = range(0, 15).map((at) => reportUnary(clients[at % 4] as AlertServiceClient, number, going));
  const batches = range(1, 2).map(() => reportBatches(address, number, 20, going));
  const quiet = reportBatches(address, number, 5, () => batches.every(({ call }) => call.messages.length === 0));
  await waitFor(() => subscribers.every((call) => call.messages.length > 300), { what: 'load', deadline: 60_000 });

  const began = performance.now();
  child.signal('SIGTERM');
  expect(await child.ended()).toEqual({ code: 0, signal: null });
  expect(performance.now() - began).toBeLessThan(20_000);
  stopped = true;

  const reported: Reported[] = await Promise.all([...unary, ...batches.map((each) => each.ended())]);
  expect((await quiet.ended()).refusals).toEqual([]);
  for (const { refusals } of reported) for (const { code } of refusals) expect(code).toBe('UNAVAILABLE');
  for (const { call } of batches) expect(await call.ended()).toMatchObject({ code: 'UNAVAILABLE', reason: 'DRAINING' });
  expect(health.told).toEqual(['SERVING', 'NOT_SERVING', 'ended with 14']);

  const cursors: string[] = [];
  for (const call of subscribers) {
    const refusal = await call.ended();
    expect(refusal).toMatchObject({ code: 'UNAVAILABLE', reason: 'DRAINING', retryAfter: 1_000 });
    const { sequences, last } = eventsOf(call);
    expect(sequences).toEqual(range(1, sequences.length));
    const cursor = String(refusal?.trailers?.get('alerts-cursor')[0]);
    expect(last).toMatchObject({ $case: 'draining', value: { cursor, retryDelay: { seconds: 1n, nanos: 0 } } });
    cursors.push(cursor);
  }

  const again = await openGateway({ directory });
  const acked = [...reported, await quiet.ended()].flatMap((each) => [...each.acked.values()]);
  const { newest } = again.log.bounds();
  // In order, what was acknowledged is what is kept: nothing else, nothing twice, nothing less.
  expect(acked.map(({ sequence }) => sequence).sort((one, other) => one - other)).toEqual(range(1, newest));
  for (const { alertId, sequence } of acked.slice(0, 200)) {
    expect((await again.log.find(alertId))?.sequence).toBe(sequence);
  }
  for (const [at, cursor] of cursors.entries()) {
    const { sequences: before } = eventsOf(subscribers[at] as PlainCall);
    const resumed = subscribeTo(again.client, { cursor });
    await resumed.upTo(newest - before.length);
    expect([...before, ...resumed.sequences()]).toEqual(range(1, newest));
    resumed.cancel();
  }
});

describe('one who reads nothing', () => {
  // More than a stream may have on its way.
  const much = 4_000;

  test('does not keep the gateway from ending', async () => {
    const gateway = await openGateway({ inMemory: true });
    await gateway.fill(much);
    const call = subscriber(gateway.gateway.address);
    await waitFor(() => call.messages.length > 0);
    call.pause();
    await waitFor(() => gateway.log.bounds().newest === much);
    const began = performance.now();
    await gateway.stop(500);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test('is waited for, until a second SIGTERM ends the process at once; and only one process may have the data', async () => {
    const directory = await temporaryDirectory();
    const before = await openGateway({ directory });
    await before.fill(much);
    await before.stop();
    const first = start(['--data', directory, '--listen', '127.0.0.1:0']);
    const address = await first.listening();

    const second = start(['--listen', '127.0.0.1:0'], { ALERTS_DATA: directory });
    expect(await second.ended()).toEqual({ code: 1, signal: null });
    expect(second.stderr()).toMatch(/^alert-gateway: another process has the data directory .* open/);

    const call = subscriber(address);
    await waitFor(() => call.messages.length > 0);
    call.pause();
    const health = healthOf(address).watch();
    await waitFor(() => health.told.length === 1);
    first.signal('SIGTERM');
    await waitFor(() => health.told.includes('NOT_SERVING'), { what: 'a gateway that is not ready' });
    const waiting = Symbol('waiting');
    const pause = new Promise<symbol>((resolve) => void setTimeout(() => resolve(waiting), 300));
    expect(await Promise.race([first.ended(), pause])).toBe(waiting);
    const began = performance.now();
    first.signal('SIGTERM');
    expect(await first.ended()).toEqual({ code: 1, signal: null });
    expect(performance.now() - began).toBeLessThan(5_000);

    const after = await openGateway({ directory });
    expect(after.log.bounds()).toMatchObject({ oldest: 0, newest: much });
  });
});

test('a gateway that others could reach does not start, says why, and ends with 1', async () => {
  const child = start(['--data', await temporaryDirectory(), '--listen', '0.0.0.0:0']);
  expect(await child.ended()).toEqual({ code: 1, signal: null });
  expect(child.stderr()).toMatch(/--listen 0\.0\.0\.0:0 can be reached from other machines.*alertctl init/);
});
