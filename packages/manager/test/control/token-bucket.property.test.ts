import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createTokenBucket } from '../../src/control/token-bucket.ts';

const minute = 60_000;

const limits = fc.record({
  perMinute: fc.integer({ min: 1, max: 600 }),
  burst: fc.integer({ min: 1, max: 50 }),
  longestWait: fc.integer({ min: 0, max: 10 * minute }),
});
const asks = fc.array(
  fc.record({
    source: fc.constantFrom('a', 'b', 'c', 'd'),
    pause: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20_000 })),
    how: fc.constantFrom('take', 'take', 'take', 'spend'),
  }),
  { minLength: 1, maxLength: 300 },
);

/** The times that were granted. */
const granted = (
  limit: Parameters<typeof createTokenBucket>[0],
  script: readonly { source: string; pause: number; how: string }[],
) => {
  const bucket = createTokenBucket(limit, 0);
  const times: number[] = [];
  let now = 0;
  for (const { source, pause, how } of script) {
    now += pause;
    if (how === 'spend') {
      bucket.spend(now);
      continue;
    }
    const grant = bucket.take(source, now);
    if (grant.kind === 'later') expect(grant.wait).toBeLessThanOrEqual(limit.longestWait);
    if (grant.kind !== 'none') times.push(grant.kind === 'now' ? now : now + grant.wait);
  }
  return times.sort((one, other) => one - other);
};

test('in no span more than burst and rate × span are granted', () => {
  fc.assert(
    fc.property(limits, asks, (limit, script) => {
      const times = granted(limit, script);
      const rate = limit.perMinute / minute;
      for (const [first, from] of times.entries()) {
        for (let last = first; last < times.length; last++) {
          const span = (times[last] ?? 0) - from;
          // Waits are whole milliseconds: the first one may have been rounded up by one.
          expect(last - first + 1).toBeLessThanOrEqual(limit.burst + rate * (span + 1) + 1e-6);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('alone it is a plain token bucket: whoever finds a token has it', () => {
  fc.assert(
    fc.property(limits, asks, (limit, script) => {
      const bucket = createTokenBucket({ ...limit, longestWait: 0 }, 0);
      const rate = limit.perMinute / minute;
      let [now, at, tokens] = [0, 0, limit.burst];
      for (const { pause } of script) {
        now += pause;
        tokens = Math.min(limit.burst, tokens + (now - at) * rate);
        at = now;
        // A token that is there but for a rounding is not looked at.
        if (Math.abs(tokens - 1) < 1e-6) return;
        const has = tokens >= 1;
        if (has) tokens -= 1;
        expect(bucket.take('a', now).kind).toBe(has ? 'now' : 'none');
      }
    }),
    { numRuns: 300 },
  );
});

test('a source that asks for no more than its share is never refused, however loud the others are', () => {
  fc.assert(
    fc.property(
      fc.record({
        perMinute: fc.integer({ min: 6, max: 600 }),
        burst: fc.integer({ min: 1, max: 50 }),
        loud: fc.integer({ min: 1, max: 5 }),
        floods: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 5, maxLength: 60 }),
      }),
      ({ perMinute, burst, loud, floods }) => {
        const rate = perMinute / minute;
        // As many as the sources, with those of a whole burst on top, come in this time.
        const longestWait = Math.ceil((2 * (loud + 1) + burst + 2) / rate);
        const bucket = createTokenBucket({ perMinute, burst, longestWait }, 0);
        const share = Math.ceil((loud + 2) / rate);
        for (const [turn, flood] of floods.entries()) {
          const now = turn * share;
          for (let n = 0; n < flood; n++) for (let each = 0; each < loud; each++) bucket.take(`loud ${each}`, now);
          expect(bucket.take('quiet', now).kind).not.toBe('none');
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('two sources that always ask get about the same, and together all there is', () => {
  const bucket = createTokenBucket({ perMinute: 60, burst: 10, longestWait: 5 * minute }, 0);
  const got = { a: 0, b: 0 };
  for (let second = 0; second < 3_600; second++) {
    for (let n = 0; n < 10; n++) if (bucket.take('a', second * 1_000).kind !== 'none') got.a++;
    for (let n = 0; n < 3; n++) if (bucket.take('b', second * 1_000).kind !== 'none') got.b++;
  }
  expect(got.a + got.b).toBeGreaterThan(3_590);
  expect(got.a + got.b).toBeLessThan(3_640);
  expect(got.a / got.b).toBeGreaterThan(0.4);
  expect(got.a / got.b).toBeLessThan(2.5);
});

test('what is remembered of sources is bounded', () => {
  const bucket = createTokenBucket({ perMinute: 1, burst: 1, longestWait: 100_000 * minute }, 0);
  for (let n = 0; n < 5_000; n++) bucket.take(`source ${n}`, 0);
  expect(bucket.take('source 0', 0).kind).toBe('later');
});

test('looking says what taking would be answered, and takes nothing', () => {
  fc.assert(
    fc.property(limits, asks, (limit, script) => {
      const [looked, plain] = [createTokenBucket(limit, 0), createTokenBucket(limit, 0)];
      let now = 0;
      for (const { source, pause, how } of script) {
        now += pause;
        if (how === 'spend') {
          looked.spend(now);
          plain.spend(now);
          continue;
        }
        const seen = looked.look(source, now);
        expect(looked.look(source, now)).toEqual(seen);
        expect(looked.take(source, now)).toEqual(seen);
        expect(plain.take(source, now)).toEqual(seen);
      }
    }),
    { numRuns: 300 },
  );
});
