import {
  type Alert,
  AlertError,
  type AlertSeverity,
  type Clock,
  type Millis,
  severities,
} from '@therapytrain/alerts-core';

/** An alert as handlers and callers of `createAlert` see it. */
export type HandledAlert = Alert & {
  /** When it happened. */
  readonly timestamp: Date;
};

/** Something that is told of every alert: notifies people, responds, counts. */
export interface AlertHandler {
  /** Called once for each alert. A rejection is logged and counted, and touches neither caller nor other handlers. */
  handleAlert(alert: HandledAlert): Promise<void>;
}

/** A handler did not do what it should. Holds nothing of what the alert says. */
export interface HandlerFailure {
  /** The handler's class, or `handler`. */
  readonly handler: string;
  readonly alertId: string;
  readonly type: string;
  readonly severity: AlertSeverity;
  readonly why: 'failed' | 'timed out' | 'dropped';
  /** What the handler threw; undefined if it threw nothing. Its message may hold what the alert says: log with care. */
  readonly error: unknown;
}

/** Numbers since the manager was made. */
export interface HandlerStats {
  /** Alerts whose handlers have all ended, in whatever way. */
  readonly handled: number;
  readonly failed: number;
  readonly timedOut: number;
  /** Alerts that were kept but given to no handler, because the backlog was full. */
  readonly dropped: number;
  /** Alerts that wait for their turn. */
  readonly backlog: number;
}

/** How handlers are run. */
export interface HandlingOptions {
  readonly clock: Clock;
  /** How long one handler may take for one alert. */
  readonly deadline: Millis;
  /** How many alerts are handled at once. */
  readonly concurrency: number;
  /** How many alerts may wait; beyond, the least severe are dropped, newest first. */
  readonly capacity: number;
  readonly onFailure: (failure: HandlerFailure) => void;
}

/** Runs every handler for every alert, the more severe alerts first when there is a backlog. */
export interface Handling {
  register(handler: AlertHandler): void;
  hand(alert: HandledAlert): void;
  stats(): HandlerStats;
  /** Resolves when no alert is handled or waits. */
  idle(): Promise<void>;
}

// First in, first out within a severity; the most severe first.
const createBacklog = (capacity: number) => {
  const lanes = new Map<AlertSeverity, HandledAlert[]>(severities.map((severity) => [severity, []]));
  const lane = (severity: AlertSeverity) => lanes.get(severity) ?? [];
  const mostSevereFirst = [...severities].reverse();
  const size = () => severities.reduce((sum, severity) => sum + lane(severity).length, 0);
  return {
    size,
    /** Returns the alert that had to give way, if one had. */
    put: (alert: HandledAlert): HandledAlert | undefined => {
      lane(alert.severity).push(alert);
      if (size() <= capacity) return undefined;
      const least = severities.find((severity) => lane(severity).length > 0);
      return least && lane(least).pop();
    },
    take: (): HandledAlert | undefined => {
      const most = mostSevereFirst.find((severity) => lane(severity).length > 0);
      return most && lane(most).shift();
    },
  };
};

const timedOut = new AlertError('DEADLINE_EXCEEDED', 'the handler did not end in time');

const nameOf = (handler: AlertHandler): string => {
  const name = handler.constructor?.name;
  return name && name !== 'Object' ? name : 'handler';
};

/** Makes the runner. Handlers registered later see later alerts only. */
export const createHandling = (options: HandlingOptions): Handling => {
  const { clock, deadline, concurrency, capacity, onFailure } = options;
  const handlers: AlertHandler[] = [];
  const backlog = createBacklog(capacity);
  const counts = { handled: 0, failed: 0, timedOut: 0, dropped: 0 };
  const idlers: (() => void)[] = [];
  let running = 0;

  const tell = (handler: string, { id, type, severity }: HandledAlert, why: HandlerFailure['why'], error: unknown) => {
    // Whoever listens for failures must not be able to cause one, by a throw or by a promise that rejects.
    (async () => onFailure({ handler, alertId: id, type, severity, why, error }))().catch(() => {});
  };
  const runOne = async (handler: AlertHandler, alert: HandledAlert): Promise<void> => {
    const over = new AbortController();
    const late = clock.sleep(deadline, over.signal).then(() => {
      throw timedOut;
    });
    try {
      await Promise.race([(async () => handler.handleAlert(alert))(), late]);
    } catch (error) {
      counts[error === timedOut ? 'timedOut' : 'failed']++;
      tell(nameOf(handler), alert, error === timedOut ? 'timed out' : 'failed', error === timedOut ? undefined : error);
    } finally {
      over.abort();
      late.catch(() => {});
    }
  };
  const start = (alert: HandledAlert): void => {
    running++;
    void Promise.all([...handlers].map((handler) => runOne(handler, alert))).then(() => {
      counts.handled++;
      running--;
      const next = backlog.take();
      if (next) start(next);
      else if (running === 0) for (const idler of idlers.splice(0)) idler();
    });
  };
  return {
    register: (handler) => void handlers.push(handler),
    hand: (alert) => {
      if (handlers.length === 0) return;
      if (running < concurrency) return start(alert);
      const dropped = backlog.put(alert);
      if (!dropped) return;
      counts.dropped++;
      tell('backlog', dropped, 'dropped', undefined);
    },
    stats: () => ({ ...counts, backlog: backlog.size() }),
    idle: () => (running === 0 ? Promise.resolve() : new Promise((resolve) => void idlers.push(resolve))),
  };
};
