import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type AlertError } from '@therapytrain/alerts-core';
import { createFakeClock, type FakeClock } from '@therapytrain/alerts-testkit';
import { callDeadline, createDeadlines, type Deadlines } from '../src/deadlines.ts';

let clock: FakeClock;
let deadlines: Deadlines;
beforeEach(() => {
  clock = createFakeClock();
  deadlines = createDeadlines(clock, callDeadline);
});
afterEach(() => deadlines.close());

const begin = () => {
  const late: AlertError[] = [];
  const end = deadlines.begin((error) => late.push(error));
  return { late, end };
};

describe('a call', () => {
  test('that ends within 10 s is in time', async () => {
    const { late, end } = begin();
    await clock.advance(9_999);
    expect(end()).toBe(true);
    await clock.advance(60_000);
    expect(late).toEqual([]);
  });

  test('that does not is late once, half a second after its time at the most, and then its end counts for nothing', async () => {
    const { late, end } = begin();
    await clock.advance(9_999);
    expect(late).toEqual([]);
    await clock.advance(501);
    expect(late).toMatchObject([{ code: 'DEADLINE_EXCEEDED' }]);
    expect(end()).toBe(false);
    await clock.advance(60_000);
    expect(late).toHaveLength(1);
  });

  test('ends once', () => {
    const { end } = begin();
    expect([end(), end(), end()]).toEqual([true, false, false]);
  });
});

test('of many calls those that last are late, each in its turn, and nobody else', async () => {
  const calls: ReturnType<typeof begin>[] = [];
  for (let at = 0; at < 90; at++) {
    calls.push(begin());
    await clock.advance(100);
  }
  // Every third one ends; the first of the rest began 9 s ago.
  for (const [at, { end }] of calls.entries()) if (at % 3 === 0) end();
  await clock.advance(5_500);
  const isLate = calls.map(({ late }) => late.length);
  expect(isLate.slice(0, 40)).toEqual(Array.from({ length: 40 }, (_, at) => (at % 3 === 0 ? 0 : 1)));
  expect(isLate.slice(46)).toEqual(Array.from({ length: 44 }, () => 0));
});

test('a clock that jumps makes nobody late', async () => {
  const { late } = begin();
  clock.set(clock.now() + 86_400_000);
  await clock.advance(1_000);
  expect(late).toEqual([]);
});

test('nobody is late any more once it is closed', async () => {
  const { late } = begin();
  deadlines.close();
  await clock.advance(60_000);
  expect(late).toEqual([]);
  expect(clock.sleepers()).toBe(0);
});
