import { type Hash, nodeHash } from '@therapytrain/alerts-core';

/** The hash of a full subtree: that of the leaves from `index * 2^level` on, `2^level` of them. */
export type NodeAt = (level: number, index: number) => Promise<Hash>;

/** The largest power of two below a number above 1, as its exponent. */
const splitLevel = (leaves: number): number => {
  let level = 0;
  while (2 ** (level + 1) < leaves) level++;
  return level;
};

/** The hash of the tree over the leaves from `start` on, up to `end`; a full subtree is asked for as one. */
const rangeHash = async (start: number, end: number, nodeAt: NodeAt): Promise<Hash> => {
  const leaves = end - start;
  if (leaves === 1) return nodeAt(0, start);
  const level = splitLevel(leaves);
  const half = 2 ** level;
  if (leaves === 2 * half && start % leaves === 0) return nodeAt(level + 1, start / leaves);
  return nodeHash(await nodeAt(level, start / half), await rangeHash(start + half, end, nodeAt));
};

const pathWithin = async (index: number, start: number, end: number, nodeAt: NodeAt): Promise<readonly Hash[]> => {
  if (end - start === 1) return [];
  const middle = start + 2 ** splitLevel(end - start);
  if (index < middle) {
    return [...(await pathWithin(index, start, middle, nodeAt)), await rangeHash(middle, end, nodeAt)];
  }
  return [...(await pathWithin(index, middle, end, nodeAt)), await rangeHash(start, middle, nodeAt)];
};

/**
 * The inclusion proof (RFC 6962 §2.1.1) of a leaf in the tree of the first `size` leaves, from the leaf up. `index`
 * counts from 0 and is below `size`.
 */
export const inclusionProof = (index: number, size: number, nodeAt: NodeAt): Promise<readonly Hash[]> =>
  pathWithin(index, 0, size, nodeAt);

const subproof = async (
  old: number,
  start: number,
  end: number,
  isWhole: boolean,
  nodeAt: NodeAt,
): Promise<readonly Hash[]> => {
  if (old === end) return isWhole ? [] : [await rangeHash(start, end, nodeAt)];
  const middle = start + 2 ** splitLevel(end - start);
  if (old <= middle) {
    return [...(await subproof(old, start, middle, isWhole, nodeAt)), await rangeHash(middle, end, nodeAt)];
  }
  return [...(await subproof(old, middle, end, false, nodeAt)), await rangeHash(start, middle, nodeAt)];
};

/**
 * The proof (RFC 6962 §2.1.2) that the tree of the first `size` leaves extends that of the first `old` ones. Empty
 * where `old` is 0 or `size`.
 */
export const consistencyProof = async (old: number, size: number, nodeAt: NodeAt): Promise<readonly Hash[]> =>
  old === 0 ? [] : subproof(old, 0, size, true, nodeAt);
