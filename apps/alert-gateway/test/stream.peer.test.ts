import { describe, expect, test } from '@jest/globals';
import { AlertSeverity } from '@therapytrain/alerts-core';
import { draftOf, waitFor } from '@therapytrain/alerts-testkit';
import type { Metadata } from '@grpc/grpc-js';
import { blindObserver } from '../src/observer.ts';
import { createTokens } from '../src/stream/cursor.ts';
import { hubDefaults } from '../src/stream/hub.ts';
import { openGateway, rawStream, report, seenBy, subscribeTo } from './support.ts';
import { bytesField, numberField } from './support/bytes.ts';

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);
const cursorKey = new Uint8Array(32).fill(9);
const tokens = createTokens(cursorKey);
const place = (cursor: string | undefined, filter = ''): number => tokens.read('stream', filter, cursor ?? '');
const smallTail = { ...hubDefaults, tail: { maxAlerts: 10, maxBytes: 100_000 } };

describe('a stream begins', () => {
  test('with the oldest alert, and goes on with what is kept then', async () => {
    const gateway = await openGateway({ inMemory: true });
    await gateway.fill(30);
    const stream = subscribeTo(gateway.client, 'start');
    await stream.upTo(30);
    await gateway.fill(5, 30);
    await stream.upTo(35);
    expect(stream.sequences()).toEqual(range(1, 35));
    expect(stream.alerts[34]?.alert).toMatchObject({ dedupKey: 'case-34', message: draftOf(34).message });
  });

  test('with what is kept from now on', async () => {
    const gateway = await openGateway({ inMemory: true });
    await gateway.fill(10);
    const stream = subscribeTo(gateway.client, 'now');
    await stream.begun();
    const { response } = await report(gateway.client);
    await stream.upTo(1);
    expect(stream.sequences()).toEqual([Number(response?.sequence)]);
  });

  test('after a cursor, of an alert or of a heartbeat, also past the end and after a restart', async () => {
    const first = await openGateway({ hub: { heartbeat: 20 } });
    await first.fill(10);
    const stream = subscribeTo(first.client, 'start');
    await stream.upTo(10);
    // Those that came before the alerts tell of the places before them.
    const early = stream.heartbeats.length;
    await waitFor(() => stream.heartbeats.length > early, { what: 'a heartbeat' });
    const cursors = [stream.alerts[3]?.cursor ?? '', stream.heartbeats.at(-1)?.cursor ?? ''];
    await first.stop();
    const second = await openGateway({ directory: first.directory });
    const streams = cursors.map((cursor) => subscribeTo(second.client, { cursor }));
    await streams[0]?.upTo(6);
    await second.fill(2, 10);
    await streams[0]?.upTo(8);
    await streams[1]?.upTo(2);
    expect(streams.map((each) => each.sequences())).toEqual([range(5, 12), range(11, 12)]);
  });

  test('with the first alert that was received at a time or later', async () => {
    const gateway = await openGateway({ inMemory: true });
    const times: number[] = [];
    for (let at = 0; at < 4; at++) {
      await waitFor(() => Date.now() > (times.at(-1) ?? 0));
      await gateway.fill(2, 2 * at);
      const { alerts } = await gateway.log.readBack(gateway.log.bounds().newest, 1);
      expect(alerts).toHaveLength(1);
      times.push(Date.now());
      await waitFor(() => Date.now() > (times.at(-1) ?? 0));
    }
    const all = subscribeTo(gateway.client, 'start');
    await all.upTo(8);
    const receivedAt = all.alerts.map(({ alert }) => alert.receivedAt?.getTime() ?? 0);
    const from = async (since: number, count: number): Promise<number[]> => {
      const stream = subscribeTo(gateway.client, { since: new Date(since) });
      await stream.upTo(count);
      stream.cancel();
      return stream.sequences();
    };
    expect(await from(0, 8)).toEqual(range(1, 8));
    expect(await from(-1e12, 8)).toEqual(range(1, 8));
    expect(await from(receivedAt[4] ?? 0, 4)).toEqual(range(5, 8));
    expect(await from((receivedAt[5] ?? 0) + 1, 2)).toEqual(range(7, 8));
    const later = subscribeTo(gateway.client, { since: new Date((receivedAt[7] ?? 0) + 1) });
    await later.begun();
    await gateway.fill(1, 8);
    await later.upTo(1);
    expect(later.sequences()).toEqual([9]);
  });

  test('and tells the version that it speaks to', async () => {
    const gateway = await openGateway({ inMemory: true, version: '1.2.3' });
    const { call } = subscribeTo(gateway.client, 'now');
    const metadata = await new Promise<Metadata>((resolve) => void call.on('metadata', resolve));
    expect(metadata.get('alerts-version')).toEqual(['1.2.3']);
  });

  test('nowhere where the start is none', async () => {
    const { client } = await openGateway({ inMemory: true });
    const seconds = (value: number): number[] => bytesField(3, numberField(1, value));
    for (const [message, field] of [
      [numberField(4, 0), 'from_start'],
      [seconds(253_402_300_800), 'since'],
      [seconds(2 ** 53), 'since'],
    ] as const) {
      const { refusal: refused } = await rawStream(client, 'StreamAlerts', [Uint8Array.from(message)]);
      expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'FIELD_INVALID' });
      expect(Object.keys(refused?.fields ?? {})).toEqual([field]);
    }
  });
});

describe('heartbeats', () => {
  test('come while there is nothing to tell, with a cursor and the time', async () => {
    const gateway = await openGateway({ inMemory: true, cursorKey, hub: { heartbeat: 30 } });
    await gateway.fill(3);
    const stream = subscribeTo(gateway.client, 'now');
    await waitFor(() => stream.heartbeats.length >= 3, { what: 'heartbeats' });
    for (const { cursor, serverTime } of stream.heartbeats) {
      expect(place(cursor)).toBe(3);
      expect(Math.abs(Date.now() - (serverTime?.getTime() ?? 0))).toBeLessThan(10_000);
    }
  });

  test('do not come while there is something to tell', async () => {
    const gateway = await openGateway({ inMemory: true, hub: { heartbeat: 60_000 } });
    const stream = subscribeTo(gateway.client, 'start');
    await gateway.fill(100);
    await stream.upTo(100);
    expect(stream.heartbeats).toEqual([]);
  });

  test('move on where nothing matches, so that nobody looks at the same part of the log twice', async () => {
    const filter = 'source == "nobody"';
    const gateway = await openGateway({ inMemory: true, cursorKey, hub: { ...smallTail, heartbeat: 20 } });
    await gateway.fill(2_000);
    const stream = subscribeTo(gateway.client, 'start', filter);
    await waitFor(() => stream.cursor !== undefined && place(stream.cursor, filter) === 2_000, {
      what: 'the end of the log',
    });
    await gateway.fill(10, 2_000);
    await waitFor(() => place(stream.cursor, filter) === 2_010, { what: 'the new end of the log' });
    expect(stream.alerts).toEqual([]);
  });
});

describe('a filter', () => {
  test('lets pass what matches, live and from the disk, and errs on nobody', async () => {
    const gateway = await openGateway({ inMemory: true, hub: smallTail });
    const isRead = (n: number): boolean => n % 3 === 0;
    const draft = (n: number) => ({
      ...draftOf(n),
      metadata: n % 3 === 2 ? {} : { attempts: isRead(n) ? 5 : 1 },
    });
    // On every third alert it fails: the key is not there.
    const filter = 'metadata.attempts > 3 || severity > CRITICAL';
    await gateway.fill(300, 0, draft);
    const stream = subscribeTo(gateway.client, 'start', filter);
    await stream.upTo(100);
    await gateway.fill(30, 300, draft);
    await stream.upTo(110);
    expect(stream.sequences()).toEqual(
      range(0, 329)
        .filter(isRead)
        .map((n) => n + 1),
    );
  });

  test('that is none is refused, with the place of the fault and without what it holds', async () => {
    const { client } = await openGateway({ inMemory: true });
    const refused = await subscribeTo(client, 'start', 'severity >= HIGH &&\n  message == "zq7canary" + 1').refused();
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'FILTER_INVALID' });
    expect(refused.fields['filter']).toMatch(/line 2, column \d+/);
    expect(seenBy(refused)).not.toContain('zq7canary');
  });

  test('is compiled once for all who have it, and forgotten with the last of them', async () => {
    let subscribers = (): number => 0;
    const observer = {
      ...blindObserver,
      watch: (state: () => { readonly subscribers: number }) => void (subscribers = () => state().subscribers),
    };
    const gateway = await openGateway({ inMemory: true, observer });
    const filter = 'severity >= HIGH';
    const streams = Array.from({ length: 5 }, () => subscribeTo(gateway.client, 'start', filter));
    await Promise.all(streams.map((each) => each.begun()));
    await waitFor(() => subscribers() === 5);
    await gateway.fill(10);
    await Promise.all(streams.map((each) => each.upTo(1)));
    for (const each of streams) each.cancel();
    await waitFor(() => subscribers() === 0, { what: 'nobody' });
    const again = subscribeTo(gateway.client, 'start', filter);
    await again.upTo(1);
    expect(again.sequences()[0]).toBe(streams[0]?.sequences()[0]);
  });
});

test('a thousand subscribers on ten connections each get everything, once, in order', async () => {
  const gateway = await openGateway();
  await gateway.fill(10);
  const connections = range(1, 10).map(() => gateway.connect({ 'grpc.use_local_subchannel_pool': 1 }));
  const filters = ['', 'severity >= HIGH', 'severity >= LOW'];
  const streams = connections.flatMap((client) =>
    range(1, 100).map((at) => ({
      filter: filters[at % 3] ?? '',
      start: at % 10 === 0 ? 1 : 11,
      stream: subscribeTo(client, at % 10 === 0 ? 'start' : 'now', filters[at % 3]),
    })),
  );
  await Promise.all(streams.map(({ stream }) => stream.begun()));
  await gateway.fill(10, 10);
  const passes = (filter: string, n: number): boolean =>
    filter !== 'severity >= HIGH' || (draftOf(n).severity ?? 0) >= AlertSeverity.HIGH;
  for (const { filter, start, stream } of streams) {
    const expected = range(start, 20).filter((sequence) => passes(filter, sequence - 1));
    await stream.upTo(expected.length);
    expect(stream.sequences()).toEqual(expected);
  }
});
