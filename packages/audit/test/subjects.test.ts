import { describe, expect, test } from '@jest/globals';
import { createMemoryStore, testPorts } from '@therapytrain/alerts-testkit';
import { canonicalJson, systemRandom } from '@therapytrain/alerts-core';
import {
  createKey,
  createSubjects,
  decodeEntry,
  encodeEntry,
  handedOver,
  keyChangedEntry,
  largestLeaf,
  signatureTypes,
} from '@therapytrain/alerts-audit';
import fc from 'fast-check';

const open = (key = new Uint8Array(32).fill(7)) => {
  const ports = testPorts();
  const store = createMemoryStore(ports);
  return { store, ports, subjects: createSubjects({ store, key, random: systemRandom }) };
};

const asked = { at: 1_700_000_000_000, actor: 'ann' };

describe('commitments', () => {
  test('open with the value and the person, and with nothing else', async () => {
    const { subjects } = open();
    const commitment = await subjects.commit('u-17', 'Jane Doe');
    expect(commitment).toMatch(/^hmac-sha256:[0-9a-f]{32}:[0-9a-f]{64}$/);
    expect(await subjects.opens(commitment, 'u-17', 'Jane Doe')).toBe(true);
    expect(await subjects.opens(commitment, ' U-17 ', 'Jane Doe')).toBe(true);
    expect(await subjects.opens(commitment, 'u-17', 'Jane Roe')).toBe(false);
    expect(await subjects.opens(commitment, 'u-18', 'Jane Doe')).toBe(false);
    expect(await subjects.opens('', 'u-17', 'Jane Doe')).toBe(false);
  });

  test('say nothing of the value, and nothing that another deployment would know', async () => {
    const [one, other] = [open(), open(new Uint8Array(32).fill(8))];
    const commitments = [await one.subjects.commit('u-17', 'x'), await other.subjects.commit('u-17', 'x')];
    expect(new Set(commitments.map((each) => each.split(':')[1])).size).toBe(2);
    expect(new Set(commitments.map((each) => each.split(':')[2])).size).toBe(2);
    // The same person and value stay the same in one deployment, so that entries about them can be found.
    expect(await one.subjects.commit('U-17', 'x')).toBe(commitments[0]);
  });

  test('of two who ask at once are made with one key', async () => {
    const { subjects } = open();
    const both = await Promise.all([subjects.commit('u-17', 'x'), subjects.commit('u-17', 'x')]);
    expect(await Promise.all(both.map((each) => subjects.opens(each, 'u-17', 'x')))).toEqual([true, true]);
  });

  test('open for nobody once the key is erased, which is noted without the person', async () => {
    const { subjects, store } = open();
    const commitment = await subjects.commit('u-17', 'Jane Doe');
    expect(await subjects.erase('U-17', asked)).toBe(true);
    expect(await subjects.opens(commitment, 'u-17', 'Jane Doe')).toBe(false);
    expect(await store.audit(0, 10)).toEqual([
      { ...asked, sequence: 1, action: 'subject.erased', subject: subjects.idOf('u-17'), facts: {} },
    ]);
    expect(JSON.stringify(await store.audit(0, 10))).not.toContain('17"');
    expect(await subjects.erase('u-17', asked)).toBe(false);
    expect(await store.audit(0, 10)).toHaveLength(1);
    // Who comes again is somebody new.
    expect(await subjects.commit('u-17', 'Jane Doe')).not.toBe(commitment);
  });
});

describe('leaves', () => {
  const entry = { sequence: 3, at: 5, actor: 'ann', action: 'a.b', subject: 's', facts: { z: 1, a: 'ü"\n' } };

  test('are canonical: the order of facts changes nothing, and the form is that of version 1', () => {
    const expected =
      '{"action":"a.b","actor":"ann","at":5,"facts":{"a":"ü\\"\\n","z":1},"sequence":3,"subject":"s","v":1}';
    expect(encodeEntry(entry).toString()).toBe(expected);
    expect(encodeEntry({ ...entry, facts: { a: 'ü"\n', z: 1 } }).toString()).toBe(expected);
    expect(decodeEntry(encodeEntry(entry))).toEqual(entry);
  });

  test('are what canonicalJson makes of all of it', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer(),
        fc.array(fc.string({ unit: 'binary' }), { minLength: 3, maxLength: 3 }),
        fc.dictionary(fc.string(), fc.oneof(fc.string({ unit: 'binary' }), fc.integer())),
        (sequence, at, [actor = '', action = '', subject = ''], facts) => {
          const each = { sequence, at, actor, action, subject, facts: { ...facts } };
          expect(encodeEntry(each).toString()).toBe(Buffer.from(canonicalJson({ v: 1, ...each })).toString());
        },
      ),
    );
  });

  test('that would be too long tell their facts by a hash', () => {
    const long = encodeEntry({ ...entry, facts: { text: 'x'.repeat(70_000) } });
    expect(long.length).toBeLessThan(largestLeaf);
    expect(decodeEntry(long).facts).toEqual({ factsSha256: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown });
  });

  test.each(['', 'x', '{}', '[]', '{"v":2,"sequence":1,"at":1,"actor":"","action":"","subject":"","facts":{}}'])(
    'that are none are refused: %j',
    (text) => expect(() => decodeEntry(Buffer.from(text))).toThrow('is no entry'),
  );
});

describe('a key that hands over', () => {
  const [old, next, other] = ['log.example/k', 'log.example/k', 'log.example/k'].map((name) =>
    createKey(name, signatureTypes.note, systemRandom),
  );

  test('is followed by the one that it signed, and by no other', () => {
    if (!old || !next || !other) throw new Error('there are three keys');
    const entry = { ...keyChangedEntry(old, next, 5), sequence: 1 };
    expect(handedOver(entry, [old])?.vkey).toBe(next.vkey);
    expect(handedOver(entry, [other])).toBeUndefined();
    expect(handedOver({ ...entry, facts: { ...entry.facts, to: other.vkey } }, [old])).toBeUndefined();
    expect(handedOver({ ...entry, action: 'policy.changed' }, [old])).toBeUndefined();
  });
});
