import { describe, expect, test } from '@jest/globals';
import { median, quantile, rotated } from './statistics.ts';

describe('median', () => {
  test.each([
    [[3], 3],
    [[5, 1, 3], 3],
    [[4, 1, 3, 2], 2.5],
    [[10, 9, 100], 10],
    [[], Number.NaN],
  ])('of %j is %d', (values, expected) => expect(median(values)).toBe(expected));

  test('leaves what it is given as it was', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('quantile', () => {
  const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);

  test.each([
    [0.5, 50],
    [0.99, 99],
    [0.999, 100],
    [1, 100],
    [0.001, 1],
  ])('%d of 1 to 100 is %d', (share, expected) => expect(quantile(hundred, share)).toBe(expected));

  test('of nothing is not a number', () => expect(quantile([], 0.5)).toBeNaN());
});

describe('rotated', () => {
  test('begins one further each round', () => {
    const orders = [0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''));
    expect(orders).toEqual(['abc', 'bca', 'cab', 'abc']);
  });

  test('of nothing is nothing', () => expect(rotated([], 3)).toEqual([]));
});
