import {
  type Clock,
  type Decision,
  type DecisionKind,
  fieldError,
  type Millis,
  sourcePattern,
} from '@therapytrain/alerts-core';
import { acknowledging } from './acknowledging.ts';
import { createAnswers } from './answers.ts';
import { createOwnTime, type OwnTime } from './own-time.ts';
import { createDecisionTable, type DecisionTable } from './table.ts';
import type {
  DecisionCache,
  DecisionCacheOptions,
  DecisionCacheParts,
  DecisionCalls,
  DecisionEvent,
  DecisionSource,
} from './types.ts';

const defaults = { acknowledgeEvery: 1_000, staleAfter: 60_000, awayPerMinute: 60 } as const;
const sweepEvery: Millis = 15_000;
const sweptAtOnce = 10_000;

interface Kept {
  readonly table: DecisionTable;
  readonly time: OwnTime;
  put(decision: Decision): void;
  end(id: string): void;
}

const createKept = (clock: Clock, { onChange }: DecisionCacheOptions): Kept => {
  const table = createDecisionTable();
  return {
    table,
    time: createOwnTime(clock),
    put: (decision) => {
      const became = table.put(decision);
      if (became !== 'same') onChange?.({ kind: became, decision });
    },
    end: (id) => {
      if (table.end(id)) onChange?.({ kind: 'ended', id });
    },
  };
};

/** Lets go of what is over, a little at a time: answers go by the time of each, so nothing waits for this. */
const sweeping = async ({ table, time }: Kept, clock: Clock, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    const isMore = table.sweep(time.now(), sweptAtOnce);
    await clock.sleep(isMore ? 1 : sweepEvery, signal).catch(() => undefined);
  }
};

/** What is in force, before the first snapshot: nothing. */
const createHearing = (clock: Clock, staleAfter: Millis) => {
  let heard = clock.monotonic();
  let isKnown = false;
  return {
    hear: (): void => void (heard = clock.monotonic()),
    know: (): void => void (isKnown = true),
    staleness: (): Millis => clock.monotonic() - heard,
    isAway: (): boolean => !isKnown || clock.monotonic() - heard > staleAfter,
  };
};

const checkOptions = ({ enforcer, awayPerMinute = 1 }: DecisionCacheOptions): void => {
  const isName = enforcer === undefined || sourcePattern.test(enforcer);
  const isLimit = Number.isSafeInteger(awayPerMinute) && awayPerMinute >= 1;
  if (isName && isLimit) return;
  throw fieldError([
    ...(isName ? [] : [{ field: 'enforcer', rule: 'is not one name of 1 to 64 of a-z, 0-9, ".", "_" and "-"' }]),
    ...(isLimit ? [] : [{ field: 'awayPerMinute', rule: 'is not a whole number from 1' }]),
  ]);
};

/** What following a gateway needs. */
export interface FollowedCacheParts extends DecisionCacheParts {
  readonly stream: DecisionCalls['stream'];
  readonly acknowledge: DecisionCalls['acknowledge'];
  /** Aborted when the client is closed. */
  readonly signal: AbortSignal;
}

const taking = (kept: Kept, hearing: ReturnType<typeof createHearing>, onEnded: DecisionCacheOptions['onChange']) => {
  const { table, time, put, end } = kept;
  return (event: DecisionEvent): string => {
    hearing.hear();
    switch (event.kind) {
      case 'begin':
        table.beginSnapshot();
        return '';
      case 'changes':
        event.decisions.forEach(put);
        event.ended.forEach(end);
        return event.cursor;
      case 'end':
        for (const id of table.endSnapshot()) onEnded?.({ kind: 'ended', id });
        hearing.know();
        time.compare(event.at);
        return event.cursor;
      case 'heartbeat':
        hearing.know();
        time.compare(event.at);
        return event.cursor;
    }
  };
};

/** Makes a cache that follows a gateway, beginning at once. Throws `FIELD_INVALID`. */
export const createFollowedCache = (
  { clock, stream, acknowledge, signal: closing }: FollowedCacheParts,
  options: DecisionCacheOptions = {},
): DecisionCache => {
  checkOptions(options);
  const { staleAfter, acknowledgeEvery, awayPerMinute } = { ...defaults, ...withoutUndefined(options) };
  const { kinds = [], whenAway = {}, enforcer, onError = () => undefined, onChange, onState } = options;
  const stopped = new AbortController();
  const signal = AbortSignal.any([closing, stopped.signal]);
  const kept = createKept(clock, options);
  const hearing = createHearing(clock, staleAfter);
  const first = Promise.withResolvers<void>();
  // Who does not ask whether it is ready must not die of it.
  first.promise.catch(() => undefined);
  let cursor = '';
  const take = taking(kept, hearing, onChange);
  const follow = async (): Promise<void> => {
    for await (const event of stream({ kinds, signal, onState })) {
      const reached = take(event);
      if (reached === '') continue;
      cursor = reached;
      first.resolve();
    }
  };
  follow().catch((error: unknown) => {
    first.reject(error);
    onError(error);
  });
  void sweeping(kept, clock, signal);
  if (enforcer !== undefined) {
    const say = (at: string): Promise<void> => acknowledge(enforcer, at, kinds);
    void acknowledging({ clock, every: acknowledgeEvery, cursor: () => cursor, acknowledge: say, onError, signal });
  }
  const closed = (kind: DecisionKind): boolean => whenAway[kind] === 'closed' && hearing.isAway();
  return {
    ...createAnswers({ table: kept.table, now: kept.time.now, closed, awayPerMinute }),
    counts: kept.table.counts,
    staleness: hearing.staleness,
    isAway: hearing.isAway,
    cursor: () => cursor,
    ready: () => first.promise,
    close: () => stopped.abort(),
  };
};

const withoutUndefined = ({ staleAfter, acknowledgeEvery, awayPerMinute }: DecisionCacheOptions) => ({
  ...(staleAfter !== undefined && { staleAfter }),
  ...(acknowledgeEvery !== undefined && { acknowledgeEvery }),
  ...(awayPerMinute !== undefined && { awayPerMinute }),
});

/** Makes a cache over decisions of this process: for a service without a gateway. It is never away. */
export const createDecisionCache = (
  source: DecisionSource,
  { clock }: DecisionCacheParts,
  options: Pick<DecisionCacheOptions, 'kinds' | 'onChange'> = {},
): DecisionCache => {
  const stopped = new AbortController();
  const kept = createKept(clock, options);
  const { kinds = [] } = options;
  const concerns = ({ kind }: Decision): boolean => kinds.length === 0 || kinds.includes(kind);
  const unlisten = source.listen(({ kind, decision }) => {
    if (!concerns(decision)) return;
    if (kind === 'ended') kept.end(decision.id);
    else kept.put(decision);
  });
  source.decisions().filter(concerns).forEach(kept.put);
  void sweeping(kept, clock, stopped.signal);
  const closed = (): boolean => false;
  return {
    ...createAnswers({ table: kept.table, now: kept.time.now, closed, awayPerMinute: defaults.awayPerMinute }),
    counts: kept.table.counts,
    staleness: () => 0,
    isAway: () => false,
    cursor: () => '',
    ready: () => Promise.resolve(),
    close: () => {
      unlisten();
      stopped.abort();
    },
  };
};
