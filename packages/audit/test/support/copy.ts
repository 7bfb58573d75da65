import { type AuditEntry, leafHash, treeHash } from '@therapytrain/alerts-core';
import {
  cosignatureLine,
  decodeEntry,
  encodeEntry,
  exportEnd,
  exportHead,
  signCheckpoint,
  type Signer,
} from '@therapytrain/alerts-audit';
import { type LogTrust, NotGenuine, verifyExport } from '@therapytrain/alerts-audit-verifier';

/** A copy of a log: its leaves and its checkpoint. */
export interface Copy {
  readonly leaves: readonly Buffer[];
  readonly checkpoint: string;
}

/** Entries as a gateway writes them. */
export const entriesOf = (count: number): readonly AuditEntry[] =>
  Array.from({ length: count }, (_, n) => ({
    sequence: n + 1,
    at: 1_700_000_000_000 + n * 37,
    actor: n % 3 === 0 ? 'ann' : 'gateway',
    action: ['alerts.kept', 'incident.opened', 'delivery.done'][n % 3] ?? '',
    subject: `0190-${n}`,
    facts: { from: n, channel: 'mail', note: `"sequence":${n},"subject":"x","v":1}` },
  }));

const rootOf = (leaves: readonly Buffer[]) => treeHash(leaves.map((leaf) => leafHash(leaf)));

/** The log of some entries, signed by its key, and by a witness where there is one. */
export const copyOf = (leaves: readonly Buffer[], log: Signer, witness?: Signer): Copy => {
  const signed = signCheckpoint({ origin: log.name, size: leaves.length, root: rootOf(leaves) }, [log]);
  const text = signed.slice(0, signed.lastIndexOf('\n\n') + 1);
  return { leaves, checkpoint: witness ? signed + cosignatureLine(text, witness, 1_700_000_000) : signed };
};

/** What somebody who holds the key of the log makes of changed entries: numbered anew, hashed anew, signed anew. */
export const rewritten = (leaves: readonly Buffer[], log: Signer): Copy => {
  const numbered = leaves.map((leaf, at) => {
    try {
      return encodeEntry({ ...decodeEntry(leaf), sequence: at + 1 });
    } catch {
      return leaf;
    }
  });
  return copyOf(numbered, log);
};

/** A copy as an export. */
export const exported = ({ leaves, checkpoint }: Copy, log: Signer): Buffer =>
  Buffer.concat([
    Buffer.from(exportHead(log.vkey)),
    ...leaves.flatMap((leaf) => [leaf, Buffer.from('\n')]),
    Buffer.from(exportEnd(checkpoint)),
  ]);

/** What the verifier finds wrong; undefined for nothing. */
export const faultOf = async (bytes: Buffer, trust: LogTrust): Promise<string | undefined> => {
  try {
    await verifyExport([bytes], trust);
    return undefined;
  } catch (error) {
    if (error instanceof NotGenuine) return error.message;
    throw error;
  }
};
