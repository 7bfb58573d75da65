import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createWorld, type World } from './hub-world.ts';

type Step = (world: World) => unknown;
const step = (name: string, act: Step): Step => Object.assign(act, { toString: () => name });

const nat = (max: number): fc.Arbitrary<number> => fc.nat({ max });

// Each step picks one of the subscribers there are by a number; where there is none it does nothing.
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: nat(14).map((count) => step(`append ${count + 1}`, (w) => w.append(count + 1))) },
  {
    weight: 3,
    arbitrary: fc
      .record(
        { filtered: fc.boolean(), at: fc.oneof(fc.constantFrom('start', 'now'), nat(100)) },
        { noNullPrototype: true },
      )
      .map(({ at, filtered }) =>
        step(`subscribe at ${at}${filtered ? ', filtered' : ''}`, (w) => w.subscribe(at, filtered)),
      ),
  },
  { weight: 3, arbitrary: nat(9).map((who) => step(`${who} takes no more`, (w) => w.block(who))) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(nat(9), nat(5))
      .map(([who, count]) => step(`${who} takes no more after ${count}`, (w) => w.blockAfter(who, count))),
  },
  { weight: 4, arbitrary: nat(9).map((who) => step(`${who} takes again`, (w) => w.unblock(who))) },
  { weight: 1, arbitrary: nat(9).map((who) => step(`${who} leaves`, (w) => w.leave(who))) },
  { weight: 3, arbitrary: fc.constant(step('the disk stalls', (w) => w.disk.stall())) },
  { weight: 3, arbitrary: fc.constant(step('the disk goes on', (w) => w.disk.goOn())) },
  { weight: 1, arbitrary: fc.constant(step('the disk fails once', (w) => w.disk.failOnce())) },
  { weight: 4, arbitrary: nat(3).map((turns) => step(`${turns + 1} turns`, (w) => w.turns(turns + 1))) },
  { weight: 2, arbitrary: nat(20).map((seconds) => step(`${seconds} s`, (w) => w.pass(seconds * 1000))) },
  { weight: 1, arbitrary: nat(20).map((count) => step(`${count} are let go`, (w) => w.retain(count))) },
);

const play = async (world: World, all: readonly Step[]): Promise<void> => {
  for (const each of all) await each(world);
};

test('whatever happens in whatever order, each subscriber gets each matching alert once, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 40 }), async (all) => {
      const world = createWorld();
      try {
        await play(world, all);
        await world.settle();
        expect(world.faults()).toEqual([]);
      } finally {
        world.close();
      }
    }),
    { numRuns: 300 },
  );
}, 60_000);

test('a drain at any moment tells each the place it has reached, and who goes on there misses and repeats nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(steps, { maxLength: 25 }),
      fc.array(steps, { maxLength: 10 }),
      async (before, afterwards) => {
        const world = createWorld();
        try {
          await play(world, before);
          world.drain();
          expect(() => world.subscribe('now', false)).toThrow('the gateway is stopping');
          expect(world.open()).toBe(0);
          world.restart();
          await play(world, afterwards);
          await world.settle();
          expect(world.faults()).toEqual([]);
        } finally {
          world.close();
        }
      },
    ),
    { numRuns: 100 },
  );
}, 60_000);

test('the world does see an alert that is left out, and one that comes twice', async () => {
  for (const spoil of ['skip', 'repeat'] as const) {
    const world = createWorld(spoil);
    world.subscribe('start', false);
    await world.append(20);
    await world.settle();
    expect(world.faults()).not.toEqual([]);
    world.close();
    await turn();
  }
});
