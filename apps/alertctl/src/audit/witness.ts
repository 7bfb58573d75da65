import { cosignatureLine, type Signer } from '@therapytrain/alerts-audit';
import {
  type Checkpoint,
  isConsistent,
  NotGenuine,
  type PublicKey,
  readCheckpoint,
} from '@therapytrain/alerts-audit-verifier';
import type { Clock } from '@therapytrain/alerts-core';
import type { SeenLog, SeenLogs } from './trust.ts';

/** What a witness is made of. */
export interface WitnessParts {
  readonly key: Signer;
  /** The logs that it watches. */
  readonly logs: readonly PublicKey[];
  /** What it saw so far. */
  readonly seen: SeenLogs;
  /** Keeps what it has seen. Durable when it resolves: only then is a cosignature given. */
  readonly keep: (seen: SeenLogs) => Promise<void>;
  readonly clock: Pick<Clock, 'now'>;
}

/** What the witness answers to `add-checkpoint` (c2sp.org/tlog-witness). */
export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422 | 500;
  readonly type: 'text/plain; charset=utf-8' | 'text/x.tlog.size';
  readonly body: string;
}

/** Cosigns what extends what it saw of a log, and nothing else. */
export interface Witness {
  /** One after the other, so that what it saw never goes back. Never rejects. */
  add(body: string): Promise<WitnessAnswer>;
}

const mostHashes = 63;

const plain = (status: WitnessAnswer['status'], body: string): WitnessAnswer => ({
  status,
  type: 'text/plain; charset=utf-8',
  body,
});

interface Asked {
  readonly old: number;
  readonly proof: readonly Buffer[];
  readonly note: string;
}

const readHash = (line: string): Buffer | undefined => {
  const hash = Buffer.from(line, 'base64');
  return hash.length === 32 && hash.toString('base64') === line ? hash : undefined;
};

const read = (body: string): Asked | undefined => {
  const end = body.indexOf('\n\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = body.slice(0, end).split('\n');
  const [, old] = /^old (0|[1-9]\d{0,15})$/.exec(first) ?? [];
  const proof = lines.map(readHash).filter((hash) => hash !== undefined);
  if (old === undefined || lines.length > mostHashes || proof.length < lines.length) return undefined;
  return { old: Number(old), proof, note: body.slice(end + 2) };
};

const originOf = (note: string): string => note.slice(0, Math.max(0, note.indexOf('\n')));

const openNote = (note: string, keys: readonly PublicKey[]): Checkpoint | WitnessAnswer => {
  try {
    const checkpoint = readCheckpoint(note, keys);
    return checkpoint.logs.length > 0 ? checkpoint : plain(403, 'no key of the log has signed it\n');
  } catch (error) {
    if (!(error instanceof NotGenuine)) throw error;
    // One whose signature does not hold is not signed.
    return plain(error.message.includes('does not hold') ? 403 : 400, `${error.message}\n`);
  }
};

/** Why it does not extend what was seen; undefined where it does. */
const refusalOf = (checkpoint: Checkpoint, seen: SeenLog, { old, proof }: Asked): WitnessAnswer | undefined => {
  if (old > checkpoint.size) return plain(400, 'the old size is larger than the checkpoint\n');
  if (old !== seen.size) return { status: 409, type: 'text/x.tlog.size', body: `${seen.size}\n` };
  // Nothing was seen: whatever it is, it extends that.
  if (old === 0) return proof.length === 0 ? undefined : plain(422, 'there is nothing to prove from size 0\n');
  const before = { size: seen.size, root: Buffer.from(seen.root, 'base64') };
  if (old === checkpoint.size && !before.root.equals(checkpoint.root)) {
    return plain(409, 'another tree of this size was seen\n');
  }
  return isConsistent(before, checkpoint, proof) ? undefined : plain(422, 'it does not extend what was seen\n');
};

/** Makes a witness. */
export const createWitness = ({ key, logs, seen: first, keep, clock }: WitnessParts): Witness => {
  let seen = first;
  const answer = async (body: string): Promise<WitnessAnswer> => {
    const asked = read(body);
    if (!asked) return plain(400, 'the request is malformed\n');
    const origin = originOf(asked.note);
    const keys = logs.filter(({ name }) => name === origin);
    if (keys.length === 0) return plain(404, 'this log is not watched\n');
    const checkpoint = openNote(asked.note, keys);
    if ('status' in checkpoint) return checkpoint;
    const refusal = refusalOf(checkpoint, seen.logs[origin] ?? { size: 0, root: '' }, asked);
    if (refusal) return refusal;
    const next = {
      logs: { ...seen.logs, [origin]: { size: checkpoint.size, root: checkpoint.root.toString('base64') } },
    };
    await keep(next);
    seen = next;
    const text = asked.note.slice(0, asked.note.lastIndexOf('\n\n') + 1);
    return plain(200, cosignatureLine(text, key, Math.floor(clock.now() / 1_000)));
  };
  let last: Promise<unknown> = Promise.resolve();
  return {
    add: (body) => {
      const answered = last.then(() => answer(body)).catch(() => plain(500, 'it could not be kept\n'));
      last = answered;
      return answered;
    },
  };
};
