import { describe, expect, test } from '@jest/globals';
import { policyOf } from './support.ts';

const covering = (window: string) => {
  const [maintenance] = policyOf(`maintenance:\n  - { name: m, when: 'true', ${window} }\n`).maintenance;
  return (time: string): boolean | undefined => maintenance?.covers(Date.parse(time));
};

describe('a window covers', () => {
  test.each<[string, string, [string, boolean][]]>([
    [
      'a span between two instants, without its end',
      'from: 2026-12-01T22:00:00+01:00, until: 2026-12-02T04:00Z',
      [
        ['2026-12-01T20:59:59Z', false],
        ['2026-12-01T21:00:00Z', true],
        ['2026-12-02T03:59:59Z', true],
        ['2026-12-02T04:00:00Z', false],
      ],
    ],
    [
      'a span in the time of a place',
      'time_zone: America/New_York, from: 2026-07-01T22:00, until: 2026-07-02T04:00:30',
      [
        ['2026-07-02T01:59:59Z', false],
        ['2026-07-02T02:00:00Z', true],
        ['2026-07-02T08:00:29Z', true],
        ['2026-07-02T08:00:30Z', false],
      ],
    ],
    [
      'nights that begin on a day, over midnight',
      "time_zone: Europe/Berlin, every: { days: [SAT], from: '22:00', until: '04:00' }",
      [
        ['2026-11-21T20:59:59Z', false], // Saturday, 21:59:59
        ['2026-11-21T21:00:00Z', true],
        ['2026-11-22T02:59:59Z', true], // Sunday, 03:59:59
        ['2026-11-22T03:00:00Z', false],
        ['2026-11-22T21:30:00Z', false], // Sunday night
        ['2026-11-21T02:00:00Z', false], // Saturday morning is Friday's night
      ],
    ],
    [
      'a time of every day, through the change of the clocks',
      "time_zone: Europe/Berlin, every: { from: '02:00', until: '06:00' }",
      [
        ['2026-03-28T01:00:00Z', true], // winter, 02:00
        ['2026-03-29T00:59:59Z', false], // 01:59:59, and the next second is 03:00:00
        ['2026-03-29T01:00:00Z', true],
        ['2026-03-29T03:59:59Z', true], // summer, 05:59:59
        ['2026-03-29T04:00:00Z', false],
        ['2026-10-25T00:30:00Z', true], // 02:30 for the first time
        ['2026-10-25T01:30:00Z', true], // and for the second
        ['2026-10-25T05:00:00Z', false],
      ],
    ],
    [
      'whole days within a span',
      "time_zone: UTC, from: 2026-11-02T00:00, until: 2026-11-09T00:00, every: { days: [MON], from: '00:00', until: '24:00' }",
      [
        ['2026-11-02T23:59:59Z', true],
        ['2026-11-03T00:00:00Z', false],
        ['2026-11-09T00:00:00Z', false],
        ['2026-10-26T12:00:00Z', false],
      ],
    ],
  ])('%s', (_name, window, times) => {
    const covers = covering(window);
    expect(times.map(([time]) => [time, covers(time)])).toEqual(times);
  });
});
