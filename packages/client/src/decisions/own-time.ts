import type { Clock, Instant, Millis } from '@therapytrain/alerts-core';

/** A time that a jump of the system's clock does not move. */
export interface OwnTime {
  now(): Instant;
  /** Learns what another clock says; see {@link createOwnTime}. */
  compare(other: Instant): void;
}

const near: Millis = 30_000;

const agree = (one: Instant, other: Instant): boolean => Math.abs(one - other) <= near;

/**
 * Makes a time that was the system's when it was made, and goes on with the monotonic clock: decisions end when they
 * should although the wall clock jumps. Where the system's clock and another agree against it, it goes by the system's
 * again: then the process was suspended, in which the monotonic clock stands still, or began with a wrong time.
 */
export const createOwnTime = (clock: Pick<Clock, 'now' | 'monotonic'>): OwnTime => {
  let offset = clock.now() - clock.monotonic();
  const now = (): Instant => clock.monotonic() + offset;
  return {
    now,
    compare: (other) => {
      if (!agree(other, now()) && agree(other, clock.now())) offset = clock.now() - clock.monotonic();
    },
  };
};
