import { describe, expect, test } from '@jest/globals';
import { type Hash, leafHash, nodeHash, treeHash } from '@therapytrain/alerts-core';
import { consistencyProof, inclusionProof, type NodeAt } from '@therapytrain/alerts-audit';
import { isConsistent, isIncluded } from '@therapytrain/alerts-audit-verifier';
import fc from 'fast-check';

const leavesOf = (count: number): readonly Hash[] =>
  Array.from({ length: count }, (_, n) => leafHash(Buffer.from(`entry ${n}`)));

const all = leavesOf(600);

// RFC 6962 §2.1, as it stands there.
const naiveRoot = (leaves: readonly Hash[]): Hash => {
  if (leaves.length === 1 && leaves[0]) return leaves[0];
  let half = 1;
  while (2 * half < leaves.length) half *= 2;
  return nodeHash(naiveRoot(leaves.slice(0, half)), naiveRoot(leaves.slice(half)));
};

const nodeAt: NodeAt = async (level, index) => naiveRoot(all.slice(index * 2 ** level, (index + 1) * 2 ** level));

const hex = (path: readonly Hash[]): readonly string[] => path.map((each) => each.toString('hex'));

describe('the shared vectors of RFC 6962', () => {
  const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  const hashes = leaves.map((leaf) => leafHash(Buffer.from(leaf, 'hex')));
  const nodes: NodeAt = async (level, index) => naiveRoot(hashes.slice(index * 2 ** level, (index + 1) * 2 ** level));

  test('inclusion', async () => {
    expect(hex(await inclusionProof(0, 8, nodes))).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    expect(hex(await inclusionProof(5, 8, nodes))).toEqual([
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    expect(await inclusionProof(0, 1, nodes)).toEqual([]);
  });

  test('consistency', async () => {
    expect(hex(await consistencyProof(1, 8, nodes))).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    expect(hex(await consistencyProof(6, 8, nodes))).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    expect(hex(await consistencyProof(2, 5, nodes))).toEqual([
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ]);
    expect(await consistencyProof(8, 8, nodes)).toEqual([]);
    expect(await consistencyProof(0, 8, nodes)).toEqual([]);
  });
});

const treeOf = (size: number) => ({ size, root: treeHash(all.slice(0, size)) });

describe('the proofs that are written, to the verifier that shares no code', () => {
  test('trees have the hash of the definition', () => {
    for (let size = 1; size <= 300; size++) expect(treeHash(all.slice(0, size))).toEqual(naiveRoot(all.slice(0, size)));
  });

  test('every leaf of every small tree is included, and nowhere else', async () => {
    for (let size = 1; size <= 40; size++) {
      const { root } = treeOf(size);
      for (let index = 0; index < size; index++) {
        const path = await inclusionProof(index, size, nodeAt);
        for (let other = -1; other <= size; other++) {
          expect(isIncluded(all[index] ?? root, other, size, path, root)).toBe(other === index);
        }
      }
    }
  });

  test('every small tree extends every smaller one', async () => {
    for (let size = 1; size <= 40; size++) {
      for (let old = 0; old <= size; old++) {
        const proof = await consistencyProof(old, size, nodeAt);
        expect(isConsistent(treeOf(old), treeOf(size), proof)).toBe(true);
      }
    }
  });

  test('larger trees likewise, and no changed proof passes', async () => {
    const sizes = fc.integer({ min: 2, max: all.length });
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), fc.nat(), fc.nat(255), async (size, place, hash, bit) => {
        const index = place % size;
        const path = await inclusionProof(index, size, nodeAt);
        const { root } = treeOf(size);
        const leaf = all[index] ?? root;
        expect(isIncluded(leaf, index, size, path, root)).toBe(true);
        const changed = path.map((each) => Buffer.from(each));
        const one = changed[hash % changed.length];
        if (one) one[bit % 32] = (one[bit % 32] ?? 0) ^ (1 << (bit % 8));
        expect(isIncluded(leaf, index, size, changed, root)).toBe(false);
        expect(isIncluded(leaf, index, size, path.slice(1), root)).toBe(false);
        expect(isIncluded(leaf, index, size, [...path, root], root)).toBe(false);

        const old = 1 + (place % (size - 1));
        const proof = await consistencyProof(old, size, nodeAt);
        expect(isConsistent(treeOf(old), treeOf(size), proof)).toBe(true);
        const other = proof.map((each) => Buffer.from(each));
        const two = other[hash % other.length];
        if (two) two[bit % 32] = (two[bit % 32] ?? 0) ^ (1 << (bit % 8));
        expect(isConsistent(treeOf(old), treeOf(size), other)).toBe(false);
        expect(isConsistent(treeOf(old), treeOf(size), proof.slice(0, -1))).toBe(false);
        expect(isConsistent({ size: old, root }, treeOf(size), proof)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});
