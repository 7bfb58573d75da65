import { createHmac, createSecretKey, hash, timingSafeEqual } from 'node:crypto';
import { AlertError, type AlertErrorCode } from '@therapytrain/alerts-core';

/** What a token is good for; one of one kind is not taken for another. */
export type TokenKind = 'stream' | 'page' | 'incidents' | 'decisions';

/** Makes tokens out of places, and reads them back. Opaque, signed, and bound to one filter. */
export interface Tokens {
  /** Signs places in the log for one filter. */
  signer(kind: TokenKind, filter: string): (place: number) => string;
  /** The place of a token. Throws `CURSOR_INVALID` or `PAGE_TOKEN_INVALID` if it is not ours, or of another filter. */
  read(kind: TokenKind, filter: string, token: string): number;
  /** Signs the id (a UUID) below which the next page of a list begins. `list` names it, with all that filters it. */
  signId(list: string, id: string): string;
  /** The id of such a token. Throws `PAGE_TOKEN_INVALID` if it is not ours, or of another list. */
  readId(list: string, token: string): string;
}

const version = 1;
const kinds = { stream: 1, page: 2, list: 3, incidents: 4, decisions: 5 } as const;
type Kind = keyof typeof kinds;

// Version, kind, place, digest of the filter (8), signature (16). A place is a number (6 bytes) or the text of a UUID.
const placeAt = 2;
const numberBytes = 6;
const idBytes = 36;
const digestBytes = 8;
const signatureBytes = 16;

const refuse = (kind: Kind, rule: string): AlertError => {
  const [code, field, name] = (
    kind === 'page' || kind === 'list'
      ? ['PAGE_TOKEN_INVALID', 'pageToken', 'page token']
      : ['CURSOR_INVALID', 'cursor', 'cursor']
  ) satisfies [AlertErrorCode, string, string];
  return new AlertError(code, `the ${name} ${rule}`, { violations: [{ field, rule }] });
};

/** A token with room for its place and signature. */
const blank = (kind: Kind, filter: string, placeBytes: number): Buffer => {
  const token = Buffer.alloc(placeAt + placeBytes + digestBytes + signatureBytes);
  token[0] = version;
  token[1] = kinds[kind];
  Buffer.from(hash('sha256', filter, 'hex').slice(0, 2 * digestBytes), 'hex').copy(token, placeAt + placeBytes);
  return token;
};

/** Tokens signed with a key that only this gateway, and others on the same data, know. */
export const createTokens = (key: Uint8Array): Tokens => {
  // Made once: to prepare the bytes of a key takes five times as long as to sign with it.
  const secret = createSecretKey(key);
  const signature = (token: Buffer): Buffer =>
    createHmac('sha256', secret).update(token.subarray(0, -signatureBytes)).digest().subarray(0, signatureBytes);
  const seal = (token: Buffer): string => {
    signature(token).copy(token, token.length - signatureBytes);
    return token.toString('base64url');
  };
  const open = (kind: Kind, filter: string, text: string, placeBytes: number): Buffer => {
    const token = Buffer.from(text, 'base64url');
    const expected = blank(kind, filter, placeBytes);
    const isOurs =
      token.length === expected.length &&
      token.toString('base64url') === text &&
      timingSafeEqual(signature(token), token.subarray(-signatureBytes));
    if (!isOurs) throw refuse(kind, 'is not one of this gateway');
    const place = token.subarray(placeAt, placeAt + placeBytes);
    place.copy(expected, placeAt);
    if (!expected.subarray(0, -signatureBytes).equals(token.subarray(0, -signatureBytes))) {
      throw refuse(kind, 'belongs to another filter or use');
    }
    return place;
  };
  return {
    signer: (kind, filter) => {
      const token = blank(kind, filter, numberBytes);
      return (place) => {
        token.writeUIntBE(place, placeAt, numberBytes);
        return seal(token);
      };
    },
    read: (kind, filter, text) => open(kind, filter, text, numberBytes).readUIntBE(0, numberBytes),
    signId: (list, id) => {
      const token = blank('list', list, idBytes);
      token.write(id, placeAt, 'latin1');
      return seal(token);
    },
    readId: (list, text) => open('list', list, text, idBytes).toString('latin1'),
  };
};
