import { expect, test } from '@jest/globals';
import { createFakeClock } from '@therapytrain/alerts-testkit';
import { createAlarm } from '../src/report/alarm.ts';

const never = new AbortController().signal;

test('one timer serves everything that is due', async () => {
  const clock = createFakeClock();
  const due: number[] = [];
  const rang: number[] = [];
  const begun = clock.monotonic();
  const look = (now: number): number | undefined => {
    rang.push(now - begun);
    while (due[0] !== undefined && due[0] <= now) due.shift();
    return due[0];
  };
  const alarm = createAlarm(clock, 5_000, look, never);
  for (let n = 0; n < 3; n++) {
    due.push(clock.monotonic() + 5_000);
    alarm.set();
    expect(clock.sleepers()).toBe(1);
    await clock.advance(1_000);
  }
  await clock.advance(10_000);
  expect(rang).toEqual([5_000, 6_000, 7_000]);
  expect(clock.sleepers()).toBe(0);
  due.push(clock.monotonic() + 5_000);
  alarm.set();
  await clock.advance(5_000);
  expect(rang).toEqual([5_000, 6_000, 7_000, 18_000]);
});

test('it does not spin where something stays due', async () => {
  const clock = createFakeClock();
  let rang = 0;
  const alarm = createAlarm(clock, 10, (now) => (++rang < 100 ? now - 5 : undefined), never);
  alarm.set();
  await clock.advance(12);
  expect(rang).toBeLessThanOrEqual(3);
});
