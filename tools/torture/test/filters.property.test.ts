import { describe, expect, it } from '@jest/globals';
import { Alert } from '@therapytrain/alerts-api';
import { compileExpression } from '@therapytrain/alerts-core';
import fc from 'fast-check';
import { reportOf } from '../content.ts';
import { filters } from '../subscription.ts';

describe('the filters of subscribers', () => {
  it.each(filters.filter(({ cel }) => cel !== ''))(
    '$cel means the same to the gateway and to us',
    ({ cel, passes }) => {
      const expression = compileExpression(cel);
      fc.assert(
        fc.property(fc.nat(), fc.nat(100_000), (seed, number) => {
          const { type, severity, message, metadata = {} } = reportOf(seed, number, 'request', 'mixed');
          const facts = {
            type,
            message,
            metadata,
            source: '',
            fingerprint: '',
            dedupKey: '',
            occurredAt: 0,
            receivedAt: 0,
          };
          expect(passes(Alert.fromPartial({ type, severity, message, metadata }))).toBe(
            expression.matches({ ...facts, severity }),
          );
        }),
        { numRuns: 200 },
      );
    },
  );

  it('let something pass and hold something back, but for the first and the last', () => {
    const alerts = Array.from({ length: 200 }, (_, number) => {
      const { type, severity, metadata } = reportOf(1, number, 'request', 'mixed');
      return Alert.fromPartial({ type, severity, metadata });
    });
    const counts = filters.map(({ passes }) => alerts.filter(passes).length);
    expect(counts[0]).toBe(200);
    expect(counts.at(-1)).toBe(0);
    for (const count of counts.slice(1, -1)) {
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThan(200);
    }
  });
});
