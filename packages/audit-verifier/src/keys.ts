import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';

/** What was looked at does not hold, and where. */
export class NotGenuine extends Error {
  override readonly name = 'NotGenuine';
}

/** A public key, as `name+id+base64` gives it (c2sp.org/signed-note). */
export interface PublicKey {
  readonly name: string;
  /** The first four bytes of the hash of name, type and key: they stand before each signature. */
  readonly id: Buffer;
  /** `log` for type 1, `witness` for type 4. */
  readonly kind: 'log' | 'witness';
  readonly text: string;
  readonly key: KeyObject;
}

const kinds: Readonly<Record<number, PublicKey['kind'] | undefined>> = { 1: 'log', 4: 'witness' };
const spki = Buffer.from('302a300506032b6570032100', 'hex');

/** Reads a public key. Throws {@link NotGenuine} for a text that is none. */
export const readKey = (text: string): PublicKey => {
  const trimmed = text.trim();
  const [name, id, ...rest] = trimmed.split('+');
  // Base64 has a plus of its own.
  const bytes = Buffer.from(rest.join('+'), 'base64');
  const kind = kinds[bytes[0] ?? 0];
  const expected = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), bytes]), 'hex').slice(0, 8);
  if (!name || id !== expected || !kind || bytes.length !== 33)
    throw new NotGenuine('that is no public key of a log or a witness');
  const key = createPublicKey({ key: Buffer.concat([spki, bytes.subarray(1)]), format: 'der', type: 'spki' });
  return { name, id: Buffer.from(expected, 'hex'), kind, text: trimmed, key };
};

/** True if the key made this Ed25519 signature. */
export const isSignature = ({ key }: PublicKey, message: string, signature: Buffer): boolean =>
  signature.length === 64 && verify(null, Buffer.from(message), key, signature);
