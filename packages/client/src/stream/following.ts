import { AlertError, type Millis } from '@therapytrain/alerts-core';
import type { Link } from '../link.ts';
import { meaning } from '../status.ts';
import { openConnection, type StreamMethod } from './connection.ts';
import { type Connections, type ResumeOptions, type ResumeParts, resuming } from './resume.ts';

/** What following needs. */
export interface FollowParts extends ResumeParts {
  readonly link: Link;
  /** Silence after which a connection is taken for dead; heartbeats come every 15 s. */
  readonly silence: Millis;
}

/** The gateway is about to end the stream. */
export interface Farewell {
  readonly kind: 'draining';
  readonly cursor: string;
  readonly retryDelay: Millis;
}

/** An event of a kind that only a later gateway has. */
export interface UnknownEvent {
  readonly kind: 'unknown';
}

/** A subscription: where it is, and how it goes on. */
export interface Subscription<Event, Given> extends Connections {
  readonly method: StreamMethod<Event | Farewell | UnknownEvent>;
  /** What the next connection asks for. */
  readonly request: () => Uint8Array;
  readonly opened?: () => void;
  /** Moves on to where the event is; undefined where it is none for who follows. */
  readonly take: (event: Event | Farewell) => Given | undefined;
}

/** A `google.protobuf.Duration`. */
export const millisOf = (span: { readonly seconds: bigint; readonly nanos: number } | undefined): Millis =>
  span ? Number(span.seconds) * 1_000 + span.nanos / 1_000_000 : 0;

/** A reader whose every error is an `AlertError`: `MESSAGE_MALFORMED` for what does not decode. */
export const readingSafely =
  <Event>(read: (message: Buffer) => Event): ((message: Buffer) => Event) =>
  (message) => {
    try {
      return read(message);
    } catch (cause) {
      if (cause instanceof AlertError) throw cause;
      throw new AlertError('MESSAGE_MALFORMED', 'malformed message: an event does not decode', { cause });
    }
  };

async function* eventsOf<Event extends { readonly kind: string }, Given>(
  place: Subscription<Event, Given>,
  options: ResumeOptions,
  parts: FollowParts,
  signal: AbortSignal,
): AsyncGenerator<Given, AlertError, undefined> {
  const onOpen = (): void => {
    options.onState?.({ kind: 'open' });
    place.opened?.();
  };
  const connection = openConnection(place.method, place.request(), { ...parts, onOpen });
  signal.addEventListener('abort', connection.close);
  // Whoever was told of the state above may have aborted it.
  if (signal.aborted) connection.close();
  try {
    for (;;) {
      const event = await connection.next();
      if (event instanceof AlertError) return event;
      // What has arrived already is not given any more.
      if (signal.aborted) return new AlertError('CANCELLED', meaning('CANCELLED'));
      place.failures = 0;
      if (event.kind === 'unknown') continue;
      const known = event as Event | Farewell;
      const given = place.take(known);
      if (known.kind === 'draining') {
        const { retryDelay } = known as Farewell;
        return new AlertError('DRAINING', meaning('DRAINING'), { retryAfter: retryDelay });
      }
      if (given !== undefined) yield given;
    }
  } finally {
    signal.removeEventListener('abort', connection.close);
    connection.close();
  }
}

/** The events of one subscription: connections to the gateway, one after the other, as one sequence. */
export const following = <Event extends { readonly kind: string }, Given>(
  place: Subscription<Event, Given>,
  options: ResumeOptions,
  parts: FollowParts,
): AsyncGenerator<Given, void, undefined> =>
  resuming((signal) => eventsOf(place, options, parts, signal), place, options, parts);
