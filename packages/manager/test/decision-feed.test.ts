import { expect, test } from '@jest/globals';
import type { Decision } from '@therapytrain/alerts-core';
import { createDecisionFeed } from '@therapytrain/alerts-manager';
import { createMemoryStore, testPorts } from '@therapytrain/alerts-testkit';

const setup = () => {
  const { clock, ids } = testPorts();
  const store = createMemoryStore({ clock });
  const feed = createDecisionFeed(store, clock);
  let heard = 0;
  const unfollow = feed.follow(() => heard++);
  const decision = (changes: Partial<Decision> = {}): Decision => ({
    id: ids.next(),
    kind: 'block_address',
    target: '192.0.2.7',
    resource: '',
    perMinute: 0,
    from: clock.now(),
    until: clock.now() + 60_000,
    playbook: 'brute-force',
    incident: '',
    ...changes,
  });
  return { clock, store, feed, decision, unfollow, heard: () => heard };
};

test('what is put is in force until its time, and who follows hears of each change', async () => {
  const { clock, feed, decision, heard, unfollow } = setup();
  const [one, other] = [decision(), decision({ kind: 'lock_account', target: 'u-1', until: clock.now() + 90_000 })];
  expect(await feed.put(one, 1)).toBe(true);
  expect(await feed.put(other, 1)).toBe(true);
  expect(await feed.inForce({ limit: 9 })).toEqual([one, other]);
  expect(await feed.inForce({ limit: 9, kinds: ['lock_account'] })).toEqual([other]);
  await clock.advance(60_000);
  expect(await feed.inForce({ limit: 9 })).toEqual([other]);
  expect(await feed.counts()).toEqual([{ kind: 'lock_account', decisions: 1 }]);
  expect(heard()).toBe(2);
  unfollow();
  expect(await feed.end(other.id, 2)).toBe(true);
  expect(heard()).toBe(2);
  expect(await feed.inForce({ limit: 9 })).toEqual([]);
});

test('who is late changes nothing, and nobody hears of it', async () => {
  const { feed, decision, heard } = setup();
  const one = decision();
  await feed.put(one, 3);
  await feed.end(one.id, 4);
  expect(await feed.put(one, 3)).toBe(false);
  expect(await feed.end(one.id, 3)).toBe(false);
  expect(heard()).toBe(2);
});

test('what is over by its time is told as ended, at its time', async () => {
  const { clock, feed, decision } = setup();
  const [one, other] = [decision(), decision({ until: clock.now() + 90_000 })];
  await feed.put(one, 1);
  await feed.put(other, 1);
  await clock.advance(70_000);
  const { decisions } = await feed.after(0, 9);
  expect(decisions.map(({ endedAt }) => endedAt)).toEqual([one.until, undefined]);
});

test('what is asked for is told apart from what is enforced', async () => {
  const { clock, feed, decision } = setup();
  const one = decision();
  await feed.put(one, 1);
  const place = await feed.newest();
  expect(await feed.enforcedBy(one.id)).toEqual({ enforcing: 0, of: 0 });
  expect(await feed.enforcedBy(decision().id)).toBeUndefined();
  await feed.acknowledge({ name: 'shop-1', kinds: [], cursor: 0 });
  await feed.acknowledge({ name: 'shop-2', kinds: ['throttle_address', 'block_address'], cursor: place });
  await feed.acknowledge({ name: 'login', kinds: ['lock_account'], cursor: place });
  expect(await feed.enforcedBy(one.id)).toEqual({ enforcing: 1, of: 2 });
  await feed.put({ ...one, until: one.until + 1 }, 2);
  expect(await feed.enforcedBy(one.id)).toEqual({ enforcing: 0, of: 2 });
  await expect(feed.acknowledge({ name: 'shop-1', kinds: [], cursor: place + 9 })).rejects.toMatchObject({
    code: 'CURSOR_INVALID',
  });
  expect(await feed.enforcers()).toEqual([
    { name: 'login', kinds: ['lock_account'], cursor: place, at: clock.now() },
    { name: 'shop-1', kinds: [], cursor: 0, at: clock.now() },
    { name: 'shop-2', kinds: ['block_address', 'throttle_address'], cursor: place, at: clock.now() },
  ]);
});
