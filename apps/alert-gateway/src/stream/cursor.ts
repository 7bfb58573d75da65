import { createHmac, createSecretKey, hash, timingSafeEqual } from 'node:crypto';
import { AlertError, type AlertErrorCode } from '@therapytrain/alerts-core';

/** What a token is good for; one of one kind is not taken for another. */
export type TokenKind = 'stream' | 'page';

/** Makes tokens out of places in the log, and reads them back. Opaque, signed, and bound to one filter. */
export interface Tokens {
  /** Signs places for one filter. */
  signer(kind: TokenKind, filter: string): (place: number) => string;
  /** The place of a token. Throws `CURSOR_INVALID` or `PAGE_TOKEN_INVALID` if it is not ours, or of another filter. */
  read(kind: TokenKind, filter: string, token: string): number;
}

const version = 1;
const kinds: Readonly<Record<TokenKind, number>> = { stream: 1, page: 2 };
const names: Readonly<Record<TokenKind, string>> = { stream: 'cursor', page: 'page token' };
const invalid: Readonly<Record<TokenKind, AlertErrorCode>> = { stream: 'CURSOR_INVALID', page: 'PAGE_TOKEN_INVALID' };
// Version, kind, place (6 bytes), digest of the filter (8), signature (16).
const placeAt = 2;
const filterAt = 8;
const signatureAt = 16;
const size = 32;

/** Tokens signed with a key that only this gateway, and others on the same data, know. */
export const createTokens = (key: Uint8Array): Tokens => {
  // Made once: to prepare the bytes of a key takes five times as long as to sign with it.
  const secret = createSecretKey(key);
  const sign = (head: Uint8Array): Buffer =>
    createHmac('sha256', secret)
      .update(head)
      .digest()
      .subarray(0, size - signatureAt);
  const headOf = (kind: TokenKind, filter: string): Buffer => {
    const token = Buffer.alloc(size);
    token[0] = version;
    token[1] = kinds[kind];
    Buffer.from(hash('sha256', filter, 'hex').slice(0, 16), 'hex').copy(token, filterAt);
    return token;
  };
  return {
    signer: (kind, filter) => {
      const token = headOf(kind, filter);
      return (place) => {
        token.writeUIntBE(place, placeAt, 6);
        sign(token.subarray(0, signatureAt)).copy(token, signatureAt);
        return token.toString('base64url');
      };
    },
    read: (kind, filter, text) => {
      const token = Buffer.from(text, 'base64url');
      const refuse = (rule: string) => {
        const field = kind === 'page' ? 'pageToken' : 'cursor';
        return new AlertError(invalid[kind], `the ${names[kind]} ${rule}`, { violations: [{ field, rule }] });
      };
      if (token.length !== size || token.toString('base64url') !== text) throw refuse('is not one of this gateway');
      if (!timingSafeEqual(sign(token.subarray(0, signatureAt)), token.subarray(signatureAt))) {
        throw refuse('is not one of this gateway');
      }
      const place = token.readUIntBE(placeAt, 6);
      const expected = headOf(kind, filter);
      expected.writeUIntBE(place, placeAt, 6);
      if (!expected.subarray(0, signatureAt).equals(token.subarray(0, signatureAt))) {
        throw refuse('belongs to another filter or use');
      }
      return place;
    },
  };
};
