/** Counts equal things by a digest of them. */
export interface Occurrences {
  /** How often this digest was counted before. */
  count(digest: Buffer): number;
}

const stride = 3;
const firstCapacity = 1024;

/**
 * A hash table of (half a digest, count) in one array: 12 bytes an entry where a `Map` takes over 100 and ends at 16
 * million entries, which a file of a few gigabytes has. Two digests that share their first 8 bytes are counted
 * together; that makes a count greater than it need be, the same one each time, and no id twice.
 */
export const createOccurrences = (): Occurrences => {
  let capacity = firstCapacity;
  let slots = new Uint32Array(capacity * stride);
  let used = 0;

  /** Where the entry stands, or where it would. A count of 0 marks a free slot. */
  const find = (high: number, low: number): number => {
    for (let at = low & (capacity - 1); ; at = (at + 1) & (capacity - 1)) {
      const slot = at * stride;
      if (slots[slot + 2] === 0 || (slots[slot] === high && slots[slot + 1] === low)) return slot;
    }
  };

  const grow = (): void => {
    const before = slots;
    capacity *= 2;
    slots = new Uint32Array(capacity * stride);
    for (let slot = 0; slot < before.length; slot += stride) {
      if (before[slot + 2] !== 0)
        slots.set(before.subarray(slot, slot + stride), find(before[slot] ?? 0, before[slot + 1] ?? 0));
    }
  };

  return {
    count: (digest) => {
      const high = digest.readUInt32LE(0);
      const low = digest.readUInt32LE(4);
      const slot = find(high, low);
      const before = slots[slot + 2] ?? 0;
      slots.set([high, low, before + 1], slot);
      if (before === 0 && ++used * 4 > capacity * 3) grow();
      return before;
    },
  };
};
