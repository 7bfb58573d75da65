import { hash } from 'node:crypto';

/** A SHA-256 hash: 32 bytes. */
export type Hash = Buffer;

/** How long a {@link Hash} is, in bytes. */
export const hashBytes = 32;

const nodeBytes = 1 + 2 * hashBytes;
const leafPrefix = 0;
const nodePrefix = 1;

// One place for what is hashed: to make a buffer for each costs more than the hash of a short leaf.
let scratch = Buffer.allocUnsafe(4_096);
const pair = Buffer.allocUnsafe(nodeBytes);
pair[0] = nodePrefix;

const sha256 = (bytes: Uint8Array): Hash => hash('sha256', bytes, 'buffer');

/** The hash of a leaf: SHA-256 of a byte 0 and the leaf (RFC 6962 §2.1). */
export const leafHash = (leaf: Uint8Array): Hash => {
  if (leaf.length >= scratch.length) scratch = Buffer.allocUnsafe(2 * leaf.length);
  scratch[0] = leafPrefix;
  scratch.set(leaf, 1);
  return sha256(scratch.subarray(0, leaf.length + 1));
};

/** The hash of a node: SHA-256 of a byte 1 and the hashes of its two children (RFC 6962 §2.1). */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Hash => {
  pair.set(left, 1);
  pair.set(right, 1 + hashBytes);
  return sha256(pair);
};

/** The hash of a tree without a leaf: SHA-256 of nothing (RFC 6962 §2.1). */
export const emptyRoot = (): Hash => sha256(Buffer.alloc(0));

/** A Merkle tree that only grows, as its right edge: the hashes of its largest full subtrees. */
export interface TreeEdge {
  /** How many leaves it has. */
  size(): number;
  /** Adds a leaf by its hash. */
  add(leaf: Hash): void;
  /** The hash of the tree as it is now. */
  root(): Hash;
  /** The hashes of its full subtrees, the largest first: what another one goes on from. */
  edge(): readonly Hash[];
}

const isOdd = (number: number): boolean => number % 2 === 1;

/**
 * Makes a tree that goes on from `size` leaves; `edge` are the hashes of its full subtrees, the largest first, one for
 * each 1 in the binary form of `size`. Default: one without a leaf. Adding n leaves takes less than n node hashes.
 */
export const createTreeEdge = (size = 0, edge: readonly Hash[] = []): TreeEdge => {
  const stack = [...edge];
  let leaves = size;
  return {
    size: () => leaves,
    add: (leaf) => {
      let top = leaf;
      for (let rest = leaves; isOdd(rest); rest = Math.floor(rest / 2)) top = nodeHash(stack.pop() ?? top, top);
      stack.push(top);
      leaves++;
    },
    edge: () => [...stack],
    root: () =>
      stack.reduceRight((right: Hash | undefined, left) => (right ? nodeHash(left, right) : left), undefined) ??
      emptyRoot(),
  };
};

/** The hash of a tree over leaves that are told by their hashes (RFC 6962 §2.1). */
export const treeHash = (leaves: Iterable<Hash>): Hash => {
  const edge = createTreeEdge();
  for (const leaf of leaves) edge.add(leaf);
  return edge.root();
};
