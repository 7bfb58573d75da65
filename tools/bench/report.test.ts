import { describe, expect, test } from '@jest/globals';
import { cellReport, formatNumber, verdictOf, verdicts } from './report.ts';
import { type CellResult, ratiosOf } from './run.ts';
import type { Aim, Figure } from './trial.ts';

const more: Aim = { better: 'more', aim: 0.7, reach: 0.85 };
const less: Aim = { better: 'less', aim: 1.3, reach: 1.1 };

const figure: Figure = { text: 'gateway ÷ echo', of: 'gateway', to: 'echo', quantity: 'rate', aim: more };

const contenders = [
  { name: 'gateway', trials: [{ rate: 700, count: 3_500 }, { rate: 800, count: 4_000 }, undefined, { rate: 90 }] },
  { name: 'echo', trials: [{ rate: 1_000 }, { rate: 1_000 }, { rate: 1_000 }, undefined] },
];

describe('the ratios of a figure', () => {
  test('compare the trials of the same round, and leave a gap where one failed', () => {
    expect(ratiosOf(figure, contenders)).toEqual([0.7, 0.8, undefined, undefined]);
  });

  test('are the quantity itself where there is nothing to compare with', () => {
    const { to: _, ...alone } = figure;
    expect(ratiosOf(alone, contenders)).toEqual([700, 800, undefined, 90]);
  });

  test('are none where a contender or its quantity is not there', () => {
    expect(ratiosOf({ ...figure, of: 'nobody' }, contenders)).toEqual([]);
    expect(ratiosOf({ ...figure, quantity: 'cpu' }, contenders)).toEqual(
      contenders.flatMap(() => [undefined, undefined]),
    );
  });
});

describe('a verdict', () => {
  test.each<[Aim, (number | undefined)[], string]>([
    [more, [0.6, 0.69, 0.9], 'missed'],
    [more, [0.6, 0.7, 0.9], 'met'],
    [more, [0.85, 0.9], 'reached'],
    [less, [1.31], 'missed'],
    [less, [1.3], 'met'],
    [less, [1.1], 'reached'],
    [{ better: 'more', aim: 1 }, [9], 'met'],
    [more, [undefined, 0.9, undefined, 0.8], 'reached'],
    [more, [undefined], 'not measured'],
    [more, [], 'not measured'],
  ])('on %j with ratios %j is %s', (aim, ratios, expected) => expect(verdictOf(aim, ratios)).toBe(expected));
});

describe('a number', () => {
  test.each([
    [1_234_567.8, 0, '1,234,568'],
    [3.14159, 2, '3.14'],
    [Number.NaN, 1, '–'],
    [Number.POSITIVE_INFINITY, 1, '–'],
  ])('%d with %d digits is %s', (value, digits, expected) => expect(formatNumber(value, digits)).toBe(expected));
});

describe('the report', () => {
  const cell: CellResult = {
    title: 'x. An example',
    contenders,
    figures: [
      { ...figure, ratios: [0.7, undefined, 0.8, undefined] },
      { ...figure, text: 'told only', aim: undefined as never, ratios: [1.5] },
    ],
    skipped: ['Alertmanager is left out'],
    failures: ['gateway, round 3: it broke'],
    otherLoad: [0.1, 0.25],
  };
  const lines = cellReport(cell, 4).split('\n');
  const lineOf = (start: string): string[] =>
    lines
      .find((line) => line.startsWith(start))
      ?.split(/ {2,}/)
      .map((each) => each.trim()) ?? [];

  test('has a line for each contender with its rounds, their median and what was counted in all', () => {
    expect(lineOf('gateway ').slice(0, 8)).toEqual(['gateway', '/s', '700', '800', '–', '90', '700', '7,500']);
  });

  test('has a line for each ratio, beside aim, reach and verdict', () => {
    expect(lineOf('gateway ÷ echo')).toEqual([
      'gateway ÷ echo (rate)',
      '0.70',
      '–',
      '0.80',
      '–',
      '0.75',
      '≥ 0.7',
      '≥ 0.85',
      'met',
      '',
    ]);
  });

  test('says what was left out, what failed and how busy the machine was', () => {
    expect(lines.slice(-3)).toEqual([
      'Alertmanager is left out',
      'FAILED: gateway, round 3: it broke',
      'Cores busy with other work, by round: 0.10 0.25',
    ]);
  });

  test('ends in plain words, and only for what has an aim', () => {
    expect(verdicts([cell])).toBe(
      ['1 of 1 aims are met:', '  ✓  gateway ÷ echo: 0.75; aim ≥ 0.7 met, ≥ 0.85 not reached.'].join('\n'),
    );
  });
});
