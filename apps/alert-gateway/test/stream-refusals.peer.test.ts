import { describe, expect, test } from '@jest/globals';
import { AlertError, type AlertLog } from '@therapytrain/alerts-core';
import { waitFor } from '@therapytrain/alerts-testkit';
import { blindObserver } from '../src/observer.ts';
import { createTokens } from '../src/stream/cursor.ts';
import { hubDefaults } from '../src/stream/hub.ts';
import { openGateway, type Refusal, seenBy, subscribeTo } from './support.ts';

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);
const cursorKey = new Uint8Array(32).fill(9);
const tokens = createTokens(cursorKey);
const place = (cursor: string | undefined, filter = ''): number => tokens.read('stream', filter, cursor ?? '');
const smallTail = { ...hubDefaults, tail: { maxAlerts: 10, maxBytes: 100_000 } };

describe('a cursor', () => {
  const filter = 'severity >= LOW';
  const refusedWith = async (
    client: Parameters<typeof subscribeTo>[0],
    cursor: string,
    by = filter,
  ): Promise<Refusal> => {
    const refused = await subscribeTo(client, { cursor }, by).refused();
    expect(refused.fields['cursor'] ?? 'is not ours').toBeDefined();
    expect(refused.trailers?.get('alerts-cursor')).toEqual([]);
    return refused;
  };

  test('of another filter, another use, or of the future is refused', async () => {
    const { client, fill } = await openGateway({ inMemory: true, cursorKey });
    await fill(5);
    const invalid = { code: 'INVALID_ARGUMENT', reason: 'CURSOR_INVALID' };
    const good = tokens.signer('stream', filter)(5);
    expect(await refusedWith(client, good, '')).toMatchObject(invalid);
    expect(await refusedWith(client, good, `${filter} `)).toMatchObject(invalid);
    expect(await refusedWith(client, tokens.signer('page', filter)(5))).toMatchObject(invalid);
    expect(await refusedWith(client, tokens.signer('stream', filter)(6))).toMatchObject(invalid);
    expect(await refusedWith(client, '')).toMatchObject(invalid);
    const canary = await refusedWith(client, 'zq7canary');
    expect(canary).toMatchObject(invalid);
    expect(seenBy(canary)).not.toContain('zq7canary');
  });

  test('with any byte changed is refused', async () => {
    const { client, fill } = await openGateway({ inMemory: true, cursorKey });
    await fill(5);
    const bytes = Buffer.from(tokens.signer('stream', filter)(5), 'base64url');
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 0x80;
      expect(await refusedWith(client, changed.toString('base64url'))).toMatchObject({ reason: 'CURSOR_INVALID' });
    }
  });

  test('whose alerts are past their retention says so, and never passes over them', async () => {
    const { client, fill, log } = await openGateway({ inMemory: true, cursorKey });
    await fill(50);
    await log.retain({ before: Date.now() + 1 });
    const { oldest } = log.bounds();
    expect(oldest).toBe(50);
    const sign = tokens.signer('stream', filter);
    expect(await refusedWith(client, sign(oldest - 1))).toMatchObject({
      code: 'OUT_OF_RANGE',
      reason: 'CURSOR_EXPIRED',
    });
    const stream = subscribeTo(client, { cursor: sign(oldest) }, filter);
    await stream.begun();
    await fill(3, 50);
    await stream.upTo(3);
    expect(stream.sequences()).toEqual(range(51, 53));
  });

  test('that expires while its subscriber is behind ends the stream there', async () => {
    let held: (() => void) | undefined;
    let reads = 0;
    // The second read of the disk waits until the rest of the log has gone.
    const wrap = (log: AlertLog): AlertLog => ({
      ...log,
      read: async (after, limit) => {
        if (++reads > 1) await new Promise<void>((resolve) => void (held = resolve));
        return log.read(after, limit);
      },
    });
    const gateway = await openGateway({ inMemory: true, cursorKey, wrap, hub: smallTail });
    await gateway.fill(1_000);
    const stream = subscribeTo(gateway.client, 'start');
    await waitFor(() => held, { what: 'the second read' });
    await gateway.log.retain({ before: Date.now() + 1 });
    held?.();
    const ended = await stream.refused();
    expect(ended).toMatchObject({ code: 'OUT_OF_RANGE', reason: 'CURSOR_EXPIRED' });
    const last = stream.sequences().at(-1) ?? 0;
    expect(stream.sequences()).toEqual(range(1, last));
    expect(place(String(ended.trailers?.get('alerts-cursor')[0]))).toBe(last);
  });
});

describe('what goes wrong', () => {
  test('with the disk ends every stream that needed it, each with its own place', async () => {
    const error = new AlertError('STORE_UNAVAILABLE', 'the log could not be read', { retryAfter: 1_500 });
    const wrap = (log: AlertLog): AlertLog => ({ ...log, read: () => Promise.reject(error) });
    const gateway = await openGateway({ inMemory: true, cursorKey, wrap, hub: smallTail });
    await gateway.fill(100);
    const streams = [10, 20, 30].map((at) => subscribeTo(gateway.client, { cursor: tokens.signer('stream', '')(at) }));
    const live = subscribeTo(gateway.client, 'now');
    await live.begun();
    for (const [at, each] of streams.entries()) {
      const ended = await each.refused();
      expect(ended).toMatchObject({ code: 'UNAVAILABLE', reason: 'STORE_UNAVAILABLE', retryAfter: 1_500 });
      expect(place(String(ended.trailers?.get('alerts-cursor')[0]))).toBe(10 * (at + 1));
    }
    // Who is up to date does not need the disk.
    await gateway.fill(1, 100);
    await live.upTo(1);
    expect(live.sequences()).toEqual([101]);
  });

  test('that is a defect of ours is told to us, not to the subscriber', async () => {
    const defects: unknown[] = [];
    const broken = new TypeError('zq7canary');
    const wrap = (log: AlertLog): AlertLog => ({ ...log, read: () => Promise.reject(broken) });
    const observer = { ...blindObserver, onDefect: (thrown: unknown) => void defects.push(thrown) };
    const gateway = await openGateway({ inMemory: true, wrap, hub: smallTail, observer });
    await gateway.fill(100);
    const ended = await subscribeTo(gateway.client, 'start').refused();
    expect(ended).toMatchObject({ code: 'INTERNAL', reason: 'DEFECT' });
    expect(seenBy(ended)).not.toContain('zq7canary');
    expect(defects).toEqual([broken]);
  });

  test('one subscriber too many is sent away', async () => {
    const gateway = await openGateway({ inMemory: true, hub: { maxSubscribers: 2 } });
    const streams = [1, 2].map(() => subscribeTo(gateway.client, 'now'));
    await Promise.all(streams.map((each) => each.begun()));
    const refused = await subscribeTo(gateway.client, 'now').refused();
    expect(refused).toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'OVERLOADED', retryAfter: 5_000 });
    streams[0]?.cancel();
    await waitFor(async () => {
      const another = subscribeTo(gateway.client, 'start');
      await another.begun();
      await gateway.fill(1);
      return Promise.race([another.upTo(1).then(() => true), another.ended().then(() => false)]).catch(() => false);
    });
  });
});
