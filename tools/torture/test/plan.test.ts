import { describe, expect, it } from '@jest/globals';
import { chanceOf } from '../chance.ts';
import { longPlan, shortPlan, spread } from '../plan.ts';

describe('spread', () => {
  it.each([
    [4, 40, [1, 5, 18, 40]],
    [1, 40, [1]],
    [5, 5, [1, 2, 3, 4, 5]],
    [9, 5, [1, 2, 3, 4, 5]],
    [0, 5, []],
    [6, 8, [1, 2, 3, 4, 5, 8]],
  ])('%i of the numbers to %i', (count, last, points) => {
    expect(spread(count, last)).toEqual(points);
  });

  it('takes every number in the long form', () => {
    expect(spread(longPlan.fsyncKills, longPlan.fsyncReach)).toHaveLength(200);
  });

  it('never gives a number twice, in the short form', () => {
    const points = spread(shortPlan.fsyncKills, shortPlan.fsyncReach);
    expect(new Set(points).size).toBe(shortPlan.fsyncKills);
  });
});

describe('chance', () => {
  const draws = (seed: number, ...place: (string | number)[]): number[] => {
    const chance = chanceOf(seed, ...place);
    return Array.from({ length: 20 }, () => chance.between(0, 1_000_000));
  };

  it('repeats itself', () => {
    expect(draws(1, 'kill', 3)).toEqual(draws(1, 'kill', 3));
  });

  it.each([
    ['seed', draws(2, 'kill', 3)],
    ['recipe', draws(1, 'cut', 3)],
    ['cycle', draws(1, 'kill', 4)],
  ])('is another for another %s', (_, other) => {
    expect(other).not.toEqual(draws(1, 'kill', 3));
  });

  it('stays within its bounds and reaches both', () => {
    const chance = chanceOf(1);
    const drawn = new Set(Array.from({ length: 200 }, () => chance.between(3, 5)));
    expect([...drawn].sort()).toEqual([3, 4, 5]);
  });
});
