import { expect, test } from '@jest/globals';
import { createFakeClock, epoch } from '@therapytrain/alerts-testkit';

test('time stands still until it is moved', async () => {
  const clock = createFakeClock();
  expect([clock.now(), clock.monotonic()]).toEqual([epoch, 0]);
  await clock.advance(1_500);
  expect([clock.now(), clock.monotonic()]).toEqual([epoch + 1_500, 1_500]);
});

test('sleepers wake at their own time, in the order of the times, then of the calls', async () => {
  const clock = createFakeClock(0);
  const woken: [name: string, at: number][] = [];
  const sleep = async (name: string, span: number): Promise<void> => {
    await clock.sleep(span);
    woken.push([name, clock.monotonic()]);
  };
  const all = Promise.all([sleep('late', 30), sleep('first', 10), sleep('second', 10), sleep('never so soon', 31)]);
  await clock.advance(30);
  expect(woken).toEqual([
    ['first', 10],
    ['second', 10],
    ['late', 30],
  ]);
  expect(clock.sleepers()).toBe(1);
  await clock.advance(1);
  await all;
});

test('a sleeper that sleeps again wakes again within the same span', async () => {
  const clock = createFakeClock(0);
  const ticks: number[] = [];
  const tick = async (): Promise<void> => {
    while (ticks.length < 5) {
      await clock.sleep(10);
      ticks.push(clock.now());
    }
  };
  const ticking = tick();
  await clock.advance(35);
  expect(ticks).toEqual([10, 20, 30]);
  await clock.advance(20);
  await ticking;
  expect(ticks).toEqual([10, 20, 30, 40, 50]);
});

test('a span of nothing still takes a move of the clock', async () => {
  const clock = createFakeClock();
  let awake = false;
  void clock.sleep(0).then(() => (awake = true));
  await new Promise(setImmediate);
  expect(awake).toBe(false);
  await clock.advance(0);
  expect(awake).toBe(true);
});

test('the wall clock jumps; monotonic time and sleepers do not notice', async () => {
  const clock = createFakeClock(1_000);
  let awake = false;
  void clock.sleep(50).then(() => (awake = true));
  clock.set(86_400_000);
  expect([clock.now(), clock.monotonic()]).toEqual([86_400_000, 0]);
  await clock.advance(49);
  expect(awake).toBe(false);
  clock.set(0);
  await clock.advance(1);
  expect(awake).toBe(true);
  expect([clock.now(), clock.monotonic()]).toEqual([1, 50]);
});

test('an aborted sleeper rejects with the reason and waits no more', async () => {
  const clock = createFakeClock();
  const before = new Error('too late already');
  await expect(clock.sleep(5, AbortSignal.abort(before))).rejects.toBe(before);
  const controller = new AbortController();
  const reason = new Error('enough');
  const sleeping = clock.sleep(5, controller.signal);
  controller.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
  expect(clock.sleepers()).toBe(0);
});

test('a clock does not go back', async () => {
  await expect(createFakeClock().advance(-1)).rejects.toThrow(RangeError);
});
