import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createLimiter } from '../src/limiter.ts';

const minute = 60_000;

test('in any span no more go than a minute allows at once, and what comes back; and whoever waits as told gets in', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.record({ pause: fc.nat(20_000), target: fc.constantFrom('a', 'b') }), { maxLength: 200 }),
      (perMinute, requests) => {
        let now = 0;
        const limiter = createLimiter({ monotonic: () => now });
        const taken: Record<string, number[]> = { a: [], b: [] };
        for (const { pause, target } of requests) {
          now += pause;
          const wait = limiter.take(target, perMinute);
          if (wait === undefined) taken[target]?.push(now);
          else {
            expect(wait).toBeGreaterThanOrEqual(1);
            now += wait * 1_000;
            expect(limiter.take(target, perMinute)).toBeUndefined();
            taken[target]?.push(now);
          }
        }
        for (const times of Object.values(taken)) {
          for (const [first, from] of times.entries()) {
            for (const [index, to] of times.slice(first).entries()) {
              expect(index + 1).toBeLessThanOrEqual(perMinute + ((to - from) * perMinute) / minute + 1e-6);
            }
          }
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('after a rest a whole minute may come at once, and others have their own', () => {
  let now = 0;
  const limiter = createLimiter({ monotonic: () => now });
  const burst = (target: string) => Array.from({ length: 6 }, () => limiter.take(target, 5));
  expect(burst('a')).toEqual([undefined, undefined, undefined, undefined, undefined, 12]);
  expect(burst('b')).toEqual([undefined, undefined, undefined, undefined, undefined, 12]);
  now = minute;
  expect(burst('a')).toEqual([undefined, undefined, undefined, undefined, undefined, 12]);
});
