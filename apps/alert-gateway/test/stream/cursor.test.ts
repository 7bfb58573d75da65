import { describe, expect, test } from '@jest/globals';
import { AlertError } from '@therapytrain/alerts-core';
import fc from 'fast-check';
import { createTokens, type TokenKind, type Tokens } from '../../src/stream/cursor.ts';

const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const tokens = createTokens(key(1));
const largest = 2 ** 48 - 1;

const codeOf = (read: () => unknown): string => {
  try {
    read();
  } catch (thrown) {
    if (thrown instanceof AlertError) return thrown.code;
    throw thrown;
  }
  return 'none';
};

const refused = (kind: TokenKind, filter: string, token: string, by: Tokens = tokens): boolean => {
  const code = codeOf(() => by.read(kind, filter, token));
  if (code === 'none') return false;
  expect(code).toBe(kind === 'stream' ? 'CURSOR_INVALID' : 'PAGE_TOKEN_INVALID');
  return true;
};

const kinds = fc.constantFrom<TokenKind>('stream', 'page');
const filters = fc.oneof(
  fc.constantFrom('', ' ', 'severity >= HIGH', 'severity >= HIGH '),
  fc.string({ unit: 'binary' }),
);

test('what was signed is read back, whatever place and filter', () => {
  fc.assert(
    fc.property(kinds, filters, fc.integer({ min: 0, max: largest }), (kind, filter, place) => {
      const token = tokens.signer(kind, filter)(place);
      expect(token).toMatch(/^[\w-]{43}$/);
      expect(tokens.read(kind, filter, token)).toBe(place);
    }),
  );
});

test('a signer may sign in any order: one token does not change another', () => {
  const sign = tokens.signer('stream', 'a');
  const all = [5, 3, 5, 0, largest].map(sign);
  expect(all.map((token) => tokens.read('stream', 'a', token))).toEqual([5, 3, 5, 0, largest]);
  expect(all[0]).toBe(all[2]);
});

describe('a token is refused', () => {
  const token = tokens.signer('stream', 'severity >= HIGH')(12_345);

  test('with any bit of any byte changed', () => {
    const bytes = Buffer.from(token, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(refused('stream', 'severity >= HIGH', changed.toString('base64url'))).toBe(true);
    }
  });

  test('with any character changed, also where that changes no byte', () => {
    for (let at = 0; at < token.length; at++) {
      for (const other of ['A', 'b', '9', '-', '_', '=', '+', '/', ' ', 'é']) {
        if (other === token[at]) continue;
        expect(refused('stream', 'severity >= HIGH', token.slice(0, at) + other + token.slice(at + 1))).toBe(true);
      }
    }
  });

  test('cut or lengthened anywhere', () => {
    for (let at = 0; at < token.length; at++)
      expect(refused('stream', 'severity >= HIGH', token.slice(0, at))).toBe(true);
    for (const more of ['A', '=', '==', '\n', token])
      expect(refused('stream', 'severity >= HIGH', token + more)).toBe(true);
  });

  test.each([
    ['of another filter', 'stream', 'severity >= LOW', tokens],
    ['of the same filter with a space', 'stream', 'severity >= HIGH ', tokens],
    ['of no filter', 'stream', '', tokens],
    ['of another use', 'page', 'severity >= HIGH', tokens],
    ['of another gateway', 'stream', 'severity >= HIGH', createTokens(key(2))],
  ] as const)('%s', (_name, kind, filter, by) => {
    expect(refused('stream', 'severity >= HIGH', token)).toBe(false);
    expect(refused(kind, filter, token, by)).toBe(true);
  });

  test('that is any text at all', () => {
    fc.assert(fc.property(kinds, fc.string({ unit: 'binary' }), (kind, text) => refused(kind, '', text)));
  });

  test('naming the field, and not what stood in it', () => {
    try {
      tokens.read('page', '', 'zq7canary');
      throw new Error('it was taken');
    } catch (thrown) {
      const { message, violations } = thrown as AlertError;
      expect(violations).toEqual([{ field: 'pageToken', rule: 'is not one of this gateway' }]);
      expect(message).not.toContain('zq7canary');
    }
  });
});

describe('the token of a list', () => {
  const id = '0193f1c2-7b2a-7c3d-8e4f-5a6b7c8d9e0f';

  test('gives back the id, for the same list', () => {
    fc.assert(
      fc.property(filters, fc.uuid(), (list, any) => {
        const token = tokens.signId(list, any);
        expect(token).toMatch(/^[\w-]{83}$/);
        expect(tokens.readId(list, token)).toBe(any);
      }),
    );
  });

  test('is good for no other list, key or use, and cannot be changed', () => {
    const token = tokens.signId('incidents', id);
    const bent = `${token.slice(0, 20)}${token[20] === 'A' ? 'B' : 'A'}${token.slice(21)}`;
    const reads = [
      () => tokens.readId('silences', token),
      () => createTokens(key(2)).readId('incidents', token),
      () => tokens.readId('incidents', bent),
      () => tokens.readId('incidents', `${token}=`),
      () => tokens.readId('incidents', ''),
      () => tokens.read('page', 'incidents', token),
      () => tokens.readId('', tokens.signer('page', '')(7)),
    ];
    expect(reads.map(codeOf)).toEqual(reads.map(() => 'PAGE_TOKEN_INVALID'));
  });
});
