import {
  AlertError,
  type AlertErrorCode,
  type AlertLog,
  type Clock,
  type Cursor,
  type Instant,
  type KeptAlert,
  type Millis,
} from '@therapytrain/alerts-core';
import { every } from '../every.ts';
import { createReading } from './reading.ts';
import { createDelivery, type Sink, type Subscriber } from './subscriber.ts';
import { createTail, type TailOptions } from './tail.ts';
import type { Topic } from './topic.ts';
import { createTurns } from './turns.ts';

export type { Sink } from './subscriber.ts';

/** Bounds of a hub. */
export interface HubOptions {
  readonly maxSubscribers: number;
  /** Silence after which a heartbeat is sent. */
  readonly heartbeat: Millis;
  /** How long a subscriber may take nothing while there is something for it. */
  readonly stall: Millis;
  readonly tail: TailOptions;
}

export const hubDefaults: HubOptions = {
  maxSubscribers: 20_000,
  heartbeat: 15_000,
  stall: 30_000,
  tail: { maxAlerts: 8_192, maxBytes: 16 * 1024 * 1024 },
};

/** Told of what the hub does; for metrics and traces. */
export interface HubEvents {
  delivered(alerts: readonly KeptAlert[], subscribers: number): void;
  ended(reason: string): void;
}

/** Serves the log to all subscribers. */
export interface Hub {
  /** Begins after the cursor; undefined means with what is kept from now on. Returns how to stop. */
  subscribe(topic: Topic, cursor: Cursor | undefined, sink: Sink): () => void;
  state(): { readonly subscribers: number; readonly slowest: number };
  /** Tells every subscriber where to go on and ends its stream. New ones are refused. */
  drain(retryDelay: Millis): void;
  close(): void;
}

const longestTick = 1_000;

const tooSlow = () =>
  new AlertError('SUBSCRIBER_TOO_SLOW', 'the subscriber took nothing for too long', { retryAfter: 1_000 });
const tooMany = () => new AlertError('OVERLOADED', 'there are too many subscribers', { retryAfter: 5_000 });
const drained = (retryAfter: Millis) => new AlertError('DRAINING', 'the gateway is stopping', { retryAfter });

/**
 * Makes the hub. Every subscriber is a place in the log, and what it gets next is whatever the log has after that
 * place: from memory where it is near the end, else from the disk. So there is no seam between catching up and live,
 * and a slow subscriber costs its place and what its connection buffers.
 */
export const createHub = (log: AlertLog, clock: Clock, options: HubOptions, events: HubEvents): Hub => {
  const subscribers = new Set<Subscriber>();
  let draining: Millis | undefined;
  const again = (subscriber: Subscriber): void => {
    if (delivery.isDue(subscriber)) turns.ask(subscriber);
  };
  const tail = createTail(log, options.tail, () => subscribers.forEach(again));
  const delivery = createDelivery({
    clock,
    tail,
    read: createReading(log),
    again,
    delivered: (alerts) => events.delivered(alerts, 1),
    ended: (subscriber: Subscriber, reason: AlertErrorCode) => {
      subscribers.delete(subscriber);
      // To remember what nobody listens to would be work for every report.
      if (subscribers.size === 0) tail.sleep();
      events.ended(reason);
    },
  });
  const turns = createTurns(clock, delivery.serve);
  const beat = (subscriber: Subscriber, now: Millis, wall: Instant): void => {
    subscriber.active = now;
    subscriber.blocked = !subscriber.sink.write(subscriber.topic.heartbeat(subscriber.cursor, wall));
  };
  const watch = (): void => {
    const now = clock.monotonic();
    const wall = clock.now();
    for (const subscriber of subscribers) {
      const silent = now - subscriber.active;
      if (subscriber.blocked && silent > options.stall) delivery.end(subscriber, tooSlow());
      else if (!subscriber.blocked && silent >= options.heartbeat) beat(subscriber, now, wall);
    }
  };
  const watching = every(Math.min(longestTick, options.heartbeat, options.stall), clock, watch);
  return {
    subscribe: (topic, cursor, sink) => {
      if (draining !== undefined) throw drained(draining);
      if (subscribers.size >= options.maxSubscribers) throw tooMany();
      tail.wake();
      const subscriber: Subscriber = {
        topic,
        sink,
        cursor: cursor ?? tail.bounds().newest,
        blocked: false,
        reading: false,
        queued: false,
        open: true,
        active: clock.monotonic(),
      };
      subscribers.add(subscriber);
      sink.onDrain(() => {
        subscriber.blocked = false;
        subscriber.active = clock.monotonic();
        again(subscriber);
      });
      // Whoever begins with what is new has no cursor yet to come back with.
      if (cursor === undefined) beat(subscriber, clock.monotonic(), clock.now());
      again(subscriber);
      return () => delivery.remove(subscriber, 'CANCELLED');
    },
    state: () => {
      const { newest } = tail.bounds();
      let slowest = 0;
      for (const { cursor } of subscribers) slowest = Math.max(slowest, newest - cursor);
      return { subscribers: subscribers.size, slowest };
    },
    drain: (retryDelay) => {
      draining = retryDelay;
      for (const subscriber of [...subscribers]) {
        subscriber.sink.write(subscriber.topic.draining(subscriber.cursor));
        delivery.end(subscriber, drained(retryDelay));
      }
    },
    close: () => {
      watching.stop();
      tail.sleep();
    },
  };
};
