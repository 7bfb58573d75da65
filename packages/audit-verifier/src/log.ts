import { type Checkpoint, readCheckpoint } from './checkpoint.ts';
import { newKeyOf, readEntry } from './entry.ts';
import { NotGenuine, type PublicKey } from './keys.ts';
import { growTree, hashLeaf } from './tree.ts';

/** A tree of the log as somebody else saw it: a witness, or who wrote a checkpoint down. */
export interface Head {
  readonly size: number;
  readonly root: Buffer;
}

/** What a log is held against. */
export interface LogTrust {
  /** The key that the log is known by. Keys it hands over to are trusted from there on. */
  readonly log: PublicKey;
  readonly witnesses?: readonly PublicKey[];
  /** Trees that the log must have had. Without one, a log that was written anew from its beginning cannot be told. */
  readonly heads?: readonly Head[];
}

/** What was found true of a whole log. */
export interface VerifiedLog {
  readonly size: number;
  readonly root: Buffer;
  readonly origin: string;
  /** The names of those whose cosignature of the checkpoint holds. */
  readonly witnesses: readonly string[];
}

/** A log that is verified entry by entry, in order. */
export interface LogCheck {
  /** Takes the next leaf. Throws {@link NotGenuine}, which names the entry, where it cannot be the next. */
  add(leaf: Buffer): void;
  /** Holds all of it against the checkpoint and the heads. Throws {@link NotGenuine}. */
  finish(checkpoint: string): VerifiedLog;
}

// A leaf is canonical JSON: subject and version stand after the sequence, and nothing else. A quote within a text is
// escaped, so no text can pass for this end.
const sequencePattern = /"sequence":(\d{1,16}),"subject":"(?:[^"\\]|\\.)*","v":1\}$/;

/** The sequence that a leaf tells; NaN where it does not end as leaves do. */
const sequenceOf = (text: string): number => Number(sequencePattern.exec(text)?.[1]);

const whole = (text: string, at: number): void => {
  const entry = readEntry(text);
  if (entry.sequence !== at) throw new NotGenuine(`entry ${at} says that it is entry ${entry.sequence}`);
};

const signedByLog = (checkpoint: Checkpoint, keys: readonly PublicKey[]): void => {
  if (checkpoint.logs.length > 0) return;
  const origin = keys.some(({ name }) => name === checkpoint.origin) ? '' : ', which is of another log';
  throw new NotGenuine(`no key of the log has signed the checkpoint${origin}`);
};

/** Begins to verify a log. */
export const createLogCheck = ({ log, witnesses = [], heads = [] }: LogTrust): LogCheck => {
  const tree = growTree();
  const keys = [log];
  const expected = new Map<number, Buffer>();
  const open = (head: Head): void => {
    const before = expected.get(head.size);
    if (before && !before.equals(head.root)) throw new NotGenuine(`two heads of size ${head.size} differ`);
    expected.set(head.size, head.root);
  };
  heads.forEach(open);
  const compare = (): void => {
    const root = expected.get(tree.size());
    if (!root) return;
    if (!tree.root().equals(root))
      throw new NotGenuine(`the first ${tree.size()} entries are not those that were seen`);
    expected.delete(tree.size());
  };
  const add = (leaf: Buffer): void => {
    const at = tree.size() + 1;
    // What is looked for is ASCII. Only a leaf that matters is taken apart: the tree holds what the others say.
    const text = leaf.toString('latin1');
    if (sequenceOf(text) !== at) whole(leaf.toString('utf8'), at);
    if (text.startsWith('{"action":"audit.key_changed"')) {
      const next = newKeyOf(readEntry(leaf.toString('utf8')), keys);
      if (!next) throw new NotGenuine(`entry ${at} hands over to a key, and no trusted key has signed it`);
      keys.push(next);
    }
    tree.add(hashLeaf(leaf));
    compare();
  };
  return {
    add,
    finish: (note) => {
      compare();
      const checkpoint = readCheckpoint(note, [...keys, ...witnesses]);
      signedByLog(checkpoint, keys);
      const { size, root, origin } = checkpoint;
      if (size !== tree.size()) throw new NotGenuine(`the log has ${tree.size()} entries, and its checkpoint ${size}`);
      if (!root.equals(tree.root())) throw new NotGenuine('the entries do not make the tree of the checkpoint');
      const [missing] = expected.keys();
      if (missing !== undefined) throw new NotGenuine(`the log has ${size} entries, and ${missing} were seen before`);
      return { size, root, origin, witnesses: checkpoint.witnesses.map(({ key }) => key.name) };
    },
  };
};
