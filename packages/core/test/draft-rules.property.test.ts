import { describe, expect, test } from '@jest/globals';
import { alertDraft, checkDraft } from '@therapytrain/alerts-core';
import fc from 'fast-check';
import { draft } from './support/arbitraries.ts';
import { refusal } from './support/refusal.ts';

const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(undefined, null, '', 0, 1, 4, 5, -1, 1.5, NaN, Infinity, true, [], {}, 2n, Symbol('s'), () => ''),
  fc.constantFrom(
    'a\u0000b',
    'a\nb',
    'a\rb',
    '\ud800',
    'AUTH_FAILURE',
    'auth',
    `00-${'0'.repeat(32)}-${'1'.repeat(16)}-00`,
  ),
  fc.constantFrom('x'.repeat(8_192), 'x'.repeat(8_193), 'é'.repeat(128), 'é'.repeat(129), 'é'.repeat(4_097)),
  fc.constantFrom(-62_135_596_800_000, -62_135_596_800_001, 253_402_300_799_999, 253_402_300_800_000, 2 ** 60),
  fc.constantFrom(
    { a: undefined },
    { a: 'é'.repeat(600) },
    { '': 1 },
    { constructor: 1 },
    Object.create(null),
    new Map(),
  ),
  fc.constantFrom(new String('AUTH_FAILURE'), Object(3), new Date(0), ['AUTH_FAILURE']),
  fc.string(),
  fc.integer(),
  fc.dictionary(fc.string(), fc.jsonValue()),
);

const fields = fc.constantFrom(...Object.keys(alertDraft.shape), 'unknown', 'sequence');

/** A draft that keeps the rules, with up to two of its fields, or of others, set to something odd. */
const nearly: fc.Arbitrary<unknown> = fc
  .tuple(draft, fc.array(fc.tuple(fields, odd), { maxLength: 2 }))
  .map(([right, changes]) => ({ ...right, ...Object.fromEntries(changes) }));

describe('checking a draft, which does not ask the schema about most', () => {
  const agree = (said: unknown): void => {
    const bySchema = alertDraft.safeParse(said);
    if (bySchema.success) expect(checkDraft(said)).toEqual(bySchema.data);
    else expect(refusal(() => checkDraft(said)).violations).toHaveLength(bySchema.error.issues.length);
  };

  test('says what the schema says, of drafts that are right or nearly so', () => {
    fc.assert(fc.property(nearly, agree), { numRuns: 3_000 });
  });

  test('says what the schema says, of anything', () => {
    fc.assert(fc.property(fc.oneof(odd, fc.anything()), agree));
  });
});
