import { describe, expect, test } from '@jest/globals';
import { byteSize, duration, durationText } from '@therapytrain/alerts-core';

const notQuantity = /^is not a whole number with a unit \(/;
const ruleOf = (schema: ReturnType<typeof duration>, text: unknown): string | undefined =>
  schema.safeParse(text).error?.issues[0]?.message;

describe('duration, in milliseconds', () => {
  test.each([
    ['0ms', 0],
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['24h', 86_400_000],
    ['90d', 7_776_000_000],
    ['007s', 7_000],
    ['104249991d', 9_007_199_222_400_000],
  ])('%s', (text, span) => expect(duration().parse(text)).toBe(span));

  test.each([
    '',
    '5',
    's',
    '5 s',
    ' 5s',
    '5s ',
    '5s\n',
    '-5s',
    '+5s',
    '1.5h',
    '1e3s',
    '5S',
    '5M',
    '5sec',
    '1h30m',
    '0x5s',
    '٥s',
    '1234567890123s',
  ])('%j is none', (text) => expect(ruleOf(duration(), text)).toMatch(notQuantity));

  test.each(['104249992d', '999999999999d'])('%s is more than can be counted', (text) => {
    expect(ruleOf(duration(), text)).toBe('is too large');
  });

  test.each([5, null, undefined, {}, ['5s']])('%p is none', (value) =>
    expect(duration().safeParse(value).success).toBe(false),
  );
});

describe('byteSize, in bytes', () => {
  test.each([
    ['0B', 0],
    ['512KiB', 524_288],
    ['64MiB', 67_108_864],
    ['10GiB', 10_737_418_240],
    ['8191TiB', 9_006_099_743_113_216],
  ])('%s', (text, bytes) => expect(byteSize().parse(text)).toBe(bytes));

  test.each(['', '5', 'B', '5KB', '5MB', '5kib', '5 MiB', '1.5GiB', '5b', '5PiB', '-5B'])('%j is none', (text) => {
    expect(ruleOf(byteSize(), text)).toMatch(notQuantity);
  });

  test('8192TiB is more than can be counted', () => expect(ruleOf(byteSize(), '8192TiB')).toBe('is too large'));
});

describe('a span as text', () => {
  test.each([
    [0, '0s'],
    [1, '1ms'],
    [1_500, '1500ms'],
    [90_000, '90s'],
    [300_000, '5m'],
    [5_400_000, '90m'],
    [3_600_000, '1h'],
    [86_400_000, '1d'],
    [90_000_000, '25h'],
  ])('%d ms is %s, and is read back', (span, text) => {
    expect(durationText(span)).toBe(text);
    expect(duration().parse(text)).toBe(span);
  });
});
