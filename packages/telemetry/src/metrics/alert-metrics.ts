import { createNoopMeter, type Meter } from '@opentelemetry/api';
import {
  type AlertErrorCode,
  AlertError,
  alertErrorCodes,
  type AlertSeverity,
  type AppendResult,
  isSeverity,
  type LogBounds,
  type Millis,
  severityName,
} from '@therapytrain/alerts-core';
import { type Cell, createObserved, createTally } from './instruments.ts';

/** Which bound an alert was shed by; `load` where it is not known. */
export type ShedReason = 'queue' | 'event_loop' | 'heap' | 'plan_lag' | 'load';

/** What a gateway is like at the moment. */
export interface GatewayFigures {
  /** Streams that are open. */
  readonly subscribers: number;
  /** Alerts that the slowest of them is behind the log. */
  readonly slowest: number;
  /** How late the event loop is. */
  readonly loopDelay: Millis;
  /** Alerts between arrival and commit. */
  readonly waiting: number;
  /** What the log holds. */
  readonly log: Pick<LogBounds, 'oldest' | 'newest' | 'bytes'>;
}

/** Counts what happens to alerts. Every method is cheap enough for the path of each alert, and none throws. */
export interface AlertMetrics {
  /** One report was answered. Type and severity are what the report said, as far as it could be read. */
  reported(type: string | undefined, severity: AlertSeverity | undefined, result: AppendResult): void;
  /** Alerts were sent away because there was too much to do. */
  shed(severity: AlertSeverity | undefined, count?: number, reason?: ShedReason): void;
  /** Alerts were given to subscribers. */
  delivered(count: number): void;
  /** One stream has ended; the reason is an `AlertErrorCode`, anything else counts as `other`. */
  streamEnded(reason: AlertErrorCode | (string & {})): void;
  /** Alerts were let go because of their age or the size of the log; so many of them had never been planned. */
  removed(count: number, unplanned?: number): void;
  /** Has the gateway asked for its figures whenever metrics are collected. Called once. */
  watch(figures: () => GatewayFigures): void;
}

const silent: AlertMetrics = {
  reported: () => {},
  shed: () => {},
  delivered: () => {},
  streamEnded: () => {},
  removed: () => {},
  watch: () => {},
};

const codes = Object.keys(alertErrorCodes) as readonly AlertErrorCode[];
const codeAt: ReadonlyMap<string, number> = new Map(codes.map((code, at) => [code, at]));

// What became of a report, as a small number: kept, duplicate, then one for each code.
const outcomes = 2 + codes.length;
const outcomeOf = (result: AppendResult): number => {
  if (result instanceof AlertError) return 2 + (codeAt.get(result.code) ?? 0);
  return result.duplicate ? 1 : 0;
};
const outcomeAttributes = (outcome: number) => {
  const reason = codes[outcome - 2];
  if (reason === undefined) return { outcome: outcome === 0 ? 'kept' : 'duplicate' };
  return { outcome: reason === 'OVERLOADED' ? 'shed' : 'refused', reason };
};

const severityLabel = (severity: AlertSeverity | undefined): string =>
  isSeverity(severity) ? severityName(severity) : 'UNSPECIFIED';

const other = 'other';

const createReportCounter = (meter: Meter, declares: (type: string) => boolean): AlertMetrics['reported'] => {
  const cell = createTally(meter, 'alerts.reports');
  const byType = new Map<string, (Cell | undefined)[]>();
  return (type = other, severity, result) => {
    // The type is the reporter's text: without a bound, anybody could fill our memory and the collector's.
    const label = declares(type) ? type : other;
    let cells = byType.get(label);
    if (!cells) byType.set(label, (cells = new Array<undefined>(5 * outcomes).fill(undefined)));
    const outcome = outcomeOf(result);
    const at = (isSeverity(severity) ? severity : 0) * outcomes + outcome;
    (cells[at] ??= cell({
      type: label,
      severity: severityLabel(severity),
      ...outcomeAttributes(outcome),
    })).value++;
  };
};

const createShedCounter = (meter: Meter): AlertMetrics['shed'] => {
  const cell = createTally(meter, 'alerts.overload.shed');
  const cells = new Map<string, Cell>();
  return (severity, count = 1, reason = 'load') => {
    const key = `${severity ?? 0} ${reason}`;
    let shed = cells.get(key);
    if (!shed) cells.set(key, (shed = cell({ severity: severityLabel(severity), reason })));
    shed.value += count;
  };
};

const createEndCounter = (meter: Meter): AlertMetrics['streamEnded'] => {
  const cell = createTally(meter, 'alerts.stream.ended');
  const cells = new Map<string, Cell>();
  return (reason) => {
    const label = codeAt.has(reason) ? reason : other;
    let ended = cells.get(label);
    if (!ended) cells.set(label, (ended = cell({ reason: label })));
    ended.value++;
  };
};

const watchFigures = (meter: Meter, figures: () => GatewayFigures): void => {
  const read = {
    'alerts.append.waiting': ({ waiting }: GatewayFigures) => waiting,
    'alerts.log.size': ({ log }: GatewayFigures) => log.bytes,
    'alerts.log.newest': ({ log }: GatewayFigures) => log.newest,
    'alerts.log.oldest': ({ log }: GatewayFigures) => log.oldest,
    'alerts.stream.subscribers': ({ subscribers }: GatewayFigures) => subscribers,
    'alerts.stream.lag': ({ slowest }: GatewayFigures) => slowest,
    'alerts.eventloop.delay': ({ loopDelay }: GatewayFigures) => loopDelay / 1_000,
  };
  const observed = (Object.keys(read) as (keyof typeof read)[]).map(
    (name) => [createObserved(meter, name), read[name]] as const,
  );
  meter.addBatchObservableCallback(
    (result) => {
      const now = figures();
      for (const [instrument, value] of observed) result.observe(instrument, value(now));
    },
    observed.map(([instrument]) => instrument),
  );
};

/**
 * Makes the metrics of a gateway. `declares` says whether a type is one of the policy's, whose name may be a label; all
 * others are counted together. With the no-op meter, which there is while nothing collects metrics, nothing is counted.
 */
export const createAlertMetrics = (meter: Meter, declares: (type: string) => boolean): AlertMetrics => {
  if (meter === createNoopMeter()) return silent;
  const deliveries = createTally(meter, 'alerts.stream.deliveries')();
  const removals = createTally(meter, 'alerts.retention.removed')();
  const unplanned = createTally(meter, 'alerts.retention.unplanned')();
  return {
    reported: createReportCounter(meter, declares),
    shed: createShedCounter(meter),
    delivered: (count) => void (deliveries.value += count),
    streamEnded: createEndCounter(meter),
    removed: (count, never = 0) => {
      removals.value += count;
      unplanned.value += never;
    },
    watch: (figures) => watchFigures(meter, figures),
  };
};
