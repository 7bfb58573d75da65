import { describe, expect, test } from '@jest/globals';
import type { AuditEntry } from '@therapytrain/alerts-core';
import fc from 'fast-check';
import { type AuditListing, listAudit } from '../src/audit/listing.ts';

const entriesOf = (count: number): readonly AuditEntry[] =>
  Array.from({ length: count }, (_, n) => ({
    ...{ sequence: n + 1, at: 1_000 + n, actor: n % 3 === 0 ? 'ann' : 'gateway', subject: `s-${n % 5}`, facts: {} },
    action: ['incident.opened', 'incident.resolved', 'policy.changed'][n % 3] ?? '',
  }));

const storeOf = (entries: readonly AuditEntry[]) => ({
  audit: async (after: number, limit: number) => entries.slice(after, after + limit),
});

// What a page holds, said otherwise.
const naive = (entries: readonly AuditEntry[], upTo: number, listing: AuditListing): readonly number[] => {
  const found = entries
    .slice(0, upTo)
    .filter(({ action }) =>
      listing.action.endsWith('.') ? action.startsWith(listing.action) : [action, ''].includes(listing.action),
    )
    .filter(({ actor }) => [actor, ''].includes(listing.actor))
    .filter(({ subject }) => [subject, ''].includes(listing.subject))
    .filter(({ at }) => at >= (listing.since ?? 0))
    .map(({ sequence }) => sequence);
  return listing.newestFirst ? found.toReversed() : found;
};

describe('pages of the audit', () => {
  test('hold each entry that was asked for once, in order, however small they are', async () => {
    const listings = fc.record({
      action: fc.constantFrom('', 'incident.', 'incident.opened', 'policy.changed', 'none'),
      actor: fc.constantFrom('', 'ann'),
      subject: fc.constantFrom('', 's-2'),
      since: fc.option(fc.integer({ min: 900, max: 3_500 }), { nil: undefined }),
      newestFirst: fc.boolean(),
    });
    const bounds = fc.record({
      size: fc.integer({ min: 1, max: 1_200 }),
      bytes: fc.integer({ min: 1, max: 100_000 }),
      scanned: fc.integer({ min: 1, max: 3_000 }),
    });
    const all = entriesOf(2_300);
    await fc.assert(
      fc.asyncProperty(listings, bounds, fc.integer({ min: 0, max: 2_300 }), async (listing, limits, upTo) => {
        const seen: number[] = [];
        let from: number | undefined;
        do {
          const { entries, next } = await listAudit(storeOf(all), listing, { from, upTo }, limits);
          expect(entries.length).toBeLessThanOrEqual(limits.size);
          expect(next).not.toBe(from ?? -1);
          seen.push(...entries.map(({ entry }) => entry.sequence));
          from = next;
        } while (from !== undefined && seen.length < 5_000);
        expect(seen).toEqual(naive(all, upTo, listing));
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
