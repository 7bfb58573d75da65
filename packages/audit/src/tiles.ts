import { AlertError, type Hash, hashBytes, leafHash, treeHash } from '@therapytrain/alerts-core';
import { readIfThere } from './files.ts';
import { decodeBundle, type TilePlace, tilePath, tileWidth, widthOf } from './layout.ts';
import type { NodeAt } from './proofs.ts';

/** Reads the tiles of a log of a size. Rejects with `AUDIT_BROKEN` for what is missing or has another length. */
export interface TileReader {
  readonly nodeAt: NodeAt;
  /** The hashes of a tile. */
  hashes(level: number, index: number): Promise<readonly Hash[]>;
  /** The leaves of an entry bundle, each compared with its hash. */
  leaves(index: number): Promise<readonly Buffer[]>;
  /** A leaf by its place from 0, compared with its hash. */
  leaf(index: number): Promise<Buffer>;
}

const tileLevels = 8;

const broken = (what: string, place: TilePlace): AlertError =>
  new AlertError('AUDIT_BROKEN', `${tilePath(place)} ${what}`);

/** The bytes of a tile. A partial one may have become full since. */
const readTile = async (root: string, place: TilePlace): Promise<Buffer> => {
  const bytes =
    (await readIfThere(root, tilePath(place))) ?? (await readIfThere(root, tilePath({ ...place, width: tileWidth })));
  if (!bytes) throw broken('is missing', place);
  return bytes;
};

/** Makes what reads the tiles below a directory, as a tree of `size` leaves has them. */
export const createTileReader = (root: string, size: number): TileReader => {
  const hashes = async (level: number, index: number): Promise<readonly Hash[]> => {
    const place = { level, index, width: widthOf(level, index, size) };
    if (place.width === 0) throw new AlertError('AUDIT_BROKEN', 'the tree has no such tile');
    const bytes = await readTile(root, place);
    if (bytes.length < place.width * hashBytes || bytes.length % hashBytes !== 0) throw broken('is cut off', place);
    return Array.from({ length: place.width }, (_, at) => bytes.subarray(at * hashBytes, (at + 1) * hashBytes));
  };
  const leaves = async (index: number): Promise<readonly Buffer[]> => {
    const place = { level: 'entries', index, width: widthOf('entries', index, size) } as const;
    const entries = decodeBundle(await readTile(root, place));
    if (!entries || entries.length < place.width) throw broken('is cut off', place);
    const whole = entries.slice(0, place.width);
    const known = await hashes(0, index);
    const wrong = whole.findIndex((entry, at) => !known[at]?.equals(leafHash(entry)));
    if (wrong < 0) return whole;
    throw broken(`does not hold what the tree does at entry ${index * tileWidth + wrong + 1}`, place);
  };
  return {
    hashes,
    leaves,
    leaf: async (index) => {
      const leaf = (await leaves(Math.floor(index / tileWidth)))[index % tileWidth];
      if (!leaf) throw new AlertError('AUDIT_BROKEN', 'the tree has no such leaf');
      return leaf;
    },
    // A node between the levels of tiles is made of those below it in its tile.
    nodeAt: async (level, index) => {
      const tileLevel = Math.floor(level / tileLevels);
      const span = 2 ** (level % tileLevels);
      const first = index * span;
      const all = await hashes(tileLevel, Math.floor(first / tileWidth));
      return treeHash(all.slice(first % tileWidth, (first % tileWidth) + span));
    },
  };
};
