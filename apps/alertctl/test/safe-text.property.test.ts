import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { safeJson, safeLine, safeLines } from '../src/output/safe-text.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 200 });
const broken = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });
const steering = fc.constantFrom(
  '\u001b[2J',
  '\u202e',
  '\u2066',
  '\u200b',
  '\ufeff',
  '\r',
  '\u0085',
  '\u2028',
  '\u{e0041}',
);
const hostile = fc.array(fc.oneof(anyText, broken, steering)).map((parts) => parts.join(''));

const unsafe = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

describe('text from alerts', () => {
  test('never holds an unsafe character on its line', () => {
    fc.assert(fc.property(hostile, (text) => expect(safeLine(text)).not.toMatch(unsafe)));
  });

  test('may keep its line feeds, and nothing else', () => {
    fc.assert(fc.property(hostile, (text) => expect(safeLines(text).replaceAll('\n', '')).not.toMatch(unsafe)));
    expect(safeLines('a\nb\tc')).toBe('a\nb\\tc');
  });

  test('is the same value in JSON, harmless on a terminal', () => {
    fc.assert(
      fc.property(hostile, hostile, (key, text) => {
        const value = Object.fromEntries([[key, [text]]]);
        expect(safeJson(value)).not.toMatch(unsafe);
        expect(JSON.parse(safeJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test.each([
    ['plain text stays', 'plain text stays'],
    ['Grüße, 你好, שלום 🙂', 'Grüße, 你好, שלום 🙂'],
    ['\u001b[31mred', '\\x1b[31mred'],
    ['a\r\nb', 'a\\r\\nb'],
    ['\u202egnp.exe', '\\u202egnp.exe'],
    ['pay\u200bpal', 'pay\\u200bpal'],
    ['tag\u{e0041}', 'tag\\u{e0041}'],
    ['half \ud800', 'half \\ud800'],
    ['\u009b2J', '\\x9b2J'],
    ['blank\u3164\u034f', 'blank\\u3164\\u034f'],
    ['data\ufe01', 'data\\ufe01'],
  ])('%j is shown as %j', (text, shown) => expect(safeLine(text)).toBe(shown));
});
