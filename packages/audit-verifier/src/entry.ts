import { isSignature, NotGenuine, type PublicKey, readKey } from './keys.ts';

/** An entry of the audit log, as its leaf says. */
export interface Entry {
  /** Its place, from 1. */
  readonly sequence: number;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** Reads a leaf. Throws {@link NotGenuine} for one that is no entry of version 1. */
export const readEntry = (leaf: string): Entry => {
  let value: Partial<Entry & { readonly v: number }>;
  try {
    value = JSON.parse(leaf) as typeof value;
  } catch {
    throw new NotGenuine('a leaf is not JSON');
  }
  const { v, sequence, at, actor, action, subject, facts } = value;
  if (
    v !== 1 ||
    typeof sequence !== 'number' ||
    typeof at !== 'number' ||
    typeof actor !== 'string' ||
    typeof action !== 'string' ||
    typeof subject !== 'string' ||
    typeof facts !== 'object'
  ) {
    throw new NotGenuine('a leaf is not an entry of version 1');
  }
  return { sequence, at, actor, action, subject, facts };
};

/** The key that an entry hands over to, where one of the keys that are trusted signed it. */
export const newKeyOf = ({ action, facts }: Entry, trusted: readonly PublicKey[]): PublicKey | undefined => {
  if (action !== 'audit.key_changed') return undefined;
  const old = trusted.find(({ text }) => text === facts['from']);
  const next = String(facts['to']);
  const signature = Buffer.from(String(facts['signature']), 'base64');
  const isSigned = old && isSignature(old, `therapytrain alerts audit key/v1\n${next}\n`, signature);
  return isSigned ? readKey(next) : undefined;
};
