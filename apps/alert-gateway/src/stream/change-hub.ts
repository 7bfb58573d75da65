import { AlertError, type Clock, type Cursor, type Instant, type Millis } from '@therapytrain/alerts-core';
import { every } from '../every.ts';
import type { Sink } from './subscriber.ts';

/** Bounds of the streams of one hub. */
export interface ChangeHubOptions {
  readonly maxSubscribers: number;
  /** Silence after which a heartbeat is sent. */
  readonly heartbeat: Millis;
  /** How long a subscriber may take nothing while there is something for it. */
  readonly stall: Millis;
  /**
   * How long changes are gathered after some were told: what changes faster than this is told once. The first after a
   * silence is told at once.
   */
  readonly gather: Millis;
}

/** What was changed after a place, encoded, and the place that has been reached. */
export interface ChangedFrames {
  readonly frames: readonly Buffer[];
  readonly cursor: Cursor;
}

/** What a subscriber is told: how things are, and how they change, in the order of their newest changes. */
export interface ChangeTopic {
  /** The place of the newest change. */
  newest(): Promise<Cursor>;
  /** What a stream begins with, up to the frame that tells the place, which was taken before. */
  begin(place: Cursor): AsyncGenerator<Buffer, void, undefined>;
  /** Undefined where it is no longer known what has changed since: then the stream begins anew. */
  after(place: Cursor): Promise<ChangedFrames | undefined>;
  heartbeat(place: Cursor, now: Instant): Buffer;
  /** Without a place where the stream has not told yet what it begins with. */
  draining(place: Cursor | undefined, wait: Millis): Buffer;
  /** Empty without a place. */
  cursorOf(place: Cursor | undefined): string;
}

/** Serves what changes to all subscribers. */
export interface ChangeHub {
  /** Goes on after the place; undefined means with what there is. Returns how to stop. */
  subscribe(topic: ChangeTopic, place: Cursor | undefined, sink: Sink): () => void;
  /** Tells every subscriber where to go on and ends its stream. New ones are refused. */
  drain(retryDelay: Millis): void;
  close(): void;
}

/** What it is made of. */
export interface ChangeHubParts {
  /** Calls the listener after each change, until what it returns is called. */
  readonly follow: (listener: () => void) => () => void;
  readonly clock: Clock;
  readonly options: ChangeHubOptions;
}

interface Subscriber {
  readonly topic: ChangeTopic;
  readonly sink: Sink;
  /** Everything up to here has been told; undefined until all has been told that it begins with. */
  place: Cursor | undefined;
  blocked: boolean;
  open: boolean;
  active: Millis;
  /** What waits for it: to be able to take more, or for something new. */
  readonly waiting: Set<() => void>;
}

const wake = ({ waiting }: Subscriber): void => {
  const woken = [...waiting];
  waiting.clear();
  for (const each of woken) each();
};

const longestTick = 1_000;

const tooSlow = () =>
  new AlertError('SUBSCRIBER_TOO_SLOW', 'the subscriber took nothing for too long', { retryAfter: 1_000 });
const tooMany = () => new AlertError('OVERLOADED', 'there are too many subscribers', { retryAfter: 5_000 });
const drained = (retryAfter: Millis) => new AlertError('DRAINING', 'the gateway is stopping', { retryAfter });

/** Reads for many at once: those who are at the same place share one look into the store. */
export const sharing = <T, P extends Cursor | string = Cursor>(
  read: (after: P) => Promise<T>,
): ((after: P) => Promise<T>) => {
  const under = new Map<P, Promise<T>>();
  return (after) => {
    const known = under.get(after);
    if (known) return known;
    const reading = read(after).finally(() => under.delete(after));
    under.set(after, reading);
    return reading;
  };
};

/** Tells one subscriber what there is, for as long as it is there. */
const createServing = (clock: Clock, changed: () => number) => {
  const untilWoken = (subscriber: Subscriber): Promise<void> =>
    new Promise((resolve) => void subscriber.waiting.add(resolve));
  const write = async (subscriber: Subscriber, frame: Buffer): Promise<boolean> => {
    if (!subscriber.open) return false;
    subscriber.active = clock.monotonic();
    subscriber.blocked = !subscriber.sink.write(frame);
    while (subscriber.open && subscriber.blocked) await untilWoken(subscriber);
    return subscriber.open;
  };
  /** What there is. What changes meanwhile lies after the place that was taken first. */
  const begin = async (subscriber: Subscriber): Promise<void> => {
    const { topic } = subscriber;
    const place = await topic.newest();
    for await (const frame of topic.begin(place)) if (!(await write(subscriber, frame))) return;
    subscriber.place = place;
  };
  const goOn = async (subscriber: Subscriber, place: Cursor): Promise<boolean> => {
    const changes = await subscriber.topic.after(place);
    if (!changes) {
      subscriber.place = undefined;
      return true;
    }
    for (const frame of changes.frames) if (!(await write(subscriber, frame))) return false;
    subscriber.place = changes.cursor;
    return changes.cursor !== place;
  };
  return {
    beat: (subscriber: Subscriber): Promise<boolean> =>
      write(subscriber, subscriber.topic.heartbeat(subscriber.place ?? 0, clock.now())),
    serve: async (subscriber: Subscriber): Promise<void> => {
      while (subscriber.open) {
        if (subscriber.place === undefined) {
          await begin(subscriber);
          continue;
        }
        const seen = changed();
        const more = await goOn(subscriber, subscriber.place);
        // What changed while it read is there already, and nobody wakes it for that.
        if (!more && subscriber.open && changed() === seen) await untilWoken(subscriber);
      }
    },
  };
};

/**
 * Makes a hub. A subscriber is a place in the order of changes, and what it is told next is whatever the store has after
 * that place, as it is then: so a slow one costs its place and what its connection buffers, and never a queue.
 */
export const createChangeHub = ({ follow, clock, options }: ChangeHubParts): ChangeHub => {
  const subscribers = new Set<Subscriber>();
  let changes = 0;
  let gathering = false;
  let told = Number.NEGATIVE_INFINITY;
  let draining: Millis | undefined;
  const over = new AbortController();
  const { serve, beat } = createServing(clock, () => changes);

  const leave = (subscriber: Subscriber): void => {
    subscriber.open = false;
    subscribers.delete(subscriber);
    wake(subscriber);
  };
  const end = (subscriber: Subscriber, thrown: unknown): void => {
    if (!subscriber.open) return;
    leave(subscriber);
    subscriber.sink.fail(thrown, subscriber.topic.cursorOf(subscriber.place));
  };
  const wakeAll = (): void => {
    gathering = false;
    told = clock.monotonic();
    changes++;
    for (const each of subscribers) if (!each.blocked) wake(each);
  };
  const unfollow = follow(() => {
    if (gathering || subscribers.size === 0) return;
    const wait = told + options.gather - clock.monotonic();
    if (wait <= 0) return wakeAll();
    gathering = true;
    clock.sleep(wait, over.signal).then(wakeAll, () => undefined);
  });
  const watching = every(Math.min(longestTick, options.heartbeat, options.stall), clock, () => {
    const now = clock.monotonic();
    for (const each of subscribers) {
      const silent = now - each.active;
      if (each.blocked && silent > options.stall) end(each, tooSlow());
      else if (!each.blocked && each.place !== undefined && silent >= options.heartbeat) void beat(each);
    }
  });
  return {
    subscribe: (topic, place, sink) => {
      if (draining !== undefined) throw drained(draining);
      if (subscribers.size >= options.maxSubscribers) throw tooMany();
      const active = clock.monotonic();
      const subscriber: Subscriber = { topic, sink, place, blocked: false, open: true, active, waiting: new Set() };
      subscribers.add(subscriber);
      sink.onDrain(() => {
        subscriber.blocked = false;
        subscriber.active = clock.monotonic();
        wake(subscriber);
      });
      serve(subscriber).catch((error: unknown) => end(subscriber, error));
      return () => leave(subscriber);
    },
    drain: (retryDelay) => {
      draining = retryDelay;
      for (const each of [...subscribers]) {
        each.sink.write(each.topic.draining(each.place, retryDelay));
        end(each, drained(retryDelay));
      }
    },
    close: () => {
      unfollow();
      watching.stop();
      over.abort();
    },
  };
};
