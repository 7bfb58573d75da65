import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Clock } from '@therapytrain/alerts-core';
import { createTurns, type Waiting } from '../../src/stream/turns.ts';

interface Who extends Waiting {
  readonly name: number;
}

const many = (count: number): Who[] => Array.from({ length: count }, (_, name) => ({ name, queued: false }));

/** A clock on which each one served takes so long. */
const slowly = (millis: number) => {
  let now = 0;
  const clock: Clock = { now: () => now, monotonic: () => now, sleep: () => Promise.resolve() };
  return { clock, pass: () => void (now += millis) };
};

test('everybody has a turn, in the order they asked, and once however often they asked', async () => {
  const served: number[] = [];
  const { clock } = slowly(0);
  const turns = createTurns<Who>(clock, ({ name }) => void served.push(name));
  const all = many(100);
  for (const each of [...all, ...all, ...all.toReversed()]) turns.ask(each);
  expect(served).toEqual([]);
  await turn();
  expect(served).toEqual(all.map(({ name }) => name));
});

test('a turn that lasts too long ends, others have theirs, and the rest goes on where it stopped', async () => {
  const served: number[] = [];
  const { clock, pass } = slowly(1);
  const turns = createTurns<Who>(clock, ({ name }) => {
    served.push(name);
    pass();
  });
  const all = many(100);
  for (const each of all) turns.ask(each);
  const between: number[] = [];
  while (served.length < all.length) {
    await turn();
    between.push(served.length);
  }
  expect(between.length).toBeGreaterThan(4);
  expect(served).toEqual(all.map(({ name }) => name));
});

test('who asks while it is served has another turn, after those who wait already', async () => {
  const served: number[] = [];
  const { clock } = slowly(0);
  const turns = createTurns<Who>(clock, (who) => {
    served.push(who.name);
    if (served.length < 6) turns.ask(who);
  });
  for (const each of many(3)) turns.ask(each);
  await turn();
  await turn();
  expect(served).toEqual([0, 1, 2, 0, 1, 2, 0, 1]);
});
