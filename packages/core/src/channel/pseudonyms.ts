import { createHmac, createSecretKey } from 'node:crypto';
import type { Random } from '../ports.ts';
import { AlertError } from '../errors.ts';
import { Secret } from './secret.ts';

/** Names that stand for values nobody may see. */
export interface Pseudonyms {
  /**
   * The pseudonym of a value, such as `user:7F3A-09C1`: equal for equal values (in Unicode's form NFC), whatever they
   * are called; 32 bits, so two of 10,000 values share one with a chance of about 1 in 100.
   */
  of(label: string, value: string): string;
  /** The same without a label, as 32 lower-case hexadecimal digits: what stands for a fingerprint. */
  digest(value: string): string;
}

/** The fewest bytes of key: what HMAC-SHA256 gives out (RFC 2104 §3). */
const leastKeyBytes = 32;

/**
 * Makes pseudonyms with HMAC-SHA256 under the key, so that nobody without it can try out values. They are stable for as
 * long as the key is kept. Throws `NOT_CONFIGURED` for a key of fewer than 32 bytes.
 */
export const createPseudonyms = (key: Secret): Pseudonyms => {
  if (Buffer.byteLength(key.reveal()) < leastKeyBytes) {
    throw new AlertError('NOT_CONFIGURED', `the key of the pseudonyms is shorter than ${leastKeyBytes} bytes`);
  }
  const secret = createSecretKey(key.reveal(), 'utf8');
  const hmac = (value: string): string => createHmac('sha256', secret).update(value.normalize('NFC')).digest('hex');
  return {
    of: (label, value) => {
      const digest = hmac(value).toUpperCase();
      return `${label}:${digest.slice(0, 4)}-${digest.slice(4, 8)}`;
    },
    digest: (value) => hmac(value).slice(0, 32),
  };
};

/** A key of chance, for a process without one of its own: its pseudonyms mean nothing to the next process. */
export const randomPseudonymKey = (random: Random): Secret => {
  const bytes = new Uint8Array(leastKeyBytes);
  random.fill(bytes);
  return new Secret(Buffer.from(bytes).toString('hex'));
};
