import type { AlertLog, Cursor, KeptAlert } from '@therapytrain/alerts-core';

/** The newest alerts of the log, in memory, so that those who are nearly up to date do not ask the disk. */
export interface Tail {
  /** The place before the oldest alert in memory, and after the newest. */
  bounds(): { readonly oldest: Cursor; readonly newest: Cursor };
  /** At most `limit` alerts after the cursor; undefined if it lies before what is in memory. */
  after(cursor: Cursor, limit: number): readonly KeptAlert[] | undefined;
  /** Follows the log from now on. */
  wake(): void;
  /** Forgets everything and follows the log no more: nobody needs it. */
  sleep(): void;
}

/** How much a tail holds. */
export interface TailOptions {
  readonly maxAlerts: number;
  readonly maxBytes: number;
}

const firstAfter = (alerts: readonly KeptAlert[], cursor: Cursor): number => {
  let low = 0;
  let high = alerts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((alerts[middle]?.sequence ?? 0) > cursor) high = middle;
    else low = middle + 1;
  }
  return low;
};

/** Makes a tail that sleeps. Awake, it tells `onKept` after each commit. */
export const createTail = (log: AlertLog, options: TailOptions, onKept: () => void): Tail => {
  let alerts: KeptAlert[] = [];
  let newest = 0;
  let oldest = 0;
  let bytes = 0;
  let unfollow: (() => void) | undefined;
  // Dropping from the front moves everything behind it, so it is done for many at once.
  const trim = (): void => {
    let count = Math.max(0, alerts.length - options.maxAlerts);
    let over = bytes - options.maxBytes;
    for (let at = 0; at < count; at++) over -= alerts[at]?.encoded.length ?? 0;
    while (over > 0 && count < alerts.length) over -= alerts[count++]?.encoded.length ?? 0;
    for (const { sequence, encoded } of alerts.splice(0, count)) {
      oldest = sequence;
      bytes -= encoded.length;
    }
  };
  const take = (kept: readonly KeptAlert[]): void => {
    for (const each of kept) {
      alerts.push(each);
      bytes += each.encoded.length;
      newest = each.sequence;
    }
    if (alerts.length > 1.25 * options.maxAlerts || bytes > 1.25 * options.maxBytes) trim();
    onKept();
  };
  return {
    bounds: () => {
      if (unfollow) return { oldest, newest };
      const end = log.bounds().newest;
      return { oldest: end, newest: end };
    },
    after: (cursor, limit) => {
      if (cursor < oldest) return undefined;
      const from = firstAfter(alerts, cursor);
      return alerts.slice(from, from + limit);
    },
    wake: () => {
      if (unfollow) return;
      oldest = newest = log.bounds().newest;
      unfollow = log.follow(take);
    },
    sleep: () => {
      unfollow?.();
      unfollow = undefined;
      alerts = [];
      bytes = 0;
    },
  };
};
