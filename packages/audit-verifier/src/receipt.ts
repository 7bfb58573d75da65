import { hash } from 'node:crypto';
import { type Checkpoint, readCheckpoint } from './checkpoint.ts';
import { type Entry, newKeyOf, readEntry } from './entry.ts';
import { NotGenuine, type PublicKey } from './keys.ts';
import { hashLeaf, isIncluded } from './tree.ts';

/** Whom a receipt is held against. */
export interface ReceiptTrust {
  readonly log: PublicKey;
  readonly witnesses?: readonly PublicKey[];
  /** The alert as the gateway gives it, to see that the receipt is of this one. */
  readonly alert?: Uint8Array;
}

/** What a receipt proves. */
export interface VerifiedReceipt {
  readonly alert: { readonly id: string; readonly sequence: number; readonly plannedAt: number };
  /** When each delivery of its incident had been made, by the gateway's clock, in milliseconds since 1970. */
  readonly deliveries: readonly { readonly channel: string; readonly proof: string; readonly at: number }[];
  readonly checkpoint: { readonly origin: string; readonly size: number };
  /** Who cosigned, and when, in seconds since 1970. */
  readonly witnesses: readonly { readonly name: string; readonly time: number }[];
}

interface Proved {
  readonly leaf: string;
  readonly index: number;
  readonly path: readonly string[];
}

interface Receipt {
  readonly format: string;
  readonly alert: {
    readonly id: string;
    readonly sequence: number;
    readonly hash: string;
    readonly index: number;
    readonly path: readonly string[];
    readonly kept: Proved;
  };
  readonly deliveries: readonly { readonly channel: string; readonly proof: string; readonly done: Proved }[];
  readonly keys: readonly Proved[];
  readonly checkpoint: string;
}

const fail = (what: string): never => {
  throw new NotGenuine(what);
};

const decoded = (path: readonly string[]): readonly Buffer[] => path.map((each) => Buffer.from(each, 'base64'));

type Tree = Pick<Checkpoint, 'size' | 'root'>;

/** The entry of a leaf that is in the tree, at the place it says. */
const entryIn = ({ leaf, index, path }: Proved, { size, root }: Tree, what: string): Entry => {
  const entry = readEntry(leaf);
  if (entry.sequence !== index + 1) fail(`${what}: the entry is of another place`);
  if (!isIncluded(hashLeaf(Buffer.from(leaf)), index, size, decoded(path), root)) fail(`${what} is not in the log`);
  return entry;
};

const parse = (text: string): Receipt => {
  try {
    const receipt = JSON.parse(text) as Receipt;
    if (receipt.format === 'therapytrain-alerts-receipt/v1') return receipt;
  } catch {
    // Told below.
  }
  return fail('that is no receipt of version 1');
};

// A key is trusted for what it signed; what hands over to it must itself be in the tree that is signed in the end.
const trustedKeys = ({ keys, checkpoint }: Receipt, log: PublicKey): readonly PublicKey[] => {
  const trusted = [log];
  const { size, root } = readCheckpoint(checkpoint, []);
  for (const proved of keys) {
    const next = newKeyOf(entryIn(proved, { size, root }, 'the change of a key'), trusted);
    if (next) trusted.push(next);
  }
  return trusted;
};

const verifyAlert = ({ alert }: Receipt, tree: Tree, given: Uint8Array | undefined): Entry => {
  const { action, facts, ...entry } = entryIn(alert.kept, tree, 'that the alert was kept');
  const { from, count, root } = facts;
  const leaf = Buffer.from(alert.hash, 'base64');
  if (action !== 'alerts.kept' || typeof from !== 'number' || typeof count !== 'number') {
    return fail('the entry does not say that alerts were kept');
  }
  if (alert.sequence !== from + alert.index) fail('the alert is of another place');
  if (!isIncluded(leaf, alert.index, count, decoded(alert.path), Buffer.from(String(root), 'hex'))) {
    fail('the alert is not one of those that were kept');
  }
  if (given && !hashLeaf(given).equals(leaf)) fail('the receipt is of another alert');
  return { action, facts, ...entry };
};

const verifyDelivery = ({ channel, proof, done }: Receipt['deliveries'][number], tree: Tree) => {
  const { action, facts, at } = entryIn(done, tree, 'a delivery');
  if (action !== 'delivery.done' || facts['channel'] !== channel) fail('an entry does not say that this was delivered');
  if (facts['proof'] !== hash('sha256', proof, 'hex')) fail('the proof of a delivery is not what its peer gave');
  return { channel, proof, at };
};

/**
 * Verifies a receipt offline, by the public key of the log and, where given, of its witnesses. Throws {@link NotGenuine},
 * which says what does not hold. With witnesses, one of them must have cosigned.
 */
export const verifyReceipt = (text: string, { log, witnesses = [], alert }: ReceiptTrust): VerifiedReceipt => {
  const receipt = parse(text);
  try {
    const checkpoint = readCheckpoint(receipt.checkpoint, [...trustedKeys(receipt, log), ...witnesses]);
    if (checkpoint.logs.length === 0) fail('no key of the log has signed the checkpoint');
    if (witnesses.length > 0 && checkpoint.witnesses.length === 0) fail('none of the witnesses has cosigned');
    const kept = verifyAlert(receipt, checkpoint, alert);
    return {
      alert: { id: receipt.alert.id, sequence: receipt.alert.sequence, plannedAt: kept.at },
      deliveries: receipt.deliveries.map((each) => verifyDelivery(each, checkpoint)),
      checkpoint: { origin: checkpoint.origin, size: checkpoint.size },
      witnesses: checkpoint.witnesses.map(({ key, time }) => ({ name: key.name, time })),
    };
  } catch (error) {
    if (error instanceof TypeError) throw new NotGenuine('the receipt is malformed');
    throw error;
  }
};
