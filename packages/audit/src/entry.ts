import { hash } from 'node:crypto';
import { AlertError, type AuditEntry, canonicalJson } from '@therapytrain/alerts-core';

/** The version of the form of leaves. What a later one changes has another number; both may stand in one log. */
export const leafVersion = 1;

/** The longest leaf: an entry bundle of the tlog-tiles layout tells lengths in 16 bits. */
export const largestLeaf = 65_535;

// What canonicalJson makes of the same object, at half the cost: each entry comes by here.
const textOf = ({ sequence, at, actor, action, subject, facts }: AuditEntry): string =>
  `{"action":${JSON.stringify(action)},"actor":${JSON.stringify(actor)},"at":${at},"facts":${canonicalJson(facts)},` +
  `"sequence":${sequence},"subject":${JSON.stringify(subject)},"v":${leafVersion}}`;

/**
 * An entry as a leaf of the tree: JSON in UTF-8 with the names of members in ascending order, without white space
 * (as RFC 8785 has it for what stands in entries: texts and whole numbers). The same entry gives the same bytes, for ever.
 * Facts that would make it longer than {@link largestLeaf} are told by their SHA-256 alone, as `factsSha256`.
 */
export const encodeEntry = (entry: AuditEntry): Buffer => {
  const leaf = Buffer.from(textOf(entry));
  if (leaf.length <= largestLeaf) return leaf;
  const factsSha256 = hash('sha256', canonicalJson(entry.facts), 'hex');
  return Buffer.from(textOf({ ...entry, facts: { factsSha256 } }));
};

const isEntry = (value: unknown): value is AuditEntry & { readonly v: number } => {
  if (typeof value !== 'object' || value === null) return false;
  const { v, sequence, at, actor, action, subject, facts } = value as Record<string, unknown>;
  return (
    v === leafVersion &&
    Number.isSafeInteger(sequence) &&
    Number.isSafeInteger(at) &&
    [actor, action, subject].every((each) => typeof each === 'string') &&
    typeof facts === 'object' &&
    facts !== null
  );
};

/** The entry of a leaf. Throws `AUDIT_BROKEN` for bytes that {@link encodeEntry} never makes. */
export const decodeEntry = (leaf: Uint8Array): AuditEntry => {
  try {
    const value: unknown = JSON.parse(Buffer.from(leaf).toString('utf8'));
    if (isEntry(value)) {
      const { sequence, at, actor, action, subject, facts } = value;
      return { sequence, at, actor, action, subject, facts };
    }
  } catch {
    // Told below: what is wrong with bytes says nothing that could be shown.
  }
  throw new AlertError('AUDIT_BROKEN', 'a leaf of the audit log is no entry');
};
