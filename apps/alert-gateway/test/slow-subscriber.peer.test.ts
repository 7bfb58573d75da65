import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { StreamAlertsResponse } from '@therapytrain/alerts-api';
import { waitFor } from '@therapytrain/alerts-testkit';
import { blindObserver } from '../src/observer.ts';
import { createTokens } from '../src/stream/cursor.ts';
import { openGateway, subscribeTo, type TestGatewayOptions } from './support.ts';
import { streamRequest } from './support/load.ts';
import { type PlainCall, plainCall } from './support/plain-http2.ts';

const MiB = 1024 * 1024;
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is in use, and what the process takes of the machine, in MiB. */
const memory = (): { readonly used: number; readonly resident: number } => {
  // What the first round lets go of may have held buffers outside of the heap.
  collectGarbage();
  collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { used: (heapUsed + external) / MiB, resident: rss / MiB };
};

const cursorKey = new Uint8Array(32).fill(5);
const place = (cursor: string): number => createTokens(cursorKey).read('stream', '', cursor);

/** A gateway, and why streams of it were ended. */
const gatewayWith = async (options: TestGatewayOptions) => {
  const ended: string[] = [];
  const hub = { delivered: () => {}, ended: (reason: string) => void ended.push(reason) };
  return { ended, ...(await openGateway({ cursorKey, observer: { ...blindObserver, hub }, ...options })) };
};

test('a subscriber that reads nothing costs little, is ended with its cursor, and misses nothing by it', async () => {
  const { gateway, fill, ended } = await gatewayWith({ hub: { stall: 3_000 } });
  const subscribe = (from: string | undefined, take: (message: Buffer) => void): PlainCall => {
    const call = plainCall(gateway.address, 'StreamAlerts', take);
    call.send(streamRequest(from));
    call.halfClose();
    return call;
  };
  // One who reads fills what is there for all: the tail, the encoded events, the buffers of the sockets.
  let control = 0;
  const reader = subscribe(undefined, () => void control++);
  const warm = 40_000;
  await fill(warm);
  await waitFor(() => control === warm, { what: 'one who reads', deadline: 60_000 });
  reader.cancel();
  const before = memory();

  const sequences: number[] = [];
  const take = (message: Buffer): void => {
    const { event } = StreamAlertsResponse.decode(message);
    if (event?.$case === 'alert') sequences.push(Number(event.value.alert?.sequence));
  };
  const slow = subscribe(undefined, take);
  await waitFor(() => sequences.length > 0, { what: 'the first alerts' });
  slow.pause();
  await fill(100_000, warm);
  await waitFor(() => ended.includes('SUBSCRIBER_TOO_SLOW'), { what: 'the end of one who reads nothing' });
  const after = memory();
  // What it was not given would be 60 MiB and more.
  expect(after.used - before.used).toBeLessThan(24);
  expect(after.resident - before.resident).toBeLessThan(128);

  slow.resume();
  const refusal = await slow.ended();
  expect(refusal).toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'SUBSCRIBER_TOO_SLOW', retryAfter: 1_000 });
  const cursor = String(refusal?.trailers?.get('alerts-cursor')[0]);
  expect(sequences.length).toBeLessThan(10_000);
  expect(place(cursor)).toBe(sequences.length);

  subscribe(cursor, take);
  await waitFor(() => sequences.length >= warm + 100_000, { what: 'all that was missed', deadline: 60_000 });
  expect(sequences).toEqual(range(1, warm + 100_000));
  expect(ended).toEqual(['CANCELLED', 'SUBSCRIBER_TOO_SLOW']);
}, 180_000);

test('the usual client goes on after the last event that it was given', async () => {
  const { client, fill, ended } = await gatewayWith({ inMemory: true, hub: { stall: 2_000 } });
  await fill(5_000);
  const slow = subscribeTo(client, 'start');
  await slow.upTo(1);
  slow.call.pause();
  await waitFor(() => ended.length > 0, { what: 'the end of one who reads nothing' });
  slow.call.resume();
  expect(await slow.ended()).toMatchObject({ reason: 'SUBSCRIBER_TOO_SLOW' });
  const resumed = subscribeTo(client, { cursor: slow.alerts.at(-1)?.cursor ?? '' });
  await resumed.upTo(5_000 - slow.alerts.length);
  expect([...slow.sequences(), ...resumed.sequences()]).toEqual(range(1, 5_000));
});

test('one who reads slowly, but reads, is not ended', async () => {
  const { client, fill, ended } = await gatewayWith({ inMemory: true, hub: { stall: 2_000 } });
  await fill(3_000);
  const stream = subscribeTo(client, 'start');
  const began = performance.now();
  // Reads a little, then nothing for a part of the time that it may take nothing.
  const read = (): void => {
    stream.call.resume();
    setImmediate(() => {
      if (stream.alerts.length === 3_000) return;
      stream.call.pause();
      setTimeout(read, 300);
    });
  };
  read();
  await stream.upTo(200);
  await waitFor(() => performance.now() - began > 4_500, { what: 'more than twice the time' });
  expect(ended).toEqual([]);
  stream.call.resume();
});
