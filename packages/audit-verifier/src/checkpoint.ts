import { isSignature, NotGenuine, type PublicKey } from './keys.ts';

/** What a checkpoint says, and who signed it. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  /** Keys of logs whose signature holds. */
  readonly logs: readonly PublicKey[];
  /** Witnesses whose cosignature holds, and when they gave it, in seconds since 1970. */
  readonly witnesses: readonly { readonly key: PublicKey; readonly time: number }[];
}

interface Line {
  readonly name: string;
  readonly bytes: Buffer;
}

const readLines = (text: string): readonly Line[] =>
  text
    .slice(0, -1)
    .split('\n')
    .map((line) => {
      const [, name, encoded] = /^— (\S+) (\S+)$/u.exec(line) ?? [];
      if (name === undefined || encoded === undefined)
        throw new NotGenuine('a signature line of the checkpoint is malformed');
      return { name, bytes: Buffer.from(encoded, 'base64') };
    });

/** A public key of a checkpoint's signature lines, by name and id. */
const ownLine = ({ name, bytes }: Line, key: PublicKey): boolean =>
  key.name === name && bytes.subarray(0, 4).equals(key.id);

const timeOf = (bytes: Buffer): number => (bytes.length >= 12 ? Number(bytes.readBigUInt64BE(4)) : 0);

const holds = (text: string, key: PublicKey, { bytes }: Line): boolean =>
  key.kind === 'log'
    ? isSignature(key, text, bytes.subarray(4))
    : isSignature(key, `cosignature/v1\ntime ${timeOf(bytes)}\n${text}`, bytes.subarray(12));

/**
 * Reads a checkpoint (c2sp.org/tlog-checkpoint) and verifies its signatures by these keys; others are passed over.
 * Throws {@link NotGenuine} where it is malformed or a signature by one of the keys does not hold.
 */
export const readCheckpoint = (note: string, keys: readonly PublicKey[]): Checkpoint => {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) throw new NotGenuine('the checkpoint is no signed note');
  const text = note.slice(0, end + 1);
  const [origin, size = '', encoded = ''] = text.split('\n');
  const root = Buffer.from(encoded, 'base64');
  if (!origin || !/^(?:0|[1-9]\d{0,15})$/.test(size) || root.length !== 32) {
    throw new NotGenuine('the checkpoint is malformed');
  }
  const signed = readLines(note.slice(end + 2)).flatMap((line) => {
    const key = keys.find((each) => ownLine(line, each));
    if (!key) return [];
    if (!holds(text, key, line)) throw new NotGenuine(`a signature of the checkpoint does not hold: ${key.name}`);
    return [{ key, time: timeOf(line.bytes) }];
  });
  return {
    origin,
    size: Number(size),
    root,
    logs: signed.flatMap(({ key }) => (key.kind === 'log' && key.name === origin ? [key] : [])),
    witnesses: signed.filter(({ key }) => key.kind === 'witness'),
  };
};
