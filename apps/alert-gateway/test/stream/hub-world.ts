import { setImmediate as turn } from 'node:timers/promises';
import { StreamAlertsResponse } from '@therapytrain/alerts-api';
import { AlertError, type AlertLog, type Cursor, decodeAlert, type KeptAlert } from '@therapytrain/alerts-core';
import { createMemoryLog } from '@therapytrain/alerts-manager';
import { draftOf, stamp, testPorts } from '@therapytrain/alerts-testkit';
import { createTokens } from '../../src/stream/cursor.ts';
import { createHub, type Hub, hubDefaults } from '../../src/stream/hub.ts';
import type { Topic } from '../../src/stream/topic.ts';
import { createTopics } from '../../src/stream/topics.ts';

/** A disk that can be made to wait and to fail. */
export interface Disk {
  stall(): void;
  goOn(): void;
  failOnce(): void;
}

/** A hub, its log, and subscribers whose connections the test holds in its hands. */
export interface World {
  readonly disk: Disk;
  append(count: number): Promise<void>;
  /** At the start, from now on, or so many percent into what is kept. Throws what the hub throws. */
  subscribe(at: 'start' | 'now' | number, filtered: boolean): void;
  block(who: number): void;
  blockAfter(who: number, count: number): void;
  unblock(who: number): void;
  leave(who: number): void;
  turns(count: number): Promise<void>;
  pass(millis: number): Promise<void>;
  retain(count: number): Promise<void>;
  drain(): void;
  open(): number;
  /** A new hub over the same log, on which all that were ended go on at their cursors. */
  restart(): void;
  /** Lets everything that can still happen happen; who was ended goes on where it was told to. */
  settle(): Promise<void>;
  /** What each got that it should not have, and the other way round. */
  faults(): readonly string[];
  close(): void;
}

interface Listener {
  readonly filtered: boolean;
  readonly topic: Topic;
  readonly from: Cursor;
  readonly got: number[];
  /** What the frames say that the rules of a stream forbid. */
  readonly wrong: string[];
  end: { readonly code: string; readonly cursor: Cursor } | undefined;
  stop: () => void;
  left: boolean;
  /** Frames it takes before it blocks. */
  appetite: number;
  blocked: boolean;
  drained: () => void;
}

const filter = 'severity >= HIGH';
const options = { ...hubDefaults, stall: 30_000, tail: { maxAlerts: 6, maxBytes: 2_000 } };

const createDisk = (log: AlertLog): { readonly disk: Disk; readonly log: AlertLog } => {
  let stalled: (() => void)[] | undefined;
  let failing = false;
  const goOn = (): void => {
    const waiting = stalled ?? [];
    stalled = undefined;
    for (const wake of waiting) wake();
  };
  return {
    disk: { stall: () => void (stalled ??= []), goOn, failOnce: () => void (failing = true) },
    log: {
      ...log,
      read: async (after, limit) => {
        if (stalled) await new Promise<void>((resolve) => void stalled?.push(resolve));
        await turn();
        const fails = failing;
        failing = false;
        if (fails) throw new AlertError('STORE_UNAVAILABLE', 'the disk failed', { retryAfter: 1 });
        return log.read(after, Math.min(limit, 5));
      },
    },
  };
};

/** Makes a world. A spoiled one leaves an alert out, or gives one twice, so that it can be seen that this is seen. */
export const createWorld = (spoil?: 'skip' | 'repeat'): World => {
  const ports = testPorts();
  const { disk, log } = createDisk(createMemoryLog());
  const tokens = createTokens(new Uint8Array(32).fill(1));
  const topics = createTopics(tokens, 1_000);
  const kept: { readonly sequence: number; readonly matches: boolean }[] = [];
  const listeners: Listener[] = [];
  let number = 0;
  log.follow((alerts: readonly KeptAlert[]) => {
    for (const { sequence, encoded } of alerts) kept.push({ sequence, matches: decodeAlert(encoded).severity >= 3 });
  });
  const newHub = (): Hub => createHub(log, ports.clock, options, { delivered: () => {}, ended: () => {} });
  let hub = newHub();

  const take = (listener: Listener, frame: Buffer): void => {
    const { event } = StreamAlertsResponse.decode(frame);
    const cursor = tokens.read('stream', listener.topic.filter, event?.value.cursor ?? '');
    if (listener.end) listener.wrong.push(`a frame after the end, at ${cursor}`);
    if (event?.$case === 'alert') {
      const sequence = Number(event.value.alert?.sequence);
      if (cursor !== sequence) listener.wrong.push(`alert ${sequence} with cursor ${cursor}`);
      if (spoil !== 'skip' || sequence !== 7) listener.got.push(sequence);
      if (spoil === 'repeat' && sequence === 7) listener.got.push(sequence);
    } else if (cursor < (listener.got.at(-1) ?? 0)) listener.wrong.push(`${event?.$case} at ${cursor} goes back`);
    else {
      const missed = kept.find(
        ({ sequence, matches }) =>
          due(listener, sequence, matches) && sequence <= cursor && !listener.got.includes(sequence),
      );
      if (missed) listener.wrong.push(`${event?.$case} at ${cursor} passes over ${missed.sequence}`);
    }
  };
  const due = ({ filtered, from }: Listener, sequence: number, matches: boolean): boolean =>
    sequence > from && (matches || !filtered);
  const connect = (from: Cursor | undefined, filtered: boolean, got: number[] = [], first = from): void => {
    const topic = topics.acquire(filtered ? filter : '');
    const listener: Listener = {
      filtered,
      topic,
      from: first ?? log.bounds().newest,
      got,
      wrong: [],
      end: undefined,
      stop: () => {},
      left: false,
      appetite: Number.POSITIVE_INFINITY,
      blocked: false,
      drained: () => {},
    };
    listener.stop = hub.subscribe(topic, from, {
      write: (frame) => {
        take(listener, frame);
        listener.blocked ||= --listener.appetite < 0;
        return !listener.blocked;
      },
      onDrain: (drained) => void (listener.drained = drained),
      fail: (thrown, cursor) => {
        const code = thrown instanceof AlertError ? thrown.code : String(thrown);
        listener.end = { code, cursor: tokens.read('stream', topic.filter, cursor) };
      },
    });
    listeners.push(listener);
  };
  const pick = (who: number): Listener | undefined => {
    const there = listeners.filter(({ end, left }) => !end && !left);
    return there[who % there.length];
  };
  const unblock = (listener: Listener | undefined): void => {
    if (!listener?.blocked) return;
    listener.blocked = false;
    listener.appetite = Number.POSITIVE_INFINITY;
    listener.drained();
  };
  const turns = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at++) await turn();
  };
  // Goes on where it was told to, with what it has already, as a client would.
  const goOn = (listener: Listener): void => {
    if (!listener.end || listener.left || listener.end.code === 'CURSOR_EXPIRED') return;
    listener.left = true;
    connect(listener.end.cursor, listener.filtered, listener.got, listener.from);
  };
  const isBehind = ({ end, left, got, from, filtered }: Listener): boolean => {
    const last = kept.findLast(({ sequence, matches }) => sequence > from && (matches || !filtered));
    return !end && !left && last !== undefined && got.at(-1) !== last.sequence;
  };
  const faultsOf = (listener: Listener, name: number): string[] => {
    const upTo = listener.end?.cursor ?? (listener.left ? (listener.got.at(-1) ?? 0) : Number.POSITIVE_INFINITY);
    const expected = kept.filter(({ sequence, matches }) => due(listener, sequence, matches) && sequence <= upTo);
    const should = expected.map(({ sequence }) => sequence).join();
    const is = listener.got.filter((sequence) => sequence <= upTo).join();
    const faults =
      is === should ? [] : [`subscriber ${name} from ${listener.from}: got ${is}, should have got ${should}`];
    return [...faults, ...listener.wrong.map((each) => `subscriber ${name}: ${each}`)];
  };
  return {
    disk,
    append: async (count) => {
      await log.append(Array.from({ length: count }, () => stamp(draftOf(number++), ports)));
    },
    subscribe: (at, filtered) => {
      const { oldest, newest } = log.bounds();
      const place = typeof at === 'number' ? oldest + Math.floor(((newest - oldest) * at) / 100) : oldest;
      connect(at === 'now' ? undefined : place, filtered);
    },
    block: (who) => {
      const listener = pick(who);
      if (listener) listener.appetite = 0;
    },
    blockAfter: (who, count) => {
      const listener = pick(who);
      if (listener) listener.appetite = count;
    },
    unblock: (who) => unblock(pick(who)),
    leave: (who) => {
      const listener = pick(who);
      if (!listener) return;
      listener.left = true;
      listener.stop();
    },
    turns,
    pass: (millis) => ports.clock.advance(millis),
    retain: async (count) => {
      const { bytes, oldest, newest } = log.bounds();
      if (newest > oldest) await log.retain({ maxBytes: Math.max(0, bytes - (count * bytes) / (newest - oldest)) });
    },
    drain: () => hub.drain(1_000),
    open: () => hub.state().subscribers,
    restart: () => {
      hub.close();
      hub = newHub();
      for (const listener of [...listeners]) goOn(listener);
    },
    settle: async () => {
      disk.goOn();
      for (let round = 0; round < 200; round++) {
        for (const listener of [...listeners]) goOn(listener);
        for (const listener of listeners) unblock(listener);
        await turns(5);
        if (
          !listeners.some(isBehind) &&
          !listeners.some(({ end, left }) => end && !left && end.code !== 'CURSOR_EXPIRED')
        )
          return;
      }
    },
    faults: () => listeners.flatMap(faultsOf),
    close: () => {
      disk.goOn();
      hub.close();
    },
  };
};
