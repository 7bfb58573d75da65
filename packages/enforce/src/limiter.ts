import type { Clock, Millis } from '@therapytrain/alerts-core';

/** Counts requests against limits. */
export interface Limiter {
  /** Undefined where there is room for one more; else the whole seconds after which there is, from 1. */
  take(target: string, perMinute: number): number | undefined;
}

const minute: Millis = 60_000;
const mostTargets = 100_000;

/**
 * Makes a limiter: the Generic Cell Rate Algorithm (ITU-T I.371 Annex A). So many as a minute allows may come at once
 * after a rest, and in any span no more than that and what comes back in the span. Of more than 100,000 targets those
 * that were counted longest ago are forgotten.
 */
export const createLimiter = (clock: Pick<Clock, 'monotonic'>): Limiter => {
  // When the target would have used up what it has, if it went on at its rate: in the order of the last requests.
  const arrivals = new Map<string, Millis>();
  const forget = (now: Millis): void => {
    for (const [target, arrival] of arrivals) {
      if (arrival > now && arrivals.size <= mostTargets) return;
      arrivals.delete(target);
    }
  };
  return {
    take: (target, perMinute) => {
      const now = clock.monotonic();
      const step = minute / perMinute;
      const arrival = Math.max(arrivals.get(target) ?? now, now);
      const wait = arrival + step - minute - now;
      if (wait > 1e-6) return Math.max(1, Math.ceil(wait / 1_000));
      arrivals.delete(target);
      arrivals.set(target, arrival + step);
      forget(now);
      return undefined;
    },
  };
};
