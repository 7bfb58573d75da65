import { expect, test } from '@jest/globals';
import { longestRetryAfter, retryAfter } from '@therapytrain/alerts-http';

const now = Date.UTC(1994, 10, 6, 8, 49, 37);

test.each<[string | undefined, number | undefined]>([
  ['0', 0],
  ['7', 7_000],
  [' 120 ', 120_000],
  ['3600', longestRetryAfter],
  ['3601', longestRetryAfter],
  ['99999999999999999999', longestRetryAfter],
  ['Sun, 06 Nov 1994 08:49:44 GMT', 7_000],
  ['Sunday, 06-Nov-94 08:49:44 GMT', 7_000],
  ['Sun Nov  6 08:49:44 1994', 7_000],
  ['Sun, 06 Nov 1994 08:49:30 GMT', 0],
  ['Mon, 07 Nov 1994 08:49:37 GMT', longestRetryAfter],
  ['Sunday, 06-Nov-94 08:49:37 GMT', 0],
  ['Friday, 06-Nov-26 08:49:37 GMT', longestRetryAfter],
  [undefined, undefined],
  ['', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['1e3', undefined],
  ['0x10', undefined],
  ['7 s', undefined],
  ['soon', undefined],
  ['1994-11-06T08:49:44Z', undefined],
  ['Sun, 06 Nov 1994 08:49:44 UTC', undefined],
  ['Sun, 06 nov 1994 08:49:44 GMT', undefined],
  ['7, 8', undefined],
])('Retry-After %j is %s ms', (value, expected) => {
  expect(retryAfter(value, now)).toBe(expected);
});

test('a date is measured from the date of the reply, so that neither clock needs to be right', () => {
  const [sent, until] = ['Sun, 06 Nov 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 08:49:44 GMT'];
  for (const skew of [-86_400_000, 0, 86_400_000]) expect(retryAfter(until, now + skew, sent)).toBe(7_000);
  expect(retryAfter(until, now, 'yesterday')).toBe(7_000);
});
