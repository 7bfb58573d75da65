/** How many bytes a whole number from 0 takes as a varint. */
export const varintSize = (value: number): number => {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) size++;
  return size;
};

/** Writes a whole number from 0 as a varint, for which there must be room, and returns where it ends. */
export const writeVarint = (into: Uint8Array, at: number, value: number): number => {
  let rest = value;
  // Beyond 32 bits numbers are not integers to the engine, and this is several times as slow.
  while (rest > 0xffff_ffff) {
    into[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  while (rest >= 0x80) {
    into[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  into[at++] = rest;
  return at;
};
