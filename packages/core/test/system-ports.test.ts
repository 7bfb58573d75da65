import { expect, test } from '@jest/globals';
import { systemClock, systemPorts } from '@therapytrain/alerts-core';

test('a sleep that is aborted rejects with the reason', async () => {
  const reason = new Error('enough');
  await expect(systemClock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
  const controller = new AbortController();
  const sleeping = systemClock.sleep(60_000, controller.signal);
  controller.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
});

test('a sleep longer than a timer of Node can be does not end at once', async () => {
  const controller = new AbortController();
  let awake = false;
  const sleeping = systemClock.sleep(2 ** 31 + 5, controller.signal).then(() => (awake = true));
  await systemClock.sleep(20);
  expect(awake).toBe(false);
  controller.abort(new Error('enough'));
  await expect(sleeping).rejects.toThrow('enough');
});

test('ids go on after the newest one of an earlier run', () => {
  const newest = systemPorts().ids.next();
  expect(systemPorts(newest).ids.next() > newest).toBe(true);
});
