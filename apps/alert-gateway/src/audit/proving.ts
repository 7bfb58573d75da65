import {
  consistencyProof,
  decodeEntry,
  inclusionProof,
  openCheckpoint,
  type ProvedEntry,
  type TileReader,
  type TreeHead,
  type Verifier,
  writeReceipt,
} from '@therapytrain/alerts-audit';
import {
  AlertError,
  type AlertLog,
  type AuditEntry,
  type Delivery,
  fieldError,
  type Hash,
  leafHash,
  type Store,
  treeHash,
} from '@therapytrain/alerts-core';
import { type Desk, placeSubject } from '@therapytrain/alerts-manager';

/** What proofs are made from. */
export interface ProvingParts {
  /** The log as it is published. */
  readonly published: () => { readonly checkpoint: string; readonly head: TreeHead; readonly reader: TileReader };
  /** The newest checkpoint that a witness has cosigned. */
  readonly cosigned: () => string | undefined;
  readonly store: Pick<Store, 'findAudit' | 'deliveries'>;
  readonly log: Pick<AlertLog, 'find' | 'read'>;
  readonly desk: Pick<Desk, 'explain'>;
  /** The keys of the log, the current one first. */
  readonly keys: readonly Verifier[];
}

/** A proof, and the newest checkpoint. */
export interface Proof {
  readonly path: readonly Hash[];
  readonly size: number;
  readonly checkpoint: string;
}

/** Makes proofs of what is published. */
export interface Proving {
  /** Rejects with `AUDIT_ENTRY_NOT_FOUND`, or `FIELD_INVALID` for a size that the log has not had. */
  entry(sequence: number, size: number): Promise<Proof & { readonly leaf: string }>;
  /** Rejects with `FIELD_INVALID` for a size that the log has not had. */
  consistency(old: number, size: number): Promise<Proof>;
  /** The receipt of an alert, as JSON. Rejects with `ALERT_NOT_FOUND` or `AUDIT_ENTRY_NOT_FOUND`. */
  receipt(alertId: string): Promise<string>;
}

const mostDeliveries = 100;

const noEntry = (why: string): AlertError => new AlertError('AUDIT_ENTRY_NOT_FOUND', why);

const noAlert = (why: string): AlertError => new AlertError('ALERT_NOT_FOUND', why);

const sizeOf = (asked: number, { size }: TreeHead, field: string): number => {
  if (asked === 0) return size;
  if (asked <= size) return asked;
  throw fieldError([{ field, rule: 'is larger than the log' }]);
};

interface Tree {
  readonly size: number;
  readonly reader: TileReader;
}

const prove = async (sequence: number, { size, reader }: Tree): Promise<ProvedEntry> => {
  if (sequence < 1 || sequence > size) throw noEntry('the log has no such entry yet');
  const index = sequence - 1;
  const [leaf, path] = await Promise.all([reader.leaf(index), inclusionProof(index, size, reader.nodeAt)]);
  return { leaf: leaf.toString('utf8'), index, path };
};

/** All alerts of a batch, as hashes of leaves. */
const readBatch = async (log: ProvingParts['log'], from: number, count: number): Promise<readonly Hash[]> => {
  const hashes: Hash[] = [];
  while (hashes.length < count) {
    const { alerts } = await log.read(from - 1 + hashes.length, count - hashes.length);
    if (alerts.length === 0) throw noAlert('alerts that were kept together with this one were let go');
    hashes.push(...alerts.map(({ encoded }) => leafHash(encoded)));
  }
  return hashes;
};

const numberOf = (value: string | number | undefined): number => (typeof value === 'number' ? value : Number.NaN);

const createKept = ({ store, log }: ProvingParts) => {
  const entryOf = async (sequence: number): Promise<AuditEntry> => {
    const [entry] = await store.findAudit({ action: 'alerts.kept', from: placeSubject(sequence), limit: 1 });
    if (entry && numberOf(entry.facts['from']) <= sequence) return entry;
    throw noEntry('the alert was not planned yet, or the policy passed it over');
  };
  return async (alertId: string, tree: Tree) => {
    const alert = await log.find(alertId);
    if (!alert) throw noAlert('no alert of this id is kept');
    const { sequence } = alert;
    const entry = await entryOf(sequence);
    const from = numberOf(entry.facts['from']);
    const hashes = await readBatch(log, from, numberOf(entry.facts['count']));
    if (treeHash(hashes).toString('hex') !== entry.facts['root']) {
      throw new AlertError('AUDIT_BROKEN', 'the alerts that were kept together with this one are not what they were');
    }
    const index = sequence - from;
    const nodeAt = async (level: number, at: number) => treeHash(hashes.slice(at * 2 ** level, (at + 1) * 2 ** level));
    return {
      id: alertId,
      sequence,
      hash: leafHash(alert.encoded),
      index,
      path: await inclusionProof(index, hashes.length, nodeAt),
      kept: await prove(entry.sequence, tree),
    };
  };
};

const createDelivered = ({ store }: ProvingParts) => {
  const doneOf = async (job: string): Promise<AuditEntry | undefined> => {
    const [entry] = await store.findAudit({ action: 'delivery.done', from: job, limit: 1 });
    return entry?.subject === job ? entry : undefined;
  };
  return async (incident: string, tree: Tree) => {
    if (incident === '') return [];
    const listed = await store.deliveries({ incident, states: ['done', 'digested'], limit: mostDeliveries });
    // What a digest told was delivered with the digest.
    const digests = [...new Set(listed.flatMap(({ digest }) => digest ?? []))];
    const told =
      digests.length === 0 ? [] : await store.deliveries({ ids: digests, states: ['done'], limit: mostDeliveries });
    const made: readonly Delivery[] = [...listed.filter(({ state }) => state === 'done'), ...told];
    const proofs = made.map(async ({ id, target, proof }) => {
      const entry = await doneOf(id);
      return entry && entry.sequence <= tree.size
        ? { channel: target, proof, done: await prove(entry.sequence, tree) }
        : [];
    });
    return (await Promise.all(proofs)).flat();
  };
};

/** Makes what proves. */
export const createProving = (parts: ProvingParts): Proving => {
  const { published, cosigned, store, desk, keys } = parts;
  const keptOf = createKept(parts);
  const deliveredOf = createDelivered(parts);
  const keyChanges = async (tree: Tree): Promise<readonly ProvedEntry[]> => {
    const entries = await store.findAudit({ action: 'audit.key_changed', from: '', limit: mostDeliveries });
    const inTree = entries.filter(({ sequence }) => sequence <= tree.size);
    const inOrder = inTree.toSorted((one, other) => one.sequence - other.sequence);
    return Promise.all(inOrder.map(({ sequence }) => prove(sequence, tree)));
  };
  const incidentOf = async (alertId: string): Promise<string> => (await desk.explain({ alertId })).incident;
  const receiptOf = async (alertId: string, checkpoint: string, reader: TileReader): Promise<string> => {
    const { size } = openCheckpoint(checkpoint, keys);
    const tree = { size, reader };
    const [alert, deliveries, changes] = await Promise.all([
      keptOf(alertId, tree),
      incidentOf(alertId).then((incident) => deliveredOf(incident, tree)),
      keyChanges(tree),
    ]);
    const first = changes[0] && decodeEntry(Buffer.from(changes[0].leaf)).facts['from'];
    const log = typeof first === 'string' ? first : (keys[0]?.vkey ?? '');
    return writeReceipt({ log, checkpoint, alert, deliveries, keys: changes });
  };
  return {
    entry: async (sequence, asked) => {
      const { checkpoint, head, reader } = published();
      const size = sizeOf(asked, head, 'size');
      const { leaf, path } = await prove(sequence, { size, reader });
      return { leaf, path, size, checkpoint };
    },
    consistency: async (old, asked) => {
      const { checkpoint, head, reader } = published();
      const size = sizeOf(asked, head, 'size');
      if (old > size) throw fieldError([{ field: 'oldSize', rule: 'is larger than the other size' }]);
      return { path: await consistencyProof(old, size, reader.nodeAt), size, checkpoint };
    },
    // One that a witness has cosigned is worth more; a little older, it may not have what is asked for.
    receipt: async (alertId) => {
      const { checkpoint, reader } = published();
      const witnessed = cosigned();
      if (witnessed === undefined) return receiptOf(alertId, checkpoint, reader);
      try {
        return await receiptOf(alertId, witnessed, reader);
      } catch (error) {
        if (!(error instanceof AlertError) || error.code !== 'AUDIT_ENTRY_NOT_FOUND') throw error;
        return receiptOf(alertId, checkpoint, reader);
      }
    },
  };
};
