import { AlertError, type Hash, hashBytes } from '@therapytrain/alerts-core';
import { type Signer, signatureTypes, type Verifier } from './keys.ts';
import { type Note, readNote, signatureLine, signedBy, writeNote } from './note.ts';

/** A tree of a log at a size (C2SP tlog-checkpoint). */
export interface TreeHead {
  /** Names the log. */
  readonly origin: string;
  /** How many leaves it has. */
  readonly size: number;
  readonly root: Hash;
}

const sizePattern = /^(?:0|[1-9]\d{0,15})$/;

const malformed = (): AlertError =>
  new AlertError('FIELD_INVALID', 'the note is not a checkpoint (c2sp.org/tlog-checkpoint)');

/** The text of a checkpoint, as it is signed. */
export const checkpointText = ({ origin, size, root }: TreeHead): string =>
  `${origin}\n${size}\n${root.toString('base64')}\n`;

/** Reads the text of a checkpoint; lines after the third are passed over. Throws `FIELD_INVALID`. */
export const readCheckpointText = (text: string): TreeHead => {
  const [origin = '', size = '', encoded = '', ...more] = text.split('\n');
  const root = Buffer.from(encoded, 'base64');
  const isWhole = origin !== '' && sizePattern.test(size) && more.at(-1) === '' && !more.slice(0, -1).includes('');
  if (!isWhole || root.length !== hashBytes || root.toString('base64') !== encoded) throw malformed();
  return { origin, size: Number(size), root };
};

/** A checkpoint signed by each of the keys. */
export const signCheckpoint = (head: TreeHead, signers: readonly Signer[]): string => {
  const text = checkpointText(head);
  return writeNote(
    text,
    signers.map((signer) => signatureLine(text, signer)),
  );
};

/** A checkpoint whose signature by the log holds. */
export interface OpenedCheckpoint extends TreeHead {
  readonly note: Note;
}

/**
 * Reads a checkpoint. Throws `FIELD_INVALID` where it is none, and `AUDIT_BROKEN` where no key of the log signed it,
 * or a signature of a known key does not hold.
 */
export const openCheckpoint = (text: string, log: readonly Verifier[]): OpenedCheckpoint => {
  const note = readNote(text);
  const head = readCheckpointText(note.text);
  const signed = signedBy(note, log);
  if (signed.some(({ by }) => by.type === signatureTypes.note && by.name === head.origin)) return { ...head, note };
  throw new AlertError('AUDIT_BROKEN', 'no known key of the log has signed the checkpoint');
};
