import { describe, expect, test } from '@jest/globals';
import { StreamIncidentsResponse } from '@therapytrain/alerts-api';
import type { AlertError, Incident, Store } from '@therapytrain/alerts-core';
import type { IncidentChanges } from '@therapytrain/alerts-manager';
import { createMemoryStore, epoch, testPorts } from '@therapytrain/alerts-testkit';
import fc from 'fast-check';
import { createTokens } from '../../src/stream/cursor.ts';
import { createIncidentHub, incidentHubDefaults, type IncidentHubOptions } from '../../src/stream/incident-hub.ts';
import { incidentOf } from '../support/desk-samples.ts';

const setup = (options: Partial<IncidentHubOptions> = {}) => {
  const { clock } = testPorts();
  const store: Store = createMemoryStore({ clock });
  const listeners = new Set<() => void>();
  let reads = 0;
  const changes: IncidentChanges = {
    newest: () => store.newestChange(),
    after: (place, limit) => {
      reads++;
      return store.changedIncidents(place, limit);
    },
    follow: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const tokens = createTokens(new Uint8Array(32));
  const hub = createIncidentHub({
    desk: { incidents: (query) => store.incidents(query), changes },
    tokens,
    clock,
    options: { ...incidentHubDefaults, ...options },
  });
  const known = new Map<number, Incident>();
  /** Opens the n-th incident, or changes it. */
  const change = async (n: number, more: Partial<Incident> = {}): Promise<void> => {
    const before = known.get(n);
    const base = before ?? incidentOf(n, { key: n.toString(16).padStart(32, '0') });
    const next = { ...base, ...more, version: (before?.version ?? 0) + 1 };
    known.set(n, next);
    await store.commit({ incidents: [next] });
    for (const listener of listeners) listener();
  };
  return { hub, clock, store, change, known, tokens, reads: () => reads };
};

/** A connection that can be slow, and what came through it. */
const connection = () => {
  const frames: ReturnType<typeof StreamIncidentsResponse.decode>[] = [];
  let takes = true;
  let drained = (): void => {};
  const ended: { error?: AlertError; cursor?: string } = {};
  return {
    frames,
    ended,
    sink: {
      write: (frame: Buffer) => {
        frames.push(StreamIncidentsResponse.decode(frame));
        return takes;
      },
      onDrain: (listener: () => void) => void (drained = listener),
      fail: (error: unknown, cursor: string) => void Object.assign(ended, { error, cursor }),
    },
    block: () => void (takes = false),
    unblock: () => {
      takes = true;
      drained();
    },
    told: () =>
      frames.flatMap(({ event }) =>
        event?.$case === 'incident' && event.value.incident ? [event.value.incident] : [],
      ),
    newest: function () {
      return new Map(this.told().map(({ id, etag }) => [id, etag]));
    },
  };
};

const statesOf = (known: ReadonlyMap<number, Incident>) =>
  new Map([...known.values()].map(({ id, version }) => [id, String(version)]));

describe('the streams of incidents', () => {
  test('a subscriber that takes nothing costs its place: however much changes, it is told the newest state only', async () => {
    const { hub, clock, change, known } = setup();
    await change(1);
    await change(2);
    const slow = connection();
    hub.subscribe(undefined, slow.sink);
    await clock.advance(0);
    slow.block();
    await change(1, { count: 2 });
    await clock.advance(100);
    const before = slow.frames.length;
    for (let n = 0; n < 500; n++) {
      await change(1, { count: 3 + n });
      await change(2, { count: 3 + n });
      if (n % 50 === 0) await clock.advance(20);
    }
    expect(slow.frames).toHaveLength(before);
    slow.unblock();
    await clock.advance(200);
    expect(slow.frames.length - before).toBeLessThanOrEqual(3);
    expect(slow.newest()).toEqual(statesOf(known));
  });

  test('the first change after a silence is told at once, and what follows soon is gathered', async () => {
    const { hub, clock, change } = setup({ gather: 100 });
    const seen = connection();
    hub.subscribe(0, seen.sink);
    await clock.advance(1_000);
    await change(1);
    await clock.advance(0);
    expect(seen.told()).toHaveLength(1);
    await change(1, { count: 2 });
    await change(1, { count: 3 });
    await clock.advance(99);
    expect(seen.told()).toHaveLength(1);
    await clock.advance(1);
    expect(seen.told().map(({ etag }) => etag)).toEqual(['1', '3']);
  });

  test('one that takes nothing for too long is ended, and told where to go on', async () => {
    const { hub, clock, change, tokens } = setup();
    await change(1);
    const slow = connection();
    slow.block();
    hub.subscribe(0, slow.sink);
    await clock.advance(29_000);
    expect(slow.ended.error).toBeUndefined();
    await clock.advance(3_000);
    expect(slow.ended.error).toMatchObject({ code: 'SUBSCRIBER_TOO_SLOW' });
    expect(tokens.read('incidents', '', slow.ended.cursor ?? '')).toBe(0);
  });

  test('many at one place share one look into the store', async () => {
    const { hub, clock, change, reads } = setup();
    const all = Array.from({ length: 50 }, connection);
    for (const { sink } of all) hub.subscribe(0, sink);
    await clock.advance(0);
    const before = reads();
    await change(1);
    await clock.advance(100);
    expect(all.every(({ frames }) => frames.length === 1)).toBe(true);
    expect(reads() - before).toBeLessThanOrEqual(4);
  });

  test('a heartbeat comes when nothing changes, and tells the clock and the place', async () => {
    const { hub, clock } = setup();
    const { sink, frames } = connection();
    hub.subscribe(0, sink);
    await clock.advance(15_000);
    expect(frames.map(({ event }) => event)).toEqual([
      { $case: 'heartbeat', value: { cursor: expect.any(String), serverTime: new Date(epoch + 15_000) } },
    ]);
  });

  test('a gateway that stops says where to go on, and takes no more', async () => {
    const { hub, clock } = setup();
    const { sink, frames, ended } = connection();
    hub.subscribe(0, sink);
    await clock.advance(0);
    hub.drain(1_500);
    expect(frames.at(-1)?.event).toMatchObject({
      $case: 'draining',
      value: { cursor: expect.stringMatching(/./), retryDelay: { seconds: 1n, nanos: 500_000_000 } },
    });
    expect(ended.error).toMatchObject({ code: 'DRAINING' });
    expect(() => hub.subscribe(0, connection().sink)).toThrow('stopping');
    hub.close();
  });

  test('a store that is away ends the stream with its error', async () => {
    const { hub, clock, store } = setup();
    await store.close();
    const { sink, ended } = connection();
    hub.subscribe(undefined, sink);
    await clock.advance(0);
    expect(ended.error).toMatchObject({ code: 'CLOSED' });
  });

  test('whatever changes and however slow it is, it knows every newest state in the end', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('change' as const), n: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ kind: fc.constantFrom('block' as const, 'unblock' as const) }),
      fc.record({ kind: fc.constant('wait' as const), span: fc.integer({ min: 0, max: 400 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 60 }), async (steps, from) => {
        const { hub, clock, change, known } = setup();
        const one = connection();
        const begin = (): void => void hub.subscribe(0, one.sink);
        for (const [at, each] of steps.entries()) {
          if (at === from) begin();
          if (each.kind === 'change') await change(each.n);
          else if (each.kind === 'wait') await clock.advance(each.span);
          else one[each.kind]();
        }
        if (from >= steps.length) begin();
        for (let n = 0; n < 20; n++) {
          one.unblock();
          await clock.advance(100);
        }
        expect(one.newest()).toEqual(statesOf(known));
        hub.close();
      }),
      { numRuns: 60 },
    );
  });
});
