import { AlertError, type Hash, leafHash, treeHash } from '@therapytrain/alerts-core';
import { openCheckpoint, signCheckpoint, type TreeHead } from './checkpoint.ts';
import { type FileToWrite, readIfThere, removeAll, replaceFile, writeFiles } from './files.ts';
import type { Signer, Verifier } from './keys.ts';
import { encodeBundle, partialsPath, type TileLevel, tilePath, tileWidth, widthOf } from './layout.ts';
import { createTileReader, type TileReader } from './tiles.ts';

/** How a log's directory is opened. */
export interface TileLogOptions {
  /** Holds `checkpoint` and `tile/`, as c2sp.org/tlog-tiles has them. */
  readonly directory: string;
  /** Names the log. */
  readonly origin: string;
  /** Keys that may have signed what is there. */
  readonly known: readonly Verifier[];
}

/** A log in tiles on the disk. One object is its only writer. */
export interface TileLog {
  /** The newest checkpoint, as it is in its file; undefined before the first one. */
  checkpoint(): string | undefined;
  /** The tree of that checkpoint. */
  head(): TreeHead;
  /**
   * Adds leaves, and a checkpoint over all, signed by each of the keys. Durable when it resolves: first the tiles, then
   * the checkpoint in one step, so that a crash leaves the log as it was. Rejects with `AUDIT_UNAVAILABLE` where the
   * disk refuses; the same leaves may then be added again. One call at a time.
   */
  append(leaves: readonly Uint8Array[], signers: readonly Signer[]): Promise<string>;
  /** Puts the same checkpoint with more signatures in its place. Ignored if a newer one is there by now. */
  cosign(checkpoint: string): Promise<void>;
  /** Reads the tiles of the newest checkpoint. */
  reader(): TileReader;
}

export const checkpointFile = 'checkpoint';

interface Tree {
  readonly size: number;
  /** The hashes of the partial tile of each level. */
  readonly partial: readonly (readonly Hash[])[];
  /** The leaves of the partial entry bundle. */
  readonly bundle: readonly Uint8Array[];
}

const empty: Tree = { size: 0, partial: [], bundle: [] };

const levelsOf = (size: number): readonly number[] => {
  const levels: number[] = [];
  for (let level = 0; tileWidth ** level <= size; level++) levels.push(level);
  return levels;
};

const readTree = async (directory: string, size: number): Promise<Tree> => {
  const reader = createTileReader(directory, size);
  const partialOf = async (level: number): Promise<readonly Hash[]> => {
    const index = Math.floor(size / tileWidth ** (level + 1));
    return widthOf(level, index, size) === 0 ? [] : reader.hashes(level, index);
  };
  const last = Math.floor(size / tileWidth);
  return {
    size,
    partial: await Promise.all(levelsOf(size).map(partialOf)),
    bundle: size % tileWidth === 0 ? [] : await reader.leaves(last),
  };
};

// The hashes of a level are of full subtrees of one size, and what is right of them is smaller: a tree over all of them
// splits where that over their leaves does.
const rootOf = ({ partial }: Tree): Hash =>
  treeHash(
    partial.reduce((right: readonly Hash[], hashes) => [...hashes, ...(right.length > 0 ? [treeHash(right)] : [])], []),
  );

interface Growth {
  readonly tree: Tree;
  readonly files: readonly FileToWrite[];
  /** Partial tiles that are full now. */
  readonly outgrown: readonly string[];
}

/** What more leaves make of a tree: its new tiles. Pure. */
const grow = (tree: Tree, leaves: readonly Uint8Array[]): Growth => {
  const levels = tree.partial.map((hashes) => [...hashes]);
  let bundle = [...tree.bundle];
  const files: FileToWrite[] = [];
  const outgrown: string[] = [];
  const emit = (level: TileLevel, index: number, width: number, bytes: Uint8Array): void => {
    files.push({ path: tilePath({ level, index, width }), bytes });
    if (width === tileWidth) outgrown.push(partialsPath({ level, index }));
  };
  const add = (level: number, hash: Hash, count: number): void => {
    const hashes = (levels[level] ??= []);
    hashes.push(hash);
    if (hashes.length < tileWidth) return;
    emit(level, count / tileWidth - 1, tileWidth, Buffer.concat(hashes));
    levels[level] = [];
    add(level + 1, treeHash(hashes), count / tileWidth);
  };
  let size = tree.size;
  for (const leaf of leaves) {
    const hash = leafHash(leaf);
    bundle.push(leaf);
    size++;
    if (bundle.length === tileWidth) {
      emit('entries', size / tileWidth - 1, tileWidth, encodeBundle(bundle));
      bundle = [];
    }
    add(0, hash, size);
  }
  levels.forEach((hashes, level) => {
    const index = Math.floor(size / tileWidth ** (level + 1));
    // One that has not changed is there already.
    if (hashes.length > 0 && Math.floor(size / tileWidth ** level) !== Math.floor(tree.size / tileWidth ** level)) {
      emit(level, index, hashes.length, Buffer.concat(hashes));
    }
  });
  if (bundle.length > 0 && size > tree.size) {
    emit('entries', Math.floor(size / tileWidth), bundle.length, encodeBundle(bundle));
  }
  return { tree: { size, partial: levels, bundle }, files, outgrown };
};

const unavailable = (cause: unknown): AlertError =>
  new AlertError('AUDIT_UNAVAILABLE', 'the audit log could not be written', { cause, retryAfter: 1_000 });

/**
 * Opens the log of a directory, or begins one. Its tree is made anew from the tiles at its right edge and compared with
 * its last checkpoint. Rejects with `AUDIT_BROKEN` where they differ, a tile is missing, another log is there, or no
 * known key signed the checkpoint.
 */
export const openTileLog = async ({ directory, origin, known }: TileLogOptions): Promise<TileLog> => {
  let note = (await readIfThere(directory, checkpointFile))?.toString('utf8');
  const opened = note === undefined ? undefined : openCheckpoint(note, known);
  if (opened && opened.origin !== origin) {
    throw new AlertError(
      'AUDIT_BROKEN',
      'the checkpoint is of another log: its origin differs from the name of the key',
    );
  }
  let tree = opened ? await readTree(directory, opened.size) : empty;
  if (opened && !rootOf(tree).equals(opened.root)) {
    throw new AlertError('AUDIT_BROKEN', 'the tiles of the audit log do not make the tree of its checkpoint');
  }
  const head = (): TreeHead => ({ origin, size: tree.size, root: rootOf(tree) });
  return {
    checkpoint: () => note,
    head,
    append: async (leaves, signers) => {
      const { tree: grown, files, outgrown } = grow(tree, leaves);
      const signed = signCheckpoint({ origin, size: grown.size, root: rootOf(grown) }, signers);
      try {
        await writeFiles(directory, files);
        await replaceFile(directory, { path: checkpointFile, bytes: Buffer.from(signed) });
      } catch (cause) {
        throw unavailable(cause);
      }
      tree = grown;
      note = signed;
      // Nobody needs them, and what is left behind here is in nobody's way.
      await removeAll(directory, outgrown).catch(() => undefined);
      return signed;
    },
    cosign: async (cosigned) => {
      const { size, root } = openCheckpoint(cosigned, known);
      const mine = head();
      if (size !== mine.size || !root.equals(mine.root)) return;
      note = cosigned;
      await replaceFile(directory, { path: checkpointFile, bytes: Buffer.from(cosigned) });
    },
    reader: () => createTileReader(directory, tree.size),
  };
};
