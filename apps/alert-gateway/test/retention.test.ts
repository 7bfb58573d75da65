import { describe, expect, test } from '@jest/globals';
import type { AlertLog, Retention } from '@therapytrain/alerts-core';
import { createMemoryLog } from '@therapytrain/alerts-manager';
import { draftOf, epoch, stamp, testPorts } from '@therapytrain/alerts-testkit';
import { startRetention } from '../src/retention.ts';

const day = 86_400_000;

const start = (
  policy: { maxAge?: number; maxBytes?: number; hold?: boolean },
  { retain, planned }: { retain?: AlertLog['retain']; planned?: () => Promise<number> } = {},
) => {
  const ports = testPorts();
  const log = createMemoryLog();
  const asked: Retention[] = [];
  const retained: number[] = [];
  const unplanned: number[] = [];
  const failures: unknown[] = [];
  const retention = startRetention({
    log: {
      ...log,
      retain: (by) => {
        asked.push(by);
        return (retain ?? log.retain)(by);
      },
    },
    retention: () => ({
      ...{ maxAge: policy.maxAge, maxBytes: policy.maxBytes, incidents: day, audit: day },
      hold: policy.hold ?? false,
    }),
    planned,
    clock: ports.clock,
    onRetained: (count, never) => {
      retained.push(count);
      unplanned.push(never);
    },
    onFailure: (error) => void failures.push(error),
  });
  return { ...ports, log, retention, asked, retained, unplanned, failures };
};

test('alerts go when they are too old, looked for at the start and then once a minute', async () => {
  const { clock, log, retention, retained, asked, ...ports } = start({ maxAge: day });
  await log.append([stamp(draftOf(0), { clock, ...ports })]);
  await clock.advance(day / 2);
  await log.append([stamp(draftOf(1), { clock, ...ports })]);
  await clock.advance(day / 2 + 60_000);
  expect(retained).toEqual([1]);
  expect(asked[0]).toEqual({ before: epoch - day });
  expect(asked).toHaveLength(day / 60_000 + 2);
  await clock.advance(day / 2);
  expect(retained).toEqual([1, 1]);
  retention.stop();
});

test('nothing goes while there is a legal hold', async () => {
  const { clock, asked, retention } = start({ maxBytes: 1, maxAge: 1, hold: true });
  await clock.advance(10 * 60_000);
  expect(asked).toEqual([]);
  retention.stop();
});

test('the size is asked for too', async () => {
  const { clock, asked, retention } = start({ maxBytes: 1_000, maxAge: day });
  await clock.advance(0);
  expect(asked).toEqual([{ before: epoch - day, maxBytes: 1_000 }]);
  retention.stop();
});

test('a failure is told, and the next minute it is tried again', async () => {
  const failure = new Error('no');
  const { clock, failures, retention } = start({ maxAge: day }, { retain: () => Promise.reject(failure) });
  await clock.advance(120_000);
  expect(failures).toEqual([failure, failure, failure]);
  retention.stop();
  await clock.advance(120_000);
  expect(failures).toHaveLength(3);
});

test('a policy without bounds keeps everything, and nothing is asked', async () => {
  const { clock, asked } = start({});
  await clock.advance(day);
  expect(asked).toEqual([]);
});

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);

describe('what is not planned yet', () => {
  const fill = async ({ log, clock, ...ports }: ReturnType<typeof start>, count: number, from = 0): Promise<void> => {
    for (let n = from; n < from + count; n++) {
      await log.append([stamp(draftOf(n), { clock, ...ports })]);
      await clock.advance(1_000);
    }
  };

  test('stays, whatever its age, until it is planned', async () => {
    let cursor = 2;
    const at = start({ maxAge: day }, { planned: async () => cursor });
    await fill(at, 5);
    await at.clock.advance(9 * day);
    expect(at.log.bounds().oldest).toBe(2);
    expect([at.retained, at.unplanned]).toEqual([[2], [0]]);
    cursor = 5;
    await at.clock.advance(60_000);
    expect(at.log.bounds().oldest).toBe(5);
    expect([at.retained, at.unplanned]).toEqual([
      [2, 3],
      [0, 0],
    ]);
    at.retention.stop();
  });

  test('goes when the size forces it, and that is told', async () => {
    const at = start({ maxBytes: 1, maxAge: day }, { planned: async () => 2 });
    await fill(at, 5);
    await at.clock.advance(60_000);
    expect(at.log.bounds().oldest).toBe(5);
    expect(sum(at.unplanned)).toBe(3);
    expect(at.failures).toEqual([]);
    at.retention.stop();
  });

  test('is told once, however often it is looked for', async () => {
    const at = start({ maxBytes: 1 }, { planned: async () => 0 });
    await fill(at, 3);
    await at.clock.advance(60_000);
    await fill(at, 2, 3);
    await at.clock.advance(60_000);
    expect([sum(at.retained), sum(at.unplanned)]).toEqual([5, 5]);
    at.retention.stop();
  });
});
