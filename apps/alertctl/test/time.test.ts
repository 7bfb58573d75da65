import { describe, expect, test } from '@jest/globals';
import { instantOf } from '../src/instant.ts';
import { age, localTime, rfc3339 } from '../src/output/time.ts';

const now = Date.UTC(2026, 10, 24, 7, 0, 0);
const seconds = 1000;
const hours = 3_600_000;

describe('an age', () => {
  test.each([
    [0, '0s'],
    [999, '0s'],
    [59 * seconds, '59s'],
    [200 * seconds, '3m'],
    [5 * hours, '5h'],
    [49 * hours, '2d'],
    [800 * 24 * hours, '2y'],
    [-200 * seconds, '-3m'],
  ])('of %d ms is %s', (span, text) => expect(age(now - span, now)).toBe(text));
});

test('local time is the time on the wall', () => {
  expect(localTime(new Date(2026, 2, 4, 5, 6, 7).getTime())).toBe('2026-03-04 05:06:07');
});

test('programs get RFC 3339 in UTC', () => expect(rfc3339(now)).toBe('2026-11-24T07:00:00.000Z'));

describe('an RFC 3339 time', () => {
  test.each([
    ['2026-11-24T07:00:00Z', now],
    ['2026-11-24t07:00:00z', now],
    ['2026-11-24 08:00:00+01:00', now],
    ['2026-11-24T08:00:00+0100', now],
    ['2026-11-24T07:00:00.123456789Z', now + 123],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ])('%s is read', (text, instant) => expect(instantOf(text)).toBe(instant));

  test.each(['', 'now', '2026-11-24', '2026-11-24T07:00:00', '2026-02-29T00:00:00Z', '2026-13-01T00:00:00Z'])(
    '%j is refused',
    (text) => expect(instantOf(text)).toBeUndefined(),
  );
});
