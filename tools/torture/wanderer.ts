import { setTimeout as pause } from 'node:timers/promises';
import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import type {
  AlertServiceClient,
  StreamAlertsRequest,
  StreamAlertsResponse,
  StreamedAlert,
} from '@therapytrain/alerts-api';
import type { Millis } from '@therapytrain/alerts-core';
import type { Chance } from './chance.ts';
import type { Violation } from './checker.ts';
import { openStream, refusalOfCall, unreachable } from './client.ts';
import { type RecipeWrong, wrongly } from './recipe.ts';
import type { Filter, Sighting } from './subscription.ts';

/** A subscriber that comes and goes. */
export interface Wanderer {
  readonly filter: Filter;
  /** What it saw, doubles dropped. */
  readonly seen: readonly Sighting[];
  /** Wrong by itself, whatever the log holds. */
  readonly violations: readonly Violation<RecipeWrong>[];
  readonly reconnects: number;
  readonly doubles: number;
  /** From now on it leaves only if the gateway does. */
  settle(): void;
  stop(): Promise<void>;
}

const longestVisit: Millis = 400;
const longestAway: Millis = 80;
const mostAlerts = 300;
const remembered = 64;
const resumesOlder = 0.1;

/** How long a visit may last, and how many alerts it may take. */
interface Visit {
  readonly span: Millis;
  readonly alerts: number;
}

/** Takes from a stream until the visit is over, the gateway ends it, or the signal does. Resolves with what ended it. */
const visit = (
  stream: ClientReadableStream<StreamAlertsResponse>,
  { span, alerts }: Visit,
  signal: AbortSignal,
  take: (streamed: StreamedAlert) => void,
): Promise<ServiceError | undefined> =>
  new Promise((resolve) => {
    let left = alerts;
    let timer: NodeJS.Timeout | undefined;
    const end = (error?: ServiceError): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
      for (const event of ['metadata', 'data', 'error', 'end']) stream.removeAllListeners(event);
      stream.on('error', () => {});
      stream.cancel();
      resolve(error);
    };
    const leave = (): void => end();
    signal.addEventListener('abort', leave);
    // Counted from when the gateway has accepted the stream, so that a slow machine does not see empty visits only.
    stream.on('metadata', () => {
      if (Number.isFinite(span)) timer = setTimeout(leave, span);
    });
    stream.on('error', end);
    stream.on('end', leave);
    stream.on('data', ({ event }) => {
      if (event?.$case !== 'alert') return;
      take(event.value);
      if (--left === 0) leave();
    });
  });

/** What a subscriber has seen, and from where it may resume. */
const createMemory = (name: string) => {
  const seen: Sighting[] = [];
  const violations: Violation<RecipeWrong>[] = [];
  const cursors: { readonly sequence: number; readonly cursor: string }[] = [];
  const memory = {
    seen,
    violations,
    doubles: 0,
    /** The start of a stream, and the sequence after which it must begin. */
    start: (chance: Chance): { readonly start: NonNullable<StreamAlertsRequest['start']>; readonly after: number } => {
      const last = cursors.at(-1);
      if (!last) return { start: { $case: 'fromStart', value: true }, after: 0 };
      const from = chance.fraction() < resumesOlder ? chance.pick(cursors) : last;
      return { start: { $case: 'cursor', value: from.cursor }, after: from.sequence };
    },
    take: ({ alert, cursor }: StreamedAlert, after: number): number => {
      const sequence = Number(alert?.sequence ?? 0n);
      if (sequence <= after) {
        violations.push(wrongly('stream out of order', `${name} was sent ${sequence} after ${after}`));
      }
      if (sequence <= (seen.at(-1)?.sequence ?? 0)) memory.doubles++;
      else {
        seen.push({ sequence, id: alert?.id ?? '' });
        cursors.push({ sequence, cursor });
        if (cursors.length > remembered) cursors.shift();
      }
      return sequence;
    },
  };
  return memory;
};

/**
 * Subscribes, and leaves after a random time or count, to resume with the cursor of the last alert, or now and then with
 * an older one, as a program does that had not saved its last. `client` is asked at each visit, as the gateway moves.
 */
export const startWanderer = (
  name: string,
  filter: Filter,
  chance: Chance,
  client: () => AlertServiceClient | undefined,
): Wanderer => {
  const memory = createMemory(name);
  const over = new AbortController();
  let settled = false;
  let reconnects = 0;
  const visitOnce = async (at: AlertServiceClient): Promise<void> => {
    const { start, after } = memory.start(chance);
    let place = after;
    const stays: Visit = settled
      ? { span: Infinity, alerts: Infinity }
      : { span: chance.between(0, longestVisit), alerts: chance.between(1, mostAlerts) };
    const stream = openStream(at, { filter: filter.cel, start });
    const error = await visit(stream, stays, over.signal, (streamed) => (place = memory.take(streamed, place)));
    reconnects++;
    const refusal = error && refusalOfCall(error);
    // A gateway that died says nothing, and one that lives has no reason to refuse.
    if (!refusal || unreachable(refusal)) return;
    memory.violations.push(
      wrongly('refused badly', `${name} was refused: ${refusal.reason || `status ${refusal.code}`}`),
    );
  };
  const wander = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const at = client();
      if (at) await visitOnce(at);
      await pause(chance.between(0, longestAway));
    }
  };
  const done = wander();
  return {
    filter,
    seen: memory.seen,
    violations: memory.violations,
    get reconnects() {
      return reconnects;
    },
    get doubles() {
      return memory.doubles;
    },
    settle: () => {
      settled = true;
    },
    stop: async () => {
      over.abort();
      await done;
    },
  };
};
