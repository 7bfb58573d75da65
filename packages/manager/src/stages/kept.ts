import { type Instant, leafHash, type LogBatch, type NewAuditEntry, treeHash } from '@therapytrain/alerts-core';
import { entry } from './route.ts';

const placeDigits = 16;

/** A place in the log as the subject of an entry: 16 digits, so that the order of texts is that of places. */
export const placeSubject = (place: number): string => String(place).padStart(placeDigits, '0');

/**
 * What the audit says of the alerts of one batch: `root` is the hash of the Merkle tree (RFC 6962 §2.1, in hexadecimal)
 * over the alerts as the log keeps them, in its order. Whoever has an alert, its path to this root, and the proof that
 * the entry is in the audit can show that the alert was kept as it is. The subject is the last of their places.
 */
export const keptEntry = ({ alerts }: LogBatch, now: Instant): readonly NewAuditEntry[] => {
  const [first] = alerts;
  const last = alerts.at(-1);
  if (!first || !last) return [];
  const root = treeHash(alerts.map(({ encoded }) => leafHash(encoded))).toString('hex');
  const facts = { from: first.sequence, to: last.sequence, count: alerts.length, root };
  return [entry('alerts.kept', placeSubject(last.sequence), now, facts)];
};

/** What the audit says of alerts that a policy passed over unread: those after `from`, up to and including `to`. */
export const passedEntry = (from: number, to: number, now: Instant): NewAuditEntry =>
  entry('alerts.passed', placeSubject(to), now, { from: from + 1, to, count: to - from });
