import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { AlertError, type Random } from '@therapytrain/alerts-core';

/** Signature types of C2SP signed-note: a note by a log, and a cosignature/v1 by a witness. */
export const signatureTypes = { note: 1, cosignature: 4 } as const;

/** One of {@link signatureTypes}, as its byte. */
export type SignatureType = (typeof signatureTypes)[keyof typeof signatureTypes];

/** A public key by its name, as C2SP signed-note has it. */
export interface Verifier {
  readonly name: string;
  /** 32 bits, as 8 hexadecimal digits: with the name it says which key signed. */
  readonly id: string;
  readonly type: SignatureType;
  /** `<name>+<id>+<base64 of type and public key>`: what is given to whoever verifies. */
  readonly vkey: string;
  /** True if the Ed25519 signature of the message is this key's. */
  verify(message: Uint8Array, signature: Uint8Array): boolean;
}

/** A private key by its name. */
export interface Signer extends Verifier {
  /** An Ed25519 signature (RFC 8032): 64 bytes. */
  sign(message: Uint8Array): Buffer;
  /** The same key in the text form of Go's sumdb/note: `PRIVATE+KEY+<name>+<id>+<base64 of type and seed>`. A secret. */
  secretText(): string;
}

const keyBytes = 32;
const idDigits = 8;
// RFC 8410: what stands before a seed and a public key in PKCS #8 and SubjectPublicKeyInfo.
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex');

const namePattern = /^[^\s+\u0000-\u001f]{1,255}$/u;

const keyId = (name: string, type: SignatureType, raw: Uint8Array): string =>
  createHash('sha256').update(`${name}\n`).update(Uint8Array.of(type)).update(raw).digest('hex').slice(0, idDigits);

const malformed = (what: string): AlertError => new AlertError('FIELD_INVALID', `${what} is not a key of this form`);

const verifierOf = (name: string, type: SignatureType, raw: Uint8Array): Verifier => {
  const id = keyId(name, type, raw);
  const key = createPublicKey({ key: Buffer.concat([publicPrefix, raw]), format: 'der', type: 'spki' });
  return {
    name,
    id,
    type,
    vkey: `${name}+${id}+${Buffer.concat([Uint8Array.of(type), raw]).toString('base64')}`,
    verify: (message, signature) => signature.length === 64 && verify(null, message, key, signature),
  };
};

const rawPublic = (key: KeyObject): Buffer =>
  createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(publicPrefix.length);

const signerOf = (name: string, type: SignatureType, seed: Uint8Array): Signer => {
  const key = createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: 'der', type: 'pkcs8' });
  const verifier = verifierOf(name, type, rawPublic(key));
  return {
    ...verifier,
    sign: (message) => sign(null, message, key),
    secretText: () =>
      `PRIVATE+KEY+${name}+${verifier.id}+${Buffer.concat([Uint8Array.of(type), seed]).toString('base64')}`,
  };
};

/** Throws `FIELD_INVALID` for a name that no key can have: empty, with white space or a plus, or very long. */
export const checkKeyName = (name: string): void => {
  if (!namePattern.test(name)) throw malformed('the name');
};

/** Makes a key of 32 random bytes. Throws `FIELD_INVALID` for a name that no key can have. */
export const createKey = (name: string, type: SignatureType, random: Random): Signer => {
  checkKeyName(name);
  const seed = new Uint8Array(keyBytes);
  random.fill(seed);
  return signerOf(name, type, seed);
};

interface KeyText {
  readonly name: string;
  readonly type: SignatureType;
  readonly raw: Buffer;
  readonly id: string;
}

const isType = (byte: number | undefined): byte is SignatureType =>
  byte === signatureTypes.note || byte === signatureTypes.cosignature;

// Base64 has a plus too: name and id are what stands before the first two.
const readText = (text: string, what: string): KeyText => {
  const [, name = '', id = '', encoded = ''] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  const [type] = bytes;
  if (!namePattern.test(name) || !isType(type) || bytes.length !== 1 + keyBytes) throw malformed(what);
  return { name, type, raw: bytes.subarray(1), id };
};

/** The key of a `vkey`. Throws `FIELD_INVALID` for what is none, also where its id is not that of the key. */
export const readVerifier = (vkey: string): Verifier => {
  const { name, type, raw, id } = readText(vkey.trim(), 'the verifier key');
  const verifier = verifierOf(name, type, raw);
  if (verifier.id !== id) throw malformed('the verifier key');
  return verifier;
};

const secretPrefix = 'PRIVATE+KEY+';

/** The key of a text that `secretText` gave. Throws `FIELD_INVALID`, which never holds the text. */
export const readSigner = (text: string): Signer => {
  const trimmed = text.trim();
  if (!trimmed.startsWith(secretPrefix)) throw malformed('the private key');
  const { name, type, raw, id } = readText(trimmed.slice(secretPrefix.length), 'the private key');
  const signer = signerOf(name, type, raw);
  if (signer.id !== id) throw malformed('the private key');
  return signer;
};
