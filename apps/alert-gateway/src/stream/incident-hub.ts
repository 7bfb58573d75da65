import { IncidentHeartbeat, IncidentsDraining } from '@therapytrain/alerts-api';
import {
  AlertError,
  type Clock,
  type Cursor,
  type Incident,
  type IncidentBatch,
  type Instant,
  joinFields,
  type Millis,
} from '@therapytrain/alerts-core';
import type { Desk } from '@therapytrain/alerts-manager';
import { every } from '../every.ts';
import { encodeIncident } from '../rpc/desk-wire.ts';
import { type View, wholeView } from '../identity/view.ts';
import type { Tokens } from './cursor.ts';
import type { Sink } from './subscriber.ts';

/** Bounds of the streams of incidents. */
export interface IncidentHubOptions {
  readonly maxSubscribers: number;
  /** Silence after which a heartbeat is sent. */
  readonly heartbeat: Millis;
  /** How long a subscriber may take nothing while there is something for it. */
  readonly stall: Millis;
  /** How long changes are gathered before they are read: what changes faster than this is told once. */
  readonly gather: Millis;
}

export const incidentHubDefaults: IncidentHubOptions = {
  maxSubscribers: 1_000,
  heartbeat: 15_000,
  stall: 30_000,
  gather: 100,
};

/** Serves the incidents of a desk to all subscribers. */
export interface IncidentHub {
  /** Begins after the place; undefined means with all that are not resolved. Returns how to stop. */
  subscribe(place: Cursor | undefined, sink: Sink, view?: View): () => void;
  /** Tells every subscriber where to go on and ends its stream. New ones are refused. */
  drain(retryDelay: Millis): void;
  close(): void;
}

/** What it is made of. */
export interface IncidentHubParts {
  readonly desk: Pick<Desk, 'incidents' | 'changes'>;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly options: IncidentHubOptions;
}

interface Subscriber {
  readonly sink: Sink;
  readonly view: View;
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

const atOnce = 64;
const longestTick = 1_000;

const tooSlow = () =>
  new AlertError('SUBSCRIBER_TOO_SLOW', 'the subscriber took nothing for too long', { retryAfter: 1_000 });
const tooMany = () => new AlertError('OVERLOADED', 'there are too many subscribers', { retryAfter: 5_000 });
const drained = (retryAfter: Millis) => new AlertError('DRAINING', 'the gateway is stopping', { retryAfter });

/** Reads changes for many at once: those who are at the same place share one look into the store. */
const createReading = ({ changes }: Pick<Desk, 'changes'>) => {
  const under = new Map<Cursor, Promise<IncidentBatch>>();
  return (after: Cursor): Promise<IncidentBatch> => {
    const known = under.get(after);
    if (known) return known;
    const reading = changes.after(after, atOnce).finally(() => under.delete(after));
    under.set(after, reading);
    return reading;
  };
};

const createFrames = (tokens: Tokens) => {
  const sign = tokens.signer('incidents', '');
  const cursorOf = (place: Cursor | undefined): string => (place === undefined ? '' : sign(place));
  // One that many are told of is encoded once.
  const encoded = new WeakMap<Incident, Uint8Array>();
  const bodyOf = (incident: Incident): Uint8Array => {
    const known = encoded.get(incident) ?? encodeIncident(incident);
    encoded.set(incident, known);
    return known;
  };
  return {
    cursorOf,
    incident: (incident: Incident, place: Cursor | undefined): Buffer => {
      const cursor = cursorOf(place);
      const fields = [[1, bodyOf(incident)] as const, ...(cursor === '' ? [] : [[2, cursor] as const])];
      return joinFields([[1, joinFields(fields)]]);
    },
    heartbeat: (place: Cursor, now: Instant): Buffer =>
      joinFields([[2, IncidentHeartbeat.encode({ cursor: sign(place), serverTime: new Date(now) }).finish()]]),
    draining: (place: Cursor | undefined, wait: Millis): Buffer => {
      const retryDelay = { seconds: BigInt(Math.floor(wait / 1_000)), nanos: (wait % 1_000) * 1_000_000 };
      return joinFields([[3, IncidentsDraining.encode({ cursor: cursorOf(place), retryDelay }).finish()]]);
    },
  };
};

/** Tells one subscriber what there is, for as long as it is there. */
const createServing = ({ desk, clock, tokens }: IncidentHubParts, changed: () => number) => {
  const read = createReading(desk);
  const frames = createFrames(tokens);
  const untilWoken = (subscriber: Subscriber): Promise<void> =>
    new Promise((resolve) => void subscriber.waiting.add(resolve));
  const write = async (subscriber: Subscriber, frame: Buffer): Promise<boolean> => {
    if (!subscriber.open) return false;
    subscriber.active = clock.monotonic();
    subscriber.blocked = !subscriber.sink.write(frame);
    while (subscriber.open && subscriber.blocked) await untilWoken(subscriber);
    return subscriber.open;
  };
  const beat = (subscriber: Subscriber): Promise<boolean> =>
    write(subscriber, frames.heartbeat(subscriber.place ?? 0, clock.now()));
  /** Everything that is not resolved. What changes meanwhile lies after the place that was taken first. */
  const begin = async (subscriber: Subscriber): Promise<void> => {
    const place = await desk.changes.newest();
    for (let before: string | undefined; subscriber.open;) {
      const page = await desk.incidents({
        ...{ states: ['OPEN', 'ACKNOWLEDGED'], limit: atOnce },
        ...(before !== undefined && { before }),
      });
      for (const each of page) {
        const incident = subscriber.view.incident(each);
        if (incident && !(await write(subscriber, frames.incident(incident, undefined)))) return;
      }
      if (page.length < atOnce) break;
      before = page.at(-1)?.id;
    }
    subscriber.place = place;
    await beat(subscriber);
  };
  const goOn = async (subscriber: Subscriber, place: Cursor): Promise<boolean> => {
    const { incidents, cursor } = await read(place);
    const shown = incidents.map((each) => subscriber.view.incident(each)).filter((each) => each !== undefined);
    for (const [index, incident] of shown.entries()) {
      const isLast = index === shown.length - 1;
      if (!(await write(subscriber, frames.incident(incident, isLast ? cursor : undefined)))) return false;
    }
    subscriber.place = cursor;
    return incidents.length > 0;
  };
  return {
    frames,
    beat,
    serve: async (subscriber: Subscriber): Promise<void> => {
      if (subscriber.place === undefined) await begin(subscriber);
      while (subscriber.open && subscriber.place !== undefined) {
        const seen = changed();
        const more = await goOn(subscriber, subscriber.place);
        // What changed while it read is there already, and nobody wakes it for that.
        if (!more && subscriber.open && changed() === seen) await untilWoken(subscriber);
      }
    },
  };
};

/**
 * Makes the hub. A subscriber is a place in the order of changes, and what it is told next is whatever the store has
 * after that place, as it is then: so a slow one costs its place and what its connection buffers, and never a queue.
 */
export const createIncidentHub = (parts: IncidentHubParts): IncidentHub => {
  const { desk, clock, options } = parts;
  const subscribers = new Set<Subscriber>();
  let changes = 0;
  let gathering = false;
  let draining: Millis | undefined;
  const over = new AbortController();
  const { serve, beat, frames } = createServing(parts, () => changes);

  const leave = (subscriber: Subscriber): void => {
    subscriber.open = false;
    subscribers.delete(subscriber);
    wake(subscriber);
  };
  const end = (subscriber: Subscriber, thrown: unknown): void => {
    if (!subscriber.open) return;
    leave(subscriber);
    subscriber.sink.fail(thrown, frames.cursorOf(subscriber.place));
  };
  const wakeAll = (): void => {
    gathering = false;
    changes++;
    for (const each of subscribers) if (!each.blocked) wake(each);
  };
  const unfollow = desk.changes.follow(() => {
    if (gathering || subscribers.size === 0) return;
    gathering = true;
    clock.sleep(options.gather, over.signal).then(wakeAll, () => undefined);
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
    subscribe: (place, sink, view = wholeView) => {
      if (draining !== undefined) throw drained(draining);
      if (subscribers.size >= options.maxSubscribers) throw tooMany();
      const active = clock.monotonic();
      const subscriber: Subscriber = {
        ...{ sink, view, place, active },
        ...{ blocked: false, open: true, waiting: new Set() },
      };
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
        each.sink.write(frames.draining(each.place, retryDelay));
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
