import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type AlertSeverity, severities } from '@therapytrain/alerts-core';
import fc from 'fast-check';
import { openSpoolFile, type SpoolFile } from '../src/spool/file.ts';
import type { SpoolItem } from '../src/spool/messages.ts';

let directory: string;
let file: SpoolFile;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'spool-'));
});

afterEach(() => {
  file.close();
  rmSync(directory, { recursive: true });
});

const item = (severity: AlertSeverity, size = 10): SpoolItem => ({
  severity,
  encoded: new Uint8Array(size).fill(severity),
});
const roomy = { maxAlerts: 1_000, maxBytes: 1_000_000 };

describe('a spool', () => {
  test('gives the most severe first, the oldest within a severity', () => {
    file = openSpoolFile(directory, roomy);
    file.put([item(1), item(3), item(4), item(3), item(2), item(4)]);
    expect(file.first(100, 1_000_000).map(({ place }) => place)).toEqual([3, 6, 2, 4, 5, 1]);
    expect(file.first(2, 1_000_000).map(({ place }) => place)).toEqual([3, 6]);
    expect(file.first(100, 25).map(({ place }) => place)).toEqual([3, 6]);
    expect(file.first(100, 1)).toHaveLength(1);
  });

  test('still has it all when it is opened again, and never uses a place twice', () => {
    file = openSpoolFile(directory, roomy);
    file.put([item(1), item(2)]);
    file.remove([2]);
    file.close();
    file = openSpoolFile(directory, roomy);
    expect(file.size()).toBe(1);
    file.put([item(2)]);
    expect(file.first(9, 999).map(({ place, severity }) => [place, severity])).toEqual([
      [3, 2],
      [1, 1],
    ]);
  });

  test('makes room only for what is more severe, at the cost of the newest of the least severe', () => {
    file = openSpoolFile(directory, { ...roomy, maxAlerts: 3 });
    expect(file.put([item(1), item(1), item(2), item(1), item(2)])).toMatchObject({
      kept: [true, true, true, false, true],
      dropped: [{ place: 2, severity: 1 }],
    });
    expect(file.put([item(4), item(4), item(4), item(4)])).toMatchObject({
      kept: [true, true, true, false],
      dropped: [{ place: 1 }, { place: 4 }, { place: 3 }],
    });
  });

  test('drops nothing for what would not fit all the same', () => {
    file = openSpoolFile(directory, { ...roomy, maxBytes: 30 });
    file.put([item(3, 20), item(1, 10)]);
    expect(file.put([item(4, 31), item(2, 11)])).toEqual({ kept: [false, false], dropped: [] });
    expect(file.size()).toBe(2);
  });

  test('does not mind removing what is gone', () => {
    file = openSpoolFile(directory, roomy);
    file.put([item(1)]);
    file.remove([1, 1, 7]);
    expect(file.size()).toBe(0);
  });

  test('lets nobody else in', () => {
    file = openSpoolFile(directory, roomy);
    expect(() => openSpoolFile(directory, roomy)).toThrow(expect.objectContaining({ errcode: 5 }));
  });
});

test('whatever is put and removed, it holds what a list would hold, within its bounds', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('put' as const),
      items: fc.array(fc.record({ severity: fc.constantFrom(...severities), size: fc.integer({ min: 1, max: 40 }) }), {
        maxLength: 6,
      }),
    }),
    fc.record({ kind: fc.constant('remove' as const), count: fc.integer({ min: 0, max: 4 }) }),
    fc.record({ kind: fc.constant('open' as const) }),
  );
  const limits = { maxAlerts: 8, maxBytes: 160 };
  file = openSpoolFile(directory, limits);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      file.remove(file.first(100, 1_000_000).map(({ place }) => place));
      let held: { severity: AlertSeverity; size: number; place: number }[] = [];
      for (const each of steps) {
        if (each.kind === 'open') {
          file.close();
          file = openSpoolFile(directory, limits);
        } else if (each.kind === 'remove') {
          const gone = file.first(each.count || 1, 1_000_000).map(({ place }) => place);
          file.remove(gone);
          held = held.filter(({ place }) => !gone.includes(place));
        } else {
          const { kept, dropped } = file.put(each.items.map(({ severity, size }) => item(severity, size)));
          const after = file.first(100, 1_000_000);
          const known = new Set(held.map(({ place }) => place));
          const added = after.filter(({ place }) => !known.has(place)).map(({ place }) => place);
          // Each that was kept is there, unless one of the same call pushed it out again.
          expect(added.length).toBe(
            kept.filter(Boolean).length - dropped.filter(({ place }) => !known.has(place)).length,
          );
          const least = Math.min(...after.map(({ severity }) => severity));
          // Of several, a small one may find room that an earlier one had to be made room for.
          if (each.items.length === 1) {
            for (const victim of dropped) expect(victim.severity).toBeLessThanOrEqual(least);
          }
          held = after.map(({ place, severity, encoded }) => ({ place, severity, size: encoded.length }));
        }
        const rows = file.first(100, 1_000_000);
        expect(rows.map(({ place }) => place).sort()).toEqual(held.map(({ place }) => place).sort());
        expect(rows.map(({ severity, place }) => [-severity, place])).toEqual(
          rows
            .map(({ severity, place }) => [-severity, place])
            .sort(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d),
        );
        expect(file.size()).toBe(rows.length);
        expect(rows.length).toBeLessThanOrEqual(limits.maxAlerts);
        expect(rows.reduce((sum, { encoded }) => sum + encoded.length, 0)).toBeLessThanOrEqual(limits.maxBytes);
      }
    }),
    { numRuns: 40 },
  );
}, 60_000);
