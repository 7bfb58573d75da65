import { describe, expect, it } from '@jest/globals';
import { ReportAlertRequest } from '@therapytrain/alerts-api';
import { checkDraft, decodeReport, limits } from '@therapytrain/alerts-core';
import fc from 'fast-check';
import { reportOf, type ReportSize } from '../content.ts';

const seeds = fc.nat();
const numbers = fc.nat(1_000_000);
const sizes = fc.constantFrom<ReportSize>('mixed', 'large');
const requestId = '01890a5d-ac96-774b-bcce-b302099a8057';

describe('reports', () => {
  it('say the same for the same seed and number', () => {
    fc.assert(
      fc.property(seeds, numbers, sizes, (seed, number, size) => {
        expect(reportOf(seed, number, requestId, size)).toEqual(reportOf(seed, number, requestId, size));
      }),
      { numRuns: 50 },
    );
  });

  it('say something else for another number', () => {
    fc.assert(
      fc.property(seeds, numbers, (seed, number) => {
        const { message } = reportOf(seed, number, requestId, 'mixed');
        expect(reportOf(seed, number + 1, requestId, 'mixed').message).not.toBe(message);
      }),
      { numRuns: 50 },
    );
  });

  it('keep every rule of the contract', () => {
    fc.assert(
      fc.property(seeds, numbers, sizes, (seed, number, size) => {
        const encoded = ReportAlertRequest.encode(reportOf(seed, number, requestId, size)).finish();
        expect(encoded.length).toBeLessThan(limits.alertBytes);
        expect(() => checkDraft(decodeReport(encoded))).not.toThrow();
      }),
      { numRuns: 100 },
    );
  });
});
