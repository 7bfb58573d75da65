import { describe, expect, test } from '@jest/globals';
import {
  canonicalJson,
  createAlertTypes,
  fingerprint,
  type Metadata,
  type MetadataValue,
  Sensitivity,
} from '@therapytrain/alerts-core';
import fc from 'fast-check';
import { metadata, metadataValue } from './support/arbitraries.ts';

const key = (identifies: boolean) => ({ sensitivity: Sensitivity.INTERNAL, identifies, description: '' });
const types = createAlertTypes({
  DOOR: { title: 'Door', defaultSeverity: undefined, metadata: { site: key(true), door: key(true), note: key(false) } },
});
const of = (facts: Metadata, type = 'DOOR', source = 'gate') => fingerprint(types, type, source, facts);

/** The same entries in another order, at every depth. */
const shuffled = (value: MetadataValue, order: readonly number[]): MetadataValue => {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item: MetadataValue) => shuffled(item, order));
  const entries = Object.entries(value).map(([name, item], at) => ({
    name,
    item: shuffled(item, order),
    at: order[at % order.length] ?? 0,
  }));
  return Object.fromEntries(entries.sort((one, other) => one.at - other.at).map(({ name, item }) => [name, item]));
};

describe('what a fingerprint is', () => {
  test('32 lower-case hexadecimal digits, the same each time', () => {
    fc.assert(
      fc.property(metadata, (facts) => {
        expect(of(facts)).toMatch(/^[0-9a-f]{32}$/);
        expect(of(facts)).toBe(of(structuredClone(facts)));
      }),
    );
  });

  test('it must not change from release to release: alerts of both would be told apart', () => {
    expect(
      fingerprint(createAlertTypes(), 'AUTH_FAILURE', 'login', { userId: 'u1', ipAddress: '192.0.2.1' }),
    ).toMatchInlineSnapshot(`"9aeec2f4fc4d649ddc9ca9a0c8359feb"`);
    expect(fingerprint(createAlertTypes(), 'BACKUP_FAILED', 'db', {})).toMatchInlineSnapshot(
      `"ea9b531b59501b01e0ef5ade0d015089"`,
    );
  });
});

describe('what changes nothing', () => {
  test('the order of metadata, at any depth', () => {
    fc.assert(
      fc.property(metadata, metadataValue, fc.array(fc.nat(), { minLength: 1 }), (facts, site, order) => {
        const said = { ...facts, site };
        expect(of(shuffled(said, order) as Metadata)).toBe(of(said));
      }),
    );
  });

  test('keys that do not identify', () => {
    fc.assert(
      fc.property(metadata, metadata, metadataValue, (one, other, site) => {
        const { door: _, ...more } = other;
        const { door: __, ...fewer } = one;
        expect(of({ ...fewer, site, note: 'a' })).toBe(of({ ...more, site, note: 'b' }));
      }),
    );
  });

  test('anything at all, for a type that is not declared', () => {
    fc.assert(fc.property(metadata, (facts) => expect(of(facts, 'OTHER')).toBe(of({}, 'OTHER'))));
  });
});

describe('what changes it', () => {
  test('another value of an identity key', () => {
    fc.assert(
      fc.property(metadata, metadataValue, metadataValue, (facts, one, other) => {
        fc.pre(canonicalJson(one) !== canonicalJson(other));
        expect(of({ ...facts, site: one })).not.toBe(of({ ...facts, site: other }));
      }),
    );
  });

  test('the kinds of a value: text, number, boolean, null, list, map, absent', () => {
    const kinds: readonly Metadata[] = [
      ...[1, '1', true, 'true', null, 'null', [], [[]], {}, [1], { '1': 1 }, '', 0].map((site) => ({ site })),
      {},
    ];
    expect(new Set(kinds.map((facts) => of(facts))).size).toBe(kinds.length);
  });

  test('which key has the value', () => {
    expect(of({ site: 'a' })).not.toBe(of({ door: 'a' }));
    expect(of({ site: 'a', door: 'b' })).not.toBe(of({ site: 'b', door: 'a' }));
  });

  test('a key that is inherited is not there', () => {
    const inherits = Object.create({ site: 'a' }) as Metadata;
    expect(of(inherits)).toBe(of({}));
  });

  test('type and source, wherever the one ends and the other begins', () => {
    const parts = fc.string({ unit: fc.constantFrom('A', 'B', '\u0000', '"', '\\', ',', '=', '['), maxLength: 4 });
    fc.assert(
      fc.property(parts, parts, parts, parts, (type, source, otherType, otherSource) => {
        const same = type === otherType && source === otherSource;
        expect(of({}, type, source) === of({}, otherType, otherSource)).toBe(same);
      }),
      { numRuns: 2_000 },
    );
    expect(of({}, 'A\u0000b', 'c')).not.toBe(of({}, 'A', 'b\u0000c'));
  });

  test('a source cannot look like a value of the metadata', () => {
    expect(of({}, 'DOOR', 'gate\u0000site="a"')).not.toBe(of({ site: 'a' }, 'DOOR', 'gate'));
  });
});

describe('canonicalJson', () => {
  test('writes any text as JSON does, whatever is in it', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({
        unit: fc.constantFrom('a', '"', '\\', '\u0000', '\n', '\u001f', '\u007f', '\u2028', '\ud83d', '\ude00'),
      }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(canonicalJson(text)).toBe(JSON.stringify(text));
        expect(canonicalJson({ [text]: text })).toBe(JSON.stringify({ [text]: text }));
      }),
      { numRuns: 1_000 },
    );
  });

  test('reads back as what it was', () => {
    fc.assert(
      fc.property(metadataValue, (value) => {
        // JSON has no minus zero.
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('equal for equal values, whatever their order', () => {
    fc.assert(
      fc.property(metadataValue, fc.array(fc.nat(), { minLength: 1 }), (value, order) => {
        expect(canonicalJson(shuffled(value, order))).toBe(canonicalJson(value));
      }),
    );
  });
});
