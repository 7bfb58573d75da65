import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createFakeClock, type FakeClock } from '@therapytrain/alerts-testkit';
import { startReadiness } from '../src/readiness.ts';

let clock: FakeClock;
let delay: number;
let told: boolean[];
let readiness: ReturnType<typeof startReadiness>;
beforeEach(() => {
  clock = createFakeClock();
  delay = 0;
  told = [];
  readiness = startReadiness(
    clock,
    () => delay,
    (ready) => told.push(ready),
  );
});
afterEach(() => readiness.stop());

const pass = async (seconds: number): Promise<void> => {
  for (let second = 0; second < seconds; second++) await clock.advance(1_000);
};

test('a gateway is ready from its start, and not ready once it is stopped', async () => {
  await pass(10);
  readiness.stop();
  expect(told).toEqual([true, false]);
  await pass(10);
  expect(told).toEqual([true, false]);
});

test('a loop that is stuck for more than 5 s makes it not ready, and one that is well for as long makes it ready', async () => {
  delay = 2_001;
  await pass(5);
  expect(told).toEqual([true]);
  await pass(1);
  expect(told).toEqual([true, false]);
  delay = 2_000;
  await pass(5);
  expect(told).toEqual([true, false]);
  await pass(1);
  expect(told).toEqual([true, false, true]);
});

test('a moment is not enough, however often', async () => {
  for (let time = 0; time < 5; time++) {
    delay = 3_000;
    await pass(4);
    delay = 0;
    await pass(1);
  }
  expect(told).toEqual([true]);
});
