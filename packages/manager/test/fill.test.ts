import { describe, expect, test } from '@jest/globals';
import { createPolicy, type Detection, policySchema, type PolicySource } from '@therapytrain/alerts-manager';
import fc from 'fast-check';
import { expiryOf, fill } from '../src/stages/fill.ts';
import { type Entry, noState, readState, type WindowState, writeState } from '../src/stages/window-state.ts';

type Source = NonNullable<PolicySource['detections']>[number];

const minute = 60_000;

const detectionOf = (source: Partial<Source>): Detection => {
  const whole = { name: 'd', group_by: [], within: '15m', raise: { type: 'D', severity: 'HIGH' }, ...source } as const;
  const [detection] = createPolicy(policySchema.parse({ detections: [whole] })).detections;
  if (!detection) throw new Error('there is no detection');
  return detection;
};

const chain = detectionOf({
  sequence: [{ when: 'type == "A"', count: 5 }, { when: 'type == "B"' }, { when: 'type == "C"' }],
});

/** Alerts one after the other, told by when they happened; they are received when they happened unless it is said. */
const filled = (detection: Detection, alerts: readonly (readonly [at: number, mark: string, received?: number])[]) => {
  let state: WindowState = noState;
  let most = 0;
  const fired: number[] = [];
  for (const [place, [at, mark, received = at]] of alerts.entries()) {
    const entry: Entry = { at, received, sequence: place + 1, id: `id ${place}`, type: 'T', mark };
    const { after, stood } = fill(detection, state, entry);
    if (stood) fired.push(at);
    state = after;
    most = Math.max(most, state.entries.length);
  }
  return { state, most, fired };
};

const times = (count: number, from: number, every: number, mark: string): (readonly [number, string])[] =>
  Array.from({ length: count }, (_, at) => [from + at * every, mark] as const);

describe('what is remembered of a group', () => {
  test('a flood of one step does not hide what came before and within it', () => {
    const flood = times(3_000, 10_000, 100, '0');
    const { fired, most } = filled(chain, [...times(5, 0, 1_000, '0'), [6_000, '1'], ...flood, [10 * minute, '2']]);
    expect(fired).toEqual([10 * minute]);
    expect(most).toBeLessThanOrEqual(90);
  });

  test('nor does one that goes on before, between and after the steps', () => {
    const [before, after] = [times(600, 0, 1_000, '0'), times(600, 10 * minute + 1, 1_000, '0')];
    const { fired, most } = filled(chain, [...before, [10 * minute, '1'], ...after, [21 * minute, '2']]);
    expect(fired).toEqual([21 * minute]);
    expect(most).toBeLessThanOrEqual(200);
  });

  test('nor does one before the steps', () => {
    const { fired } = filled(chain, [...times(3_000, 0, 100, '0'), [6 * minute, '1'], [7 * minute, '2']]);
    expect(fired).toEqual([7 * minute]);
  });

  test('of a flood of different values two of each stay for a window', () => {
    const detection = detectionOf({ distinct_count: { of: 'x', at_least: 4 } });
    const values = Array.from({ length: 3_000 }, (_, at) => [at * 100, `v${at % 3}`] as const);
    const { most, state } = filled(detection, values);
    expect(most).toBeLessThanOrEqual(7);
    expect(fill(detection, state, { ...state.entries[0], at: 200_000, mark: 'v3' } as Entry).stood).toHaveLength(4);
  });

  test('is never more than the bound, and those with a wrong clock go first', () => {
    const detection = detectionOf({ count: 3, within: '1m', late_within: '1m' });
    expect(detection.mostEntries).toBe(12);
    const wrong = Array.from({ length: 500 }, (_, at) => [day + at * 2 * minute, '', 0] as const);
    const { fired, most, state } = filled(detection, [[0, ''], [1_000, ''], ...wrong, [2_000, '', 0]]);
    expect(most).toBeLessThanOrEqual(12);
    expect(fired).toEqual([2_000]);
    // Those that are furthest ahead went.
    expect(Math.max(...state.entries.map(({ at }) => at))).toBeLessThan(day + 30 * minute);
  });

  test('of a log that is imported at once the newest alerts stay', () => {
    const detection = detectionOf({ count: 3, within: '1m', late_within: '1m' });
    const now = 1_000 * day;
    const imported = Array.from({ length: 500 }, (_, at) => [at * 50_000, '', now] as const);
    const { state, fired } = filled(detection, imported);
    expect(fired).toEqual([]);
    expect(state.entries.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 12 }, (_, at) => 489 + at));
  });

  test('whatever comes, in whatever order, it is bounded, and is read as it was written', () => {
    const detections = [
      detectionOf({ count: 4, within: '1m', late_within: '1m' }),
      detectionOf({ distinct_count: { of: 'x', at_least: 4 }, within: '1m', late_within: '1m' }),
      detectionOf({ sequence: [{ when: 'true' }, { when: 'true', count: 2 }], within: '1m', late_within: '1m' }),
    ];
    const alert = fc.tuple(
      fc.integer({ min: 0, max: 40 * minute }),
      fc.constantFrom('0', '1', '01'),
      fc.oneof(fc.integer({ min: 0, max: 40 * minute }), fc.constant(day)),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...detections),
        fc.array(alert, { maxLength: 300, size: 'max' }),
        (detection, list) => {
          const { most, state } = filled(detection, list);
          expect(most).toBeLessThanOrEqual(detection.mostEntries);
          expect(readState(writeState(state))).toEqual(state);
          expect(state.fired.length).toBeLessThanOrEqual(6);
        },
      ),
    );
  });

  test('is needed until the last alert that may come in time', () => {
    const detection = detectionOf({ count: 3, within: '1m', late_within: '2m', cool_down: '4m' });
    const known = filled(detection, [[1_000, '', 5_000]]).state;
    expect(expiryOf(detection, known)).toBe(5_000 + 3 * minute);
    const told = filled(detection, times(3, 0, 1_000, '')).state;
    expect(told.entries).toEqual([]);
    expect(expiryOf(detection, told)).toBe(2_000 + 6 * minute);
  });
});

const day = 24 * 60 * minute;
