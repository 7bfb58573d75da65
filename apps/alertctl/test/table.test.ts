import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createPaint } from '../src/output/paint.ts';
import { type Column, table } from '../src/output/table.ts';
import { cut, padTo, widthOf } from '../src/output/width.ts';

const plain = createPaint(false);

interface Row {
  readonly name: string;
  readonly where: string;
  readonly what: string;
}

const columns: readonly Column<Row>[] = [
  { title: 'NAME', cell: ({ name }) => name, style: () => 'red' },
  { title: 'WHERE', cell: ({ where }) => where, shrinksTo: 4, expendable: true },
  { title: 'WHAT', cell: ({ what }) => what, shrinksTo: 6 },
  { title: 'ID', cell: () => '1234' },
];

const rows: readonly Row[] = [
  { name: 'one', where: 'somewhere', what: 'a long story' },
  { name: 'second', where: 'x', what: '你好' },
];

describe('a table', () => {
  test('aligns its columns', () => {
    expect(table(columns, rows, plain)).toEqual([
      'NAME    WHERE      WHAT          ID',
      'one     somewhere  a long story  1234',
      'second  x          你好          1234',
    ]);
  });

  test.each([
    [32, 'one     som…  a long story  1234'],
    [30, 'one     som…  a long st…  1234'],
    [24, 'one     a long st…  1234'],
  ])('gives way to a terminal of %d columns', (width, line) => {
    const lines = table(columns, rows, plain, width);
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width);
    expect(lines[1]).toBe(line);
  });

  test('does not count colours as columns', () => {
    const lines = table(columns, rows, createPaint(true));
    expect(lines[1]).toContain('\u001b[31mone\u001b[39m');
    expect(lines.map(widthOf)).toEqual(table(columns, rows, plain).map(widthOf));
  });
});

describe('a cut', () => {
  test.each([
    ['short', 10, 'short'],
    ['just right', 10, 'just right'],
    ['rather long', 10, 'rather lo…'],
    ['你好你好', 6, '你好…'],
    ['👩‍👩‍👧x', 2, '…'],
    ['any', 0, ''],
  ])('of %j at %d columns is %j', (text, width, expected) => expect(cut(text, width)).toBe(expected));

  test('is never wider than asked', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, fc.nat(40), (given, width) => expect(widthOf(cut(given, width))).toBeLessThanOrEqual(width)),
    );
  });

  test('is filled up by columns, not characters', () => expect(padTo('你', 4)).toBe('你  '));
});
