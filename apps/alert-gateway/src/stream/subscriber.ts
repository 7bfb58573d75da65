import {
  AlertError,
  type AlertErrorCode,
  type Clock,
  type Cursor,
  type KeptAlert,
  type LogBatch,
  type Millis,
} from '@therapytrain/alerts-core';
import type { Tail } from './tail.ts';
import type { Topic } from './topic.ts';
import type { Waiting } from './turns.ts';

/** The connection to one subscriber. */
export interface Sink {
  /** False if the subscriber should not be given more until `onDrain`. */
  write(frame: Buffer): boolean;
  onDrain(listener: () => void): void;
  /** Ends the stream with an error and the cursor up to which everything was written. What is not ours is a defect. */
  fail(thrown: unknown, cursor: string): void;
}

/** One subscriber: a place in the log, and what it waits for. */
export interface Subscriber extends Waiting {
  readonly topic: Topic;
  readonly sink: Sink;
  /** Everything up to here has been written, or does not match. */
  cursor: Cursor;
  /** Waits for the connection to take more. */
  blocked: boolean;
  /** Waits for the disk. */
  reading: boolean;
  open: boolean;
  /** When it last took something, or was told that there is nothing. */
  active: Millis;
}

/** What delivering needs. */
export interface DeliveryParts {
  readonly clock: Clock;
  readonly tail: Tail;
  readonly read: (after: Cursor) => Promise<LogBatch>;
  /** Asks for a turn for one that has more to get. */
  readonly again: (subscriber: Subscriber) => void;
  readonly delivered: (alerts: readonly KeptAlert[]) => void;
  /** One was ended; called once. */
  readonly ended: (subscriber: Subscriber, reason: AlertErrorCode) => void;
}

/** Moves subscribers on. */
export interface Delivery {
  /** True if the log has something after its place and nothing keeps it from getting it. */
  isDue(subscriber: Subscriber): boolean;
  /** Gives one subscriber its share of a turn: from memory if what it needs is there, else it asks the disk. */
  serve(subscriber: Subscriber): void;
  /** Ends its stream, with the place it has reached. */
  end(subscriber: Subscriber, thrown: unknown): void;
  /** Ends it without a word: it has left. */
  remove(subscriber: Subscriber, reason: AlertErrorCode): void;
}

const alertsPerTurn = 64;

/** Makes the delivery. */
export const createDelivery = ({ clock, tail, read, again, delivered, ended }: DeliveryParts): Delivery => {
  const remove = (subscriber: Subscriber, reason: AlertErrorCode): void => {
    if (!subscriber.open) return;
    subscriber.open = false;
    ended(subscriber, reason);
  };
  const end = (subscriber: Subscriber, thrown: unknown): void => {
    if (!subscriber.open) return;
    remove(subscriber, thrown instanceof AlertError ? thrown.code : 'DEFECT');
    subscriber.sink.fail(thrown, subscriber.topic.cursor(subscriber.cursor));
  };
  const isDue = (subscriber: Subscriber): boolean =>
    subscriber.open && !subscriber.blocked && !subscriber.reading && subscriber.cursor < tail.bounds().newest;
  const give = (subscriber: Subscriber, alerts: readonly KeptAlert[]): void => {
    const given: KeptAlert[] = [];
    for (const alert of alerts) {
      if (subscriber.blocked) break;
      const frame = subscriber.topic.frame(alert);
      subscriber.cursor = alert.sequence;
      if (!frame) continue;
      given.push(alert);
      subscriber.blocked = !subscriber.sink.write(frame);
    }
    if (given.length === 0) return;
    subscriber.active = clock.monotonic();
    delivered(given);
  };
  const readFor = async (subscriber: Subscriber): Promise<void> => {
    subscriber.reading = true;
    try {
      const { alerts } = await read(subscriber.cursor);
      subscriber.reading = false;
      if (!subscriber.open) return;
      give(subscriber, alerts);
      again(subscriber);
    } catch (thrown) {
      subscriber.reading = false;
      end(subscriber, thrown);
    }
  };
  return {
    isDue,
    end,
    remove,
    serve: (subscriber) => {
      if (!isDue(subscriber)) return;
      const alerts = tail.after(subscriber.cursor, alertsPerTurn);
      if (alerts === undefined) return void readFor(subscriber);
      try {
        give(subscriber, alerts);
        again(subscriber);
      } catch (thrown) {
        end(subscriber, thrown);
      }
    },
  };
};
