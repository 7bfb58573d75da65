import { expect, test } from '@jest/globals';
import { checkDraft, decodeAlert, encodeReport, decodeReport, uuidPattern } from '@therapytrain/alerts-core';
import { alertDrafts, draftOf, epoch, requestIdOf, seededRandom, stamp, testPorts } from '@therapytrain/alerts-testkit';
import fc from 'fast-check';

test('every generated draft keeps the rules, and can be reported', () => {
  fc.assert(
    fc.property(alertDrafts(), (draft) => {
      expect(() => checkDraft(draft)).not.toThrow();
      expect(checkDraft(decodeReport(encodeReport(draft)))).toEqual(
        expect.objectContaining({ type: draft.type, message: draft.message }),
      );
    }),
    { numRuns: 100 },
  );
});

test('generated drafts are of many kinds', () => {
  const drafts = fc.sample(alertDrafts(), { numRuns: 300, seed: 7 });
  const some = (is: (draft: (typeof drafts)[number]) => boolean): boolean => drafts.some(is);
  expect(some(({ requestId }) => requestId === undefined)).toBe(true);
  expect(some(({ occurredAt = epoch }) => occurredAt < 0)).toBe(true);
  expect(some(({ metadata = {} }) => Object.values(metadata).some((value) => Array.isArray(value)))).toBe(true);
  expect(some(({ message }) => /[\u{10000}-\u{10ffff}]/u.test(message))).toBe(true);
  expect(some(({ type }) => !/^(AUTH|UNUSUAL|DATA|RATE|SYSTEM)_/.test(type))).toBe(true);
});

test('numbered drafts keep the rules, and each has a request id of its own that ascends', () => {
  const ids = Array.from({ length: 5_000 }, (_, n) => requestIdOf(n));
  expect(ids.every((id) => uuidPattern.test(id))).toBe(true);
  expect([...new Set(ids)].sort()).toEqual(ids);
  for (let n = 0; n < 100; n++) {
    expect(checkDraft(draftOf(n))).toMatchObject({ requestId: requestIdOf(n), dedupKey: `case-${n}` });
    expect(draftOf(n)).toEqual(draftOf(n));
  }
});

test('a stamped draft is the alert that its bytes say', () => {
  fc.assert(
    fc.property(alertDrafts(), (draft) => {
      const { alert, requestId, encoded } = stamp(draft, testPorts(), 'payments');
      expect(alert).toMatchObject({ source: 'payments', receivedAt: epoch, sequence: 0 });
      expect(decodeAlert(encoded)).toMatchObject({
        id: alert.id,
        fingerprint: alert.fingerprint,
        message: draft.message,
      });
      expect(requestId).toBe(draft.requestId);
    }),
    { numRuns: 50 },
  );
});

test('the same seed gives the same chance, and another one another', () => {
  const draw = (seed: number): number[] => {
    const random = seededRandom(seed);
    const bytes = new Uint8Array(64);
    random.fill(bytes);
    return [...bytes, ...Array.from({ length: 64 }, random.fraction)];
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  const fractions = Array.from({ length: 10_000 }, seededRandom(3).fraction);
  expect(Math.min(...fractions)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...fractions)).toBeLessThan(1);
  expect(fractions.reduce((sum, each) => sum + each, 0) / fractions.length).toBeCloseTo(0.5, 1);
});

test('test ports give the same ids each time', () => {
  const ids = ({ seed }: { seed: number }): string[] => Array.from({ length: 10 }, testPorts({ seed }).ids.next);
  expect(ids({ seed: 1 })).toEqual(ids({ seed: 1 }));
  expect(ids({ seed: 1 })).not.toEqual(ids({ seed: 2 }));
});
