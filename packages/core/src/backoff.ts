import type { Millis, Random } from './ports.ts';

/** How long to wait before the next attempt, after so many failures in a row (1 or more). */
export type Backoff = (failures: number) => Millis;

/**
 * Exponential backoff with full jitter: a random wait between 0 and a bound that doubles with each failure. Many clients
 * that lost the same gateway at the same moment thus come back spread out.
 */
export const createBackoff = (options: { initialDelay: Millis; maxDelay: Millis }, random: Random): Backoff => {
  const { initialDelay, maxDelay } = options;
  return (failures) => random.fraction() * Math.min(maxDelay, initialDelay * 2 ** Math.min(failures - 1, 30));
};

/** What a gateway asked to wait, and up to a fifth more, so that those who were told the same do not come together. */
export const spread = (retryAfter: Millis, random: Random): Millis => retryAfter * (1 + random.fraction() / 5);
