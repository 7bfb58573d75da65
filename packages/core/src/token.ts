import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Instant, Random } from './ports.ts';
import type { Scope } from './principal.ts';

/** What every token begins with, so that scanners for secrets find one that was committed or pasted. */
export const tokenPrefix = 'ttat';

const secretBytes = 32;
const idBytes = 8;

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The bytes as a number in base 62, with as many digits as the largest of that many bytes has. */
const base62 = (bytes: Uint8Array): string => {
  const length = Math.ceil((bytes.length * 8) / Math.log2(digits.length));
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (let at = 0; at < length; at++) {
    text = `${digits[Number(rest % 62n)] ?? ''}${text}`;
    rest /= 62n;
  }
  return text;
};

// As GitHub's tokens have it (github.blog, "Behind GitHub's new authentication token formats", 2021): a typing error or a
// text that only looks like a token is found without a look into any store.
const checksumOf = (text: string): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return base62(bytes);
};

/** A token that was just made. */
export interface NewToken {
  /** Names it to people: 11 of 0-9, A-Z, a-z. Not a secret. */
  readonly id: string;
  /** The whole token, `ttat_<id>_<secret>_<checksum>`. Shown once, kept nowhere. */
  readonly text: string;
  /** See {@link tokenDigest}. */
  readonly digest: string;
}

/**
 * What is kept of a token: the SHA-256 of all of its text, 64 hexadecimal digits. A slow hash, as passwords need one,
 * would add nothing: the secret has 256 random bits, so there is no list of likely ones to try.
 */
export const tokenDigest = (text: string): string => hash('sha256', text, 'hex');

/** The text of a token with this id and this secret, both in base 62, and its checksum. */
export const tokenText = (id: string, secret: string): string => {
  const body = `${tokenPrefix}_${id}_${secret}`;
  return `${body}_${checksumOf(body)}`;
};

/** Makes a token of 256 random bits. */
export const createToken = (random: Pick<Random, 'fill'>): NewToken => {
  const id = new Uint8Array(idBytes);
  const secret = new Uint8Array(secretBytes);
  random.fill(id);
  random.fill(secret);
  const name = base62(id);
  const text = tokenText(name, base62(secret));
  return { id: name, text, digest: tokenDigest(text) };
};

const form = /^ttat_([0-9A-Za-z]{11})_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/;

/** The id of a token's text; undefined where the form or the checksum is wrong, so that it cannot be one of ours. */
export const tokenIdOf = (text: string): string | undefined => {
  const id = form.exec(text)?.[1];
  if (id === undefined) return undefined;
  const at = text.lastIndexOf('_');
  return checksumOf(text.slice(0, at)) === text.slice(at + 1) ? id : undefined;
};

/** A token as it is kept: everything but the token. */
export interface TokenRecord {
  readonly id: string;
  /** See {@link tokenDigest}. */
  readonly digest: string;
  /** The principal that whoever has the token is. */
  readonly principal: string;
  readonly scopes: readonly Scope[];
  /** The condition that narrows it, in CEL; empty if there is none. */
  readonly when: string;
  /** Who made it: a principal. */
  readonly createdBy: string;
  /** The id of the request that made it. */
  readonly request: string;
  readonly createdAt: Instant;
  /** Every token ends. */
  readonly expiresAt: Instant;
  readonly revokedAt: Instant | undefined;
  /** To about a minute; undefined if it was never used. */
  readonly lastUsedAt: Instant | undefined;
}

/** The tokens that were made here. One process has it open. Every write is durable when it resolves. */
export interface TokenStore {
  /** All of them, revoked and expired ones too, in the order they were made. */
  list(): Promise<readonly TokenRecord[]>;
  /** Rejects with `CONFLICT` if one of its id or with its request is there: then nothing has changed. */
  add(record: TokenRecord): Promise<void>;
  /** One that is revoked already stays as it is. */
  revoke(id: string, at: Instant): Promise<void>;
  /** Remembers when tokens were last used, by id; a loss of it is harmless. */
  used(at: ReadonlyMap<string, Instant>): Promise<void>;
  /** Lets go of those that ended, by expiry or revocation, before this time. Gives how many. */
  prune(before: Instant): Promise<number>;
  close(): Promise<void>;
}
