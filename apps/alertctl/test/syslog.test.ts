import { describe, expect, test } from '@jest/globals';
import { createSyslog } from '../src/import/syslog.ts';

const now = Date.UTC(2026, 10, 24, 12);
const utc = { now, utc: true };

describe('a line', () => {
  const occurredAt = Date.UTC(2026, 10, 10, 6, 55, 46);
  test.each([
    ['Nov 10 06:55:46 host1 sshd[24200]: a: b', occurredAt],
    ['<38>Nov 10 06:55:46 host1 sshd[24200]: a: b', occurredAt],
    ['2026-11-10T06:55:46Z host1 sshd[24200]: a: b', occurredAt],
    ['2026-11-10T07:55:46.123456+01:00 host1 sshd: a: b', occurredAt + 123],
    ['2026-11-10T07:55:46+0100 host1 sshd[24200]: a: b', occurredAt],
    ['<38>1 2026-11-10T06:55:46.000Z host1 sshd 24200 - - a: b', occurredAt],
    ['<38>1 2026-11-10T06:55:46.000Z host1 sshd 24200 ID1 [x@1 a="\\]"][y@1 b="c"] a: b', occurredAt],
  ])('%s', (line, expected) => {
    expect(createSyslog(utc)(line)).toEqual({ occurredAt: expected, host: 'host1', program: 'sshd', message: 'a: b' });
  });

  test('with one digit of the day', () => {
    expect(createSyslog(utc)('Nov  1 00:00:00 h sshd: x')?.occurredAt).toBe(Date.UTC(2026, 10, 1));
  });

  test('without a zone is in local time', () => {
    expect(createSyslog({ now })('Nov 10 06:55:46 h sshd: x')?.occurredAt).toBe(
      new Date(2026, 10, 10, 6, 55, 46).getTime(),
    );
  });

  test.each([
    '',
    'x',
    'Nov 31 00:00:00 h sshd: x',
    'Foo 10 00:00:00 h sshd: x',
    'Nov 10 25:00:00 h sshd: x',
    '2026-02-30T00:00:00Z h sshd: x',
  ])('%j is none', (line) => expect(createSyslog(utc)(line)).toBeUndefined());
});

const yearsOf = (year: number | undefined, ...stamps: string[]) => {
  const read = createSyslog({ ...utc, year });
  return stamps.map((stamp) =>
    new Date(read(`${stamp} 00:00:00 h sshd: x`)?.occurredAt ?? Number.NaN).getUTCFullYear(),
  );
};

describe('a time without a year', () => {
  test('is the last one that was not in the future', () => {
    expect(yearsOf(undefined, 'Nov 23', 'Nov 25', 'Dec 10', 'Jan  1')).toEqual([2026, 2026, 2025, 2026]);
  });

  test('may be a leap day of years ago', () => expect(yearsOf(undefined, 'Feb 29')).toEqual([2024]));

  test('is in the given year, and the years go on at New Year', () => {
    expect(yearsOf(2023, 'Nov  1', 'Dec 31', 'Jan  1', 'Dec 31', 'Jan  1', 'Jun  1')).toEqual([
      2023, 2023, 2024, 2023, 2024, 2024,
    ]);
  });

  test('does not leave the given year backwards', () =>
    expect(yearsOf(2023, 'Jan  1', 'Dec  1')).toEqual([2023, 2023]));

  test('is bad where the given year has no such day', () => expect(yearsOf(2023, 'Feb 29')).toEqual([Number.NaN]));
});
