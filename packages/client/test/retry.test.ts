import { describe, expect, test } from '@jest/globals';
import type { Random } from '@therapytrain/alerts-core';
import { createBackoff, spread } from '@therapytrain/alerts-core';
import { createRetryBudget } from '../src/retry.ts';

const always = (fraction: number): Random => ({ fraction: () => fraction, fill: () => {} });
const almostOne = 1 - Number.EPSILON;

describe('the backoff', () => {
  const options = { initialDelay: 100, maxDelay: 10_000 };

  test.each([
    [1, 100],
    [2, 200],
    [3, 400],
    [7, 6_400],
    [8, 10_000],
    [1_000, 10_000],
  ])('after %s failures is random between 0 and %s ms', (failures, bound) => {
    expect(createBackoff(options, always(0))(failures)).toBe(0);
    expect(createBackoff(options, always(0.5))(failures)).toBe(bound / 2);
    expect(createBackoff(options, always(almostOne))(failures)).toBeCloseTo(bound, 5);
  });
});

test('what a gateway asked to wait is waited, and up to a fifth more', () => {
  expect(spread(1_000, always(0))).toBe(1_000);
  expect(spread(1_000, always(almostOne))).toBeCloseTo(1_200, 5);
});

describe('the budget', () => {
  test('begins full, and each retry takes one', () => {
    const budget = createRetryBudget({ ratio: 0.1, capacity: 3 });
    expect([1, 2, 3, 4].map(() => budget.spend())).toEqual([true, true, true, false]);
  });

  test('grows by its ratio with what goes through, up to its capacity', () => {
    const budget = createRetryBudget({ ratio: 0.1, capacity: 2 });
    while (budget.spend());
    budget.earn(9);
    expect(budget.spend()).toBe(false);
    budget.earn(1);
    expect(budget.spend()).toBe(true);
    budget.earn(1_000);
    expect([1, 2, 3].map(() => budget.spend())).toEqual([true, true, false]);
  });
});
