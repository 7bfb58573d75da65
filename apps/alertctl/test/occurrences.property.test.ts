import { hash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createOccurrences } from '../src/import/occurrences.ts';

const digest = (text: string): Buffer => hash('sha256', text, 'buffer');

test('counts as a map does, in any order and number', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(300), { maxLength: 3000, size: 'max' }), (numbers) => {
      const occurrences = createOccurrences();
      const model = new Map<number, number>();
      for (const number of numbers) {
        const before = model.get(number) ?? 0;
        model.set(number, before + 1);
        expect(occurrences.count(digest(`${number}`))).toBe(before);
      }
    }),
    { numRuns: 20 },
  );
});

test('grows', () => {
  const occurrences = createOccurrences();
  for (const round of [0, 1]) {
    for (let n = 0; n < 20_000; n++) if (occurrences.count(digest(`${n}`)) !== round) throw new Error(`${n}`);
  }
});

test('digests that share a place, or are zero, are told apart', () => {
  const occurrences = createOccurrences();
  const of = (high: number, low: number): Buffer => {
    const bytes = Buffer.alloc(32);
    bytes.writeUInt32LE(high, 0);
    bytes.writeUInt32LE(low, 4);
    return bytes;
  };
  expect([of(0, 0), of(1, 0), of(0, 1024), of(0, 0), of(1, 0)].map(occurrences.count)).toEqual([0, 0, 0, 1, 1]);
});
