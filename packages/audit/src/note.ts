import { AlertError } from '@therapytrain/alerts-core';
import { type Signer, type SignatureType, signatureTypes, type Verifier } from './keys.ts';

/** One signature line of a note. */
export interface NoteSignature {
  readonly name: string;
  /** 8 hexadecimal digits. */
  readonly id: string;
  readonly bytes: Buffer;
}

/** A signed note (C2SP signed-note), taken apart. Nothing of it is verified. */
export interface Note {
  /** With its last newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A signature of a note that holds. */
export interface Signed {
  readonly by: Verifier;
  /** When a witness saw it, in seconds since 1970; undefined for the signature of a log. */
  readonly time: number | undefined;
}

const idBytes = 4;
const timeBytes = 8;
const mostSignatures = 64;
const longestNote = 1_000_000;
const linePattern = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/u;
const controls = /[\u0000-\u0009\u000b-\u001f]/;

const malformed = (): AlertError =>
  new AlertError('FIELD_INVALID', 'the note is not a signed note (c2sp.org/signed-note)');

const readLine = (line: string): NoteSignature => {
  const [, name = '', encoded = ''] = linePattern.exec(line) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  if (name === '' || name.includes('+') || bytes.length <= idBytes) throw malformed();
  return { name, id: bytes.subarray(0, idBytes).toString('hex'), bytes: bytes.subarray(idBytes) };
};

/** Takes a signed note apart. Throws `FIELD_INVALID` for what is none, or has more than 64 signatures. */
export const readNote = (note: string): Note => {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n') || note.length > longestNote || controls.test(note)) throw malformed();
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > mostSignatures) throw malformed();
  return { text: note.slice(0, split + 1), signatures: lines.map(readLine) };
};

const line = (name: string, id: string, signature: Uint8Array): string =>
  `— ${name} ${Buffer.concat([Buffer.from(id, 'hex'), signature]).toString('base64')}\n`;

const cosigned = (text: string, time: number): Buffer => Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);

/** The signature line of a log for a text, which must end in a newline. */
export const signatureLine = (text: string, signer: Signer): string =>
  line(signer.name, signer.id, signer.sign(Buffer.from(text)));

/** The line of a witness (C2SP tlog-cosignature, cosignature/v1) for the text of a checkpoint, at whole seconds. */
export const cosignatureLine = (text: string, witness: Signer, time: number): string => {
  const stamp = Buffer.alloc(timeBytes);
  stamp.writeBigUInt64BE(BigInt(time));
  return line(witness.name, witness.id, Buffer.concat([stamp, witness.sign(cosigned(text, time))]));
};

/** A note of a text, which must end in a newline, and signature lines. */
export const writeNote = (text: string, lines: readonly string[]): string => `${text}\n${lines.join('')}`;

const timeOf = (type: SignatureType, bytes: Buffer): number | undefined =>
  type === signatureTypes.cosignature && bytes.length > timeBytes ? Number(bytes.readBigUInt64BE(0)) : undefined;

const holds = (text: string, verifier: Verifier, bytes: Buffer): boolean => {
  if (verifier.type === signatureTypes.note) return verifier.verify(Buffer.from(text), bytes);
  const time = timeOf(verifier.type, bytes);
  return time !== undefined && verifier.verify(cosigned(text, time), bytes.subarray(timeBytes));
};

/**
 * The signatures of a note by these keys. Those of other keys are passed over. Throws `AUDIT_BROKEN` where one that says
 * it is of a known key is not: then nothing of the note is to be trusted.
 */
export const signedBy = ({ text, signatures }: Note, verifiers: readonly Verifier[]): readonly Signed[] =>
  signatures.flatMap(({ name, id, bytes }) => {
    const by = verifiers.find((each) => each.name === name && each.id === id);
    if (!by) return [];
    if (!holds(text, by, bytes)) throw new AlertError('AUDIT_BROKEN', 'a signature of a note does not hold');
    return [{ by, time: timeOf(by.type, bytes) }];
  });
