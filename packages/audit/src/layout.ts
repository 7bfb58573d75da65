/** How many hashes or entries a full tile has. */
export const tileWidth = 256;

/** The level of a tile in its path: a number, or `entries` for the bundle of the same place at level 0. */
export type TileLevel = number | 'entries';

/** A tile of the tlog-tiles layout. */
export interface TilePlace {
  readonly level: TileLevel;
  /** Its place in its level, from 0. */
  readonly index: number;
  /** How many hashes or entries it has: 1 to 256. */
  readonly width: number;
}

// Path elements of three digits, of which all but the last begin with an x.
const indexPath = (index: number): string => {
  let path = String(index % 1_000).padStart(3, '0');
  for (let rest = Math.floor(index / 1_000); rest > 0; rest = Math.floor(rest / 1_000)) {
    path = `x${String(rest % 1_000).padStart(3, '0')}/${path}`;
  }
  return path;
};

/** Where a tile lies below the prefix of its log: `tile/0/x001/234.p/5` (c2sp.org/tlog-tiles). */
export const tilePath = ({ level, index, width }: TilePlace): string =>
  `tile/${level}/${indexPath(index)}${width === tileWidth ? '' : `.p/${width}`}`;

/** Where the partial tiles lie that become this full one. */
export const partialsPath = ({ level, index }: Omit<TilePlace, 'width'>): string =>
  `tile/${level}/${indexPath(index)}.p`;

/** How many hashes a tile has in a tree of a size; 0 where there is none. */
export const widthOf = (level: TileLevel, index: number, size: number): number => {
  const hashes = Math.floor(size / tileWidth ** (level === 'entries' ? 0 : level));
  return Math.max(0, Math.min(tileWidth, hashes - index * tileWidth));
};

const lengthBytes = 2;

/** An entry bundle: each entry behind its length in 16 bits, the larger byte first. */
export const encodeBundle = (entries: readonly Uint8Array[]): Buffer =>
  Buffer.concat(
    entries.flatMap((entry) => {
      const length = Buffer.alloc(lengthBytes);
      length.writeUInt16BE(entry.length);
      return [length, entry];
    }),
  );

/** The entries of a bundle; undefined where it does not end with one. */
export const decodeBundle = (bundle: Buffer): readonly Buffer[] | undefined => {
  const entries: Buffer[] = [];
  let at = 0;
  while (at + lengthBytes <= bundle.length) {
    const end = at + lengthBytes + bundle.readUInt16BE(at);
    if (end > bundle.length) return undefined;
    entries.push(bundle.subarray(at + lengthBytes, end));
    at = end;
  }
  return at === bundle.length ? entries : undefined;
};
