import { type AlertLog, type Clock, type Cursor, decodeAlert, type Instant } from '@therapytrain/alerts-core';
import type { Policy } from '@therapytrain/alerts-manager';

const interval = 60_000;

/** What retention works with. */
export interface RetentionParts {
  readonly log: AlertLog;
  readonly retention: () => Policy['retention'];
  /** How far the log is planned; what lies behind it is not let go because of its age. Default: nothing is planned. */
  readonly planned?: (() => Promise<Cursor>) | undefined;
  readonly clock: Clock;
  /** Told how many alerts were let go, and how many of these were never planned: the bound of the size took them. */
  readonly onRetained: (count: number, unplanned: number) => void;
  readonly onFailure: (error: unknown) => void;
}

/** When the first alert was received that is not planned yet; undefined where all are. */
const oldestUnplanned = async (log: AlertLog, planned: Cursor): Promise<Instant | undefined> => {
  const { oldest, newest } = log.bounds();
  if (planned >= newest) return undefined;
  const [first] = (await log.read(Math.max(planned, oldest), 1)).alerts;
  return first && decodeAlert(first.encoded).receivedAt;
};

/** Lets old alerts go, once a minute, as the policy says. */
export const startRetention = (parts: RetentionParts): { stop(): void } => {
  const { log, retention, planned, clock, onRetained, onFailure } = parts;
  const over = new AbortController();
  const once = async (): Promise<void> => {
    const { maxAge, maxBytes, hold } = retention();
    if (hold || (maxAge === undefined && maxBytes === undefined)) return;
    const place = (await planned?.()) ?? log.bounds().newest;
    const needed = (await oldestUnplanned(log, place)) ?? Number.POSITIVE_INFINITY;
    const { oldest } = log.bounds();
    const count = await log.retain({
      ...(maxAge === undefined ? {} : { before: Math.min(clock.now() - maxAge, needed) }),
      ...(maxBytes === undefined ? {} : { maxBytes }),
    });
    // The planner may have gone on meanwhile: what it read in time was planned.
    const reached = (await planned?.()) ?? log.bounds().newest;
    if (count > 0) onRetained(count, Math.max(0, log.bounds().oldest - Math.max(oldest, reached)));
  };
  const run = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await once().catch(onFailure);
      await clock.sleep(interval, over.signal).catch(() => {});
    }
  };
  void run();
  return { stop: () => over.abort() };
};
