import type { AuditEntry, Instant, NewAuditEntry } from '@therapytrain/alerts-core';
import { readVerifier, type Signer, type Verifier } from './keys.ts';

/** What the old key signs to hand over to a new one. */
const handover = (next: string): Buffer => Buffer.from(`therapytrain alerts audit key/v1\n${next}\n`);

/**
 * The entry by which a key hands over to another: the old one signs the new one's name. Who trusts the old key may from
 * there on trust the new one too.
 */
export const keyChangedEntry = (old: Signer, next: Verifier, at: Instant): NewAuditEntry => ({
  at,
  actor: 'gateway',
  action: 'audit.key_changed',
  subject: next.vkey,
  facts: { from: old.vkey, to: next.vkey, signature: old.sign(handover(next.vkey)).toString('base64') },
});

/** The key that an entry hands over to, if one of the trusted keys signed it; undefined otherwise. */
export const handedOver = ({ action, facts }: AuditEntry, trusted: readonly Verifier[]): Verifier | undefined => {
  const { from, to, signature } = facts;
  if (action !== 'audit.key_changed' || typeof to !== 'string' || typeof signature !== 'string') return undefined;
  const old = trusted.find(({ vkey }) => vkey === from);
  return old?.verify(handover(to), Buffer.from(signature, 'base64')) ? readVerifier(to) : undefined;
};
