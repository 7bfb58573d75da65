/** Chance that a seed gives again. */
export interface SeededRandom {
  /** A whole number from 0, below the bound. */
  below(bound: number): number;
}

/** Makes it (mulberry32). */
export const seeded = (seed: number): SeededRandom => {
  let state = seed >>> 0;
  return {
    below: (bound) => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
    },
  };
};
