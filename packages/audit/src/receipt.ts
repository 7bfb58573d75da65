import type { Hash } from '@therapytrain/alerts-core';

/** The name of the form of receipts. */
export const receiptFormat = 'therapytrain-alerts-receipt/v1';

/** The name of the form of exports. */
export const exportFormat = 'therapytrain-alerts-audit/v1';

/** An entry of the log, with the proof that it is in the tree of the receipt's checkpoint. */
export interface ProvedEntry {
  /** Its leaf, as it is hashed. */
  readonly leaf: string;
  /** Its place from 0. */
  readonly index: number;
  /** From the leaf up (RFC 6962 §2.1.1). */
  readonly path: readonly Hash[];
}

/** What a receipt shows. */
export interface ReceiptParts {
  /** The key of the log, by which it is verified. */
  readonly log: string;
  readonly checkpoint: string;
  readonly alert: {
    readonly id: string;
    readonly sequence: number;
    /** The hash of the alert's leaf in the tree of its batch. */
    readonly hash: Hash;
    /** Its place in the batch, from 0. */
    readonly index: number;
    readonly path: readonly Hash[];
    /** The entry that says that the batch was kept. */
    readonly kept: ProvedEntry;
  };
  readonly deliveries: readonly {
    readonly channel: string;
    /** What the peer gave. */
    readonly proof: string;
    readonly done: ProvedEntry;
  }[];
  /** The entries by which the key that a verifier may know handed over to the one that signed. */
  readonly keys: readonly ProvedEntry[];
}

const base64 = (hash: Hash): string => hash.toString('base64');

const proved = ({ leaf, index, path }: ProvedEntry) => ({ leaf, index, path: path.map(base64) });

/** A receipt as JSON, for a file: hashes in base64. */
export const writeReceipt = ({ log, checkpoint, alert, deliveries, keys }: ReceiptParts): string => {
  const { id, sequence, hash, index, path, kept } = alert;
  const receipt = {
    format: receiptFormat,
    log,
    alert: { id, sequence, hash: base64(hash), index, path: path.map(base64), kept: proved(kept) },
    deliveries: deliveries.map(({ channel, proof, done }) => ({ channel, proof, done: proved(done) })),
    keys: keys.map(proved),
    checkpoint,
  };
  return `${JSON.stringify(receipt, undefined, 2)}\n`;
};
