import { hash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createToken, systemRandom, tokenDigest, tokenIdOf } from '@therapytrain/alerts-core';

const made = fc.uint8Array({ minLength: 40, maxLength: 40 }).map((bytes) => {
  let at = 0;
  return createToken({ fill: (into) => into.set(bytes.slice(at, (at += into.length))) });
});

describe('a token', () => {
  test('has a form that scanners know, an id, and a digest that does not tell it', () => {
    fc.assert(
      fc.property(made, ({ id, text, digest }) => {
        expect(text).toMatch(/^ttat_[0-9A-Za-z]{11}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
        expect(tokenIdOf(text)).toBe(id);
        expect(digest).toBe(hash('sha256', text, 'hex'));
        expect(tokenDigest(text)).toBe(digest);
      }),
    );
  });

  test('with any one character changed is none', () => {
    fc.assert(
      fc.property(made, fc.nat(), fc.constantFrom(...'0aZ_.'), ({ text }, place, letter) => {
        const at = place % text.length;
        fc.pre(text[at] !== letter);
        expect(tokenIdOf(text.slice(0, at) + letter + text.slice(at + 1))).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(['', 'ttat_', 'ttat___', `ttat_${'0'.repeat(11)}_${'0'.repeat(43)}_000000`, 'eyJhbGciOiJub25lIn0.e30.'])(
    '%j is none',
    (text) => expect(tokenIdOf(text)).toBeUndefined(),
  );

  test('is told from every other by all 256 bits of its secret', () => {
    // Each bit of the 32 random bytes makes another text.
    const zeros = new Uint8Array(40);
    const texts = new Set<string>();
    for (let bit = 64; bit < 320; bit++) {
      const bytes = zeros.slice();
      bytes[bit >> 3] = 1 << (bit & 7);
      let at = 0;
      texts.add(createToken({ fill: (into) => into.set(bytes.slice(at, (at += into.length))) }).text);
    }
    expect(texts.size).toBe(256);
  });

  test('is never made twice', () => {
    const texts = new Set(Array.from({ length: 1_000 }, () => createToken(systemRandom).text));
    expect(texts.size).toBe(1_000);
  });
});
