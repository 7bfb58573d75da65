import { expect, test } from '@jest/globals';
import type { AlertLog, Retention } from '@therapytrain/alerts-core';
import { createMemoryLog } from '@therapytrain/alerts-manager';
import { draftOf, epoch, stamp, testPorts } from '@therapytrain/alerts-testkit';
import { startRetention } from '../src/retention.ts';

const day = 86_400_000;

const start = (policy: { maxAge?: number; maxBytes?: number }, retain?: AlertLog['retain']) => {
  const ports = testPorts();
  const log = createMemoryLog();
  const asked: Retention[] = [];
  const retained: number[] = [];
  const failures: unknown[] = [];
  const retention = startRetention(
    {
      ...log,
      retain: (by) => {
        asked.push(by);
        return (retain ?? log.retain)(by);
      },
    },
    () => ({ maxAge: policy.maxAge, maxBytes: policy.maxBytes }),
    ports.clock,
    (count) => void retained.push(count),
    (error) => void failures.push(error),
  );
  return { ...ports, log, retention, asked, retained, failures };
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

test('the size is asked for too', async () => {
  const { clock, asked, retention } = start({ maxBytes: 1_000, maxAge: day });
  await clock.advance(0);
  expect(asked).toEqual([{ before: epoch - day, maxBytes: 1_000 }]);
  retention.stop();
});

test('a failure is told, and the next minute it is tried again', async () => {
  const failure = new Error('no');
  const { clock, failures, retention } = start({ maxAge: day }, () => Promise.reject(failure));
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
