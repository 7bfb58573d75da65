import { hash } from 'node:crypto';

// RFC 9162 §2.1, on hashes as they come out of SHA-256. Written for who reads it to the end before trusting it.

const leafPrefix = Buffer.of(0);
const nodePrefix = Buffer.of(1);

/** The hash of a leaf. */
export const hashLeaf = (leaf: Uint8Array): Buffer => hash('sha256', Buffer.concat([leafPrefix, leaf]), 'buffer');

/** The hash of a node. */
export const hashNode = (left: Uint8Array, right: Uint8Array): Buffer =>
  hash('sha256', Buffer.concat([nodePrefix, left, right]), 'buffer');

const half = (number: number): number => Math.floor(number / 2);
const isOdd = (number: number): boolean => number % 2 === 1;

/** True if the path leads from the leaf at `index` to the root of a tree of `size` leaves (RFC 9162 §2.1.3.2). */
export const isIncluded = (
  leaf: Buffer,
  index: number,
  size: number,
  path: readonly Buffer[],
  root: Buffer,
): boolean => {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) return false;
  let node = index;
  let last = size - 1;
  let reached = leaf;
  for (const sibling of path) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      reached = hashNode(sibling, reached);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else reached = hashNode(reached, sibling);
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && reached.equals(root);
};

const isPowerOfTwo = (number: number): boolean => Number.isInteger(Math.log2(number));

/** True if the proof shows that the tree of `size` leaves extends that of `old` leaves (RFC 9162 §2.1.4.2). */
export const isConsistent = (
  { size: old, root: oldRoot }: { readonly size: number; readonly root: Buffer },
  { size, root }: { readonly size: number; readonly root: Buffer },
  proof: readonly Buffer[],
): boolean => {
  if (old > size) return false;
  if (old === size) return proof.length === 0 && oldRoot.equals(root);
  if (old === 0) return proof.length === 0;
  const [first, ...rest] = isPowerOfTwo(old) ? [oldRoot, ...proof] : proof;
  if (!first) return false;
  let node = old - 1;
  let last = size - 1;
  while (isOdd(node)) [node, last] = [half(node), half(last)];
  let [one, other] = [first, first];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      one = hashNode(sibling, one);
      other = hashNode(sibling, other);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else other = hashNode(other, sibling);
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && one.equals(oldRoot) && other.equals(root);
};

/** A tree that grows leaf by leaf, and tells its root at any time. */
export interface GrowingTree {
  add(leaf: Buffer): void;
  size(): number;
  root(): Buffer;
}

/** Makes one without a leaf. */
export const growTree = (): GrowingTree => {
  // By height: the root of a full subtree of 2^height leaves, where there is one.
  const full: (Buffer | undefined)[] = [];
  let leaves = 0;
  return {
    add: (leaf) => {
      leaves++;
      let carried = leaf;
      for (let height = 0; ; height++) {
        const left = full[height];
        if (left === undefined) {
          full[height] = carried;
          return;
        }
        carried = hashNode(left, carried);
        full[height] = undefined;
      }
    },
    size: () => leaves,
    root: () => {
      let root: Buffer | undefined;
      for (const subtree of full) if (subtree) root = root ? hashNode(subtree, root) : subtree;
      return root ?? hash('sha256', Buffer.alloc(0), 'buffer');
    },
  };
};
