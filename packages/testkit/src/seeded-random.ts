import type { Random } from '@therapytrain/alerts-core';

/** Chance that repeats itself: the same seed gives the same numbers (mulberry32). For tests only; it hides nothing. */
export const seededRandom = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return {
    fraction: () => next() / 0x1_0000_0000,
    fill: (bytes) => {
      for (let at = 0; at < bytes.length; at++) bytes[at] = next() >>> 24;
    },
  };
};
