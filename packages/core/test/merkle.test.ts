import { describe, expect, test } from '@jest/globals';
import { createTreeEdge, emptyRoot, leafHash, treeHash } from '@therapytrain/alerts-core';

// The leaves and roots that the implementations of RFC 6962 share (certificate-transparency, transparency-dev/merkle).
const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

describe('trees of RFC 6962', () => {
  const hashes = leaves.map((leaf) => leafHash(Buffer.from(leaf, 'hex')));

  test('have the roots of the shared vectors', () => {
    expect(leaves.map((_, at) => treeHash(hashes.slice(0, at + 1)).toString('hex'))).toEqual(roots);
  });

  test('without a leaf have the hash of nothing', () => {
    const nothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    expect(emptyRoot().toString('hex')).toBe(nothing);
    expect(treeHash([]).toString('hex')).toBe(nothing);
  });

  test('go on from their right edge', () => {
    for (let size = 0; size <= leaves.length; size++) {
      const begun = createTreeEdge();
      for (const hash of hashes.slice(0, size)) begun.add(hash);
      const further = createTreeEdge(size, begun.edge());
      for (const hash of hashes.slice(size)) further.add(hash);
      expect(further.size()).toBe(leaves.length);
      expect(further.root().toString('hex')).toBe(roots.at(-1));
    }
  });

  test('take leaves that are longer than what was hashed before', () => {
    const long = Buffer.alloc(100_000, 7);
    expect(leafHash(long)).toEqual(leafHash(Buffer.from(long)));
    expect(leafHash(Buffer.alloc(0)).toString('hex')).toBe(roots[0]);
  });
});
