import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { AlertError, AlertSeverity, type Millis, type Random } from '@therapytrain/alerts-core';

/** How much may be on its way to the log before reports are shed. */
export interface AdmissionOptions {
  /** Alerts between arrival and commit. */
  readonly maxAlerts: number;
  /** Their encoded bytes. */
  readonly maxBytes: number;
  /** Event-loop delay (99th percentile of a second, in two in a row) above which LOW is shed. */
  readonly slowLoop: Millis;
  /** The same, above which all but CRITICAL is shed. */
  readonly stuckLoop: Millis;
  /** Part of the heap limit above which all but CRITICAL is shed. */
  readonly heapShare: number;
  /** Alerts that are kept and not planned yet, above which LOW is shed; MEDIUM at 1.5 times as many, HIGH at twice. */
  readonly maxLag: number;
}

/** Which bound sent an alert away. */
export type ShedReason = 'queue' | 'event_loop' | 'heap' | 'plan_lag';

/** Told of alerts that were sent away. */
export type OnShed = (severity: AlertSeverity, count: number, reason: ShedReason) => void;

/** Admits a batch, alert by alert. */
export interface Gate {
  /** Undefined if the alert may go on; else the error that tells when to come back. */
  refusal(severity: AlertSeverity | undefined): AlertError | undefined;
  /** The batch is done. Called once. */
  leave(): void;
}

/** Decides who may go on when there is more to do than can be done: the least severe are sent away first. */
export interface Admission {
  /** Returns what to call when the alert is done. Throws `OVERLOADED`, with when to come back. */
  enter(severity: AlertSeverity | undefined, bytes: number, count: number): () => void;
  /** For a batch whose alerts have this many bytes each. */
  gate(bytesEach: number): Gate;
  /** Event-loop delay of the last window, in milliseconds, and what is on its way. */
  state(): { readonly loopDelay: Millis; readonly alerts: number; readonly bytes: number };
  close(): void;
}

/** What reliability.md §4.2 recommends, for a process of its own. */
export const admissionDefaults: AdmissionOptions = {
  maxAlerts: 16_384,
  maxBytes: 16 * 1024 * 1024,
  slowLoop: 100,
  stuckLoop: 500,
  heapShare: 0.7,
  // Below a minute's work of the planner, and some hundred megabytes of log.
  maxLag: 200_000,
};

// Of the bound, how much each severity may fill: CRITICAL keeps a reserve of a fifth to itself.
const share: Readonly<Record<AlertSeverity, number>> = { 1: 0.5, 2: 0.65, 3: 0.8, 4: 1 };

// At how much of the bound of the lag each severity is shed; CRITICAL never is.
const lagShare: Readonly<Record<AlertSeverity, number>> = { 1: 1, 2: 1.5, 3: 2, 4: Number.POSITIVE_INFINITY };

const window = 1_000;
const resolution = 20;
const shortestWait = 250;
const longestWait = 2_000;

/** Makes the admission of a process; it watches event loop and heap until it is closed. `lag` tells what is not planned. */
export const createAdmission = (
  options: AdmissionOptions,
  random: Random,
  onShed: OnShed,
  lag: () => number = () => 0,
): Admission => {
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  const heapLimit = getHeapStatistics().heap_size_limit * options.heapShare;
  let loopDelay = 0;
  let before = 0;
  let fullHeap = false;
  let alerts = 0;
  let bytes = 0;
  const timer = setInterval(() => {
    // The histogram counts from one tick of its own timer to the next, which includes its resolution. One slow window (a
    // start, a full collection of garbage) is no overload; two in a row are.
    const delay = Math.max(0, histogram.percentile(99) / 1e6 - resolution);
    loopDelay = Math.min(delay, before);
    before = delay;
    histogram.reset();
    fullHeap = getHeapStatistics().used_heap_size > heapLimit;
  }, window).unref();
  const obstacle = (severity: AlertSeverity): ShedReason | undefined => {
    const part = share[severity];
    if (alerts >= options.maxAlerts * part || bytes >= options.maxBytes * part) return 'queue';
    if (severity === AlertSeverity.CRITICAL) return undefined;
    if (fullHeap) return 'heap';
    if (lag() >= options.maxLag * lagShare[severity]) return 'plan_lag';
    const tolerated = severity === AlertSeverity.LOW ? options.slowLoop : options.stuckLoop;
    return loopDelay > tolerated ? 'event_loop' : undefined;
  };
  // What has no severity, or none that exists, is about to be refused; MEDIUM is between those shed first and last.
  const refusal = (said: AlertSeverity | undefined): AlertError | undefined => {
    const severity = said !== undefined && said in share ? said : AlertSeverity.MEDIUM;
    const reason = obstacle(severity);
    if (reason === undefined) return undefined;
    onShed(severity, 1, reason);
    const retryAfter = shortestWait + random.fraction() * (longestWait - shortestWait);
    return new AlertError('OVERLOADED', 'there is more to do than can be done in time', { retryAfter });
  };
  return {
    enter: (severity, size, count) => {
      const refused = refusal(severity);
      if (refused) throw refused;
      alerts += count;
      bytes += size;
      return () => {
        alerts -= count;
        bytes -= size;
      };
    },
    gate: (bytesEach) => {
      let entered = 0;
      return {
        refusal: (severity) => {
          const refused = refusal(severity);
          if (refused) return refused;
          entered++;
          alerts++;
          bytes += bytesEach;
          return undefined;
        },
        leave: () => {
          alerts -= entered;
          bytes -= entered * bytesEach;
        },
      };
    },
    state: () => ({ loopDelay, alerts, bytes }),
    close: () => {
      clearInterval(timer);
      histogram.disable();
    },
  };
};
