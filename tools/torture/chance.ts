import { createHash } from 'node:crypto';

/** Chance that repeats itself: the same seed and place give the same draws. */
export interface Chance {
  /** From 0 up to, but not including, 1. */
  fraction(): number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  pick<T>(list: readonly T[]): T;
}

/**
 * The chance of one place in a run, e.g. `chanceOf(seed, 'kill', 17)`. It depends on nothing that was drawn elsewhere, so
 * one cycle can be run again without those before it.
 */
export const chanceOf = (seed: number, ...place: readonly (string | number)[]): Chance => {
  let state = createHash('sha256')
    .update(`${seed}/${place.join('/')}`)
    .digest()
    .readUInt32LE();
  // mulberry32
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const between = (least: number, most: number): number => least + Math.floor(fraction() * (most - least + 1));
  return {
    fraction,
    between,
    pick: (list) => {
      const picked = list[between(0, list.length - 1)];
      if (picked === undefined) throw new Error('there is nothing to pick from');
      return picked;
    },
  };
};
