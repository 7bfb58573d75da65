import type { AlertLog, Clock, LogBatch } from '@therapytrain/alerts-core';
import type { FollowUp } from './flow.ts';

/** The largest batch of one plan commit. What it costs to write an index anew is shared by all of a batch. */
const batchAlerts = 2_000;
/** How long it rests after something went wrong that is no defect: the disk is full, the store is away. */
const rest = 1_000;
/** How often the place is written down while alerts are passed over. */
const passEvery = 1_000;

/** What planning is made of. */
export interface PlannerParts {
  readonly log: AlertLog;
  readonly followUp: Pick<FollowUp, 'plan' | 'pass'>;
  /** False while the policy tells nobody of anything and detects nothing: alerts are then passed over unread. */
  readonly plans: () => boolean;
  /** How far the log is planned. */
  readonly cursor: () => Promise<number>;
  readonly clock: Clock;
  /** Called after each commit: there may be work. */
  readonly onPlanned: () => void;
  readonly onError: (error: unknown) => void;
}

/** Reads the log in its order, from where it was, and has each batch planned. */
export interface Planner {
  /** Resolves when everything that is kept now is planned. */
  idle(): Promise<void>;
  /** How many alerts are kept and not planned yet. */
  lag(): number;
  /** Finishes the batch under way, and reads no more. */
  stop(): Promise<void>;
}

/** Starts planning. */
export const startPlanner = (parts: PlannerParts): Planner => {
  const { log, followUp, clock } = parts;
  const stopping = new AbortController();
  let planned = 0;
  let begun = false;
  let wake: (() => void) | undefined;
  // The batch after the one that is being planned is read meanwhile.
  let ahead: { readonly from: number; readonly batch: Promise<LogBatch> } | undefined;
  let idlers: { readonly upTo: number; readonly done: () => void }[] = [];

  let stopFollowing: (() => void) | undefined;
  // A log that is followed makes a list of each commit: not for who reads nothing.
  const follow = (wanted: boolean): void => {
    if (wanted === (stopFollowing !== undefined)) return;
    stopFollowing?.();
    stopFollowing = wanted ? log.follow(() => wake?.()) : undefined;
  };
  const untilWoken = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      // It may have come while the batch before was planned.
      if (log.bounds().newest > planned || stopping.signal.aborted) resolve();
    });
  const tellIdlers = (): void => {
    const reached = idlers.filter(({ upTo }) => upTo <= planned);
    idlers = idlers.filter(({ upTo }) => upTo > planned);
    for (const { done } of reached) done();
  };
  const pass = async (): Promise<void> => {
    const { newest } = log.bounds();
    if (newest > planned) await followUp.pass(newest);
    planned = newest;
    tellIdlers();
    await clock.sleep(passEvery, stopping.signal).catch(() => undefined);
  };
  const readAhead = (from: number): typeof ahead => {
    const batch = log.read(from, batchAlerts);
    // Told when it is waited for, if it is.
    batch.catch(() => undefined);
    return { from, batch };
  };
  const next = async (): Promise<boolean> => {
    // What retention let go before it was planned is passed over: it is told by the log's own metrics.
    const from = Math.max(planned, log.bounds().oldest);
    const batch = await (ahead?.from === from ? ahead.batch : log.read(from, batchAlerts));
    ahead = undefined;
    if (batch.alerts.length === 0) return false;
    if (batch.alerts.length === batchAlerts) ahead = readAhead(batch.cursor);
    await followUp.plan(batch);
    planned = batch.cursor;
    parts.onPlanned();
    tellIdlers();
    return true;
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        if (!begun) planned = await parts.cursor();
        begun = true;
        tellIdlers();
        const plans = parts.plans();
        follow(plans);
        if (!plans) await pass();
        else if (!(await next())) await untilWoken();
      } catch (error) {
        parts.onError(error);
        await clock.sleep(rest, stopping.signal).catch(() => undefined);
      }
    }
  };
  const running = run();
  return {
    idle: () => {
      const upTo = log.bounds().newest;
      return begun && upTo <= planned ? Promise.resolve() : new Promise((done) => void idlers.push({ upTo, done }));
    },
    // Before the place is known nothing is known to wait.
    lag: () => (begun ? Math.max(0, log.bounds().newest - planned) : 0),
    stop: async () => {
      stopping.abort();
      wake?.();
      follow(false);
      await running;
    },
  };
};
