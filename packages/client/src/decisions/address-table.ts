import type { Instant } from '@therapytrain/alerts-core';
import { firstBits, readRangeKey } from './address-key.ts';
import type { AddressBits } from './address-text.ts';
import { type Chains, createChains, type Entry } from './entries.ts';

/** Entries by address and range. */
export interface AddressTable {
  /** False, and nothing is added, for what is no address or range. */
  add(entry: Entry): boolean;
  remove(entry: Entry): void;
  /** True where one that holds at the time has the address. */
  has(address: AddressBits, now: Instant): boolean;
  /** Those that hold at the time, of the narrowest range that has the address. */
  narrowest(address: AddressBits, now: Instant): readonly Entry[];
}

/** The ranges of one length. */
interface Length {
  readonly bits: number;
  readonly chains: Chains<AddressBits>;
}

const holds = (head: Entry | undefined, now: Instant): boolean => {
  for (let entry = head; entry; entry = entry.next) if (entry.until > now) return true;
  return false;
};

const holding = (head: Entry | undefined, now: Instant): readonly Entry[] => {
  const found: Entry[] = [];
  for (let entry = head; entry; entry = entry.next) if (entry.until > now) found.push(entry);
  return found;
};

// A hash map for each length that there is, the longest first: there are few lengths, however many ranges there are.
const createFamily = () => {
  let lengths: readonly Length[] = [];
  const ofLength = (bits: number): Length => {
    const known = lengths.find((each) => each.bits === bits);
    if (known) return known;
    const made = { bits, chains: createChains<AddressBits>() };
    lengths = [...lengths, made].sort((one, other) => other.bits - one.bits);
    return made;
  };
  return {
    add: (bits: number, first: AddressBits, entry: Entry): void => ofLength(bits).chains.add(first, entry),
    remove: (bits: number, first: AddressBits, entry: Entry): void => {
      const length = ofLength(bits);
      length.chains.remove(first, entry);
      if (length.chains.size === 0) lengths = lengths.filter((each) => each !== length);
    },
    has: (address: AddressBits, now: Instant): boolean => {
      for (const { bits, chains } of lengths) if (holds(chains.get(firstBits(address, bits)), now)) return true;
      return false;
    },
    narrowest: (address: AddressBits, now: Instant): readonly Entry[] => {
      for (const { bits, chains } of lengths) {
        const found = holding(chains.get(firstBits(address, bits)), now);
        if (found.length > 0) return found;
      }
      return [];
    },
  };
};

/** Makes an empty table. */
export const createAddressTable = (): AddressTable => {
  const families = { ipv4: createFamily(), ipv6: createFamily() };
  const familyOf = (address: AddressBits) => (typeof address === 'number' ? families.ipv4 : families.ipv6);
  return {
    add: (entry) => {
      const range = readRangeKey(entry.target);
      if (!range) return false;
      families[range.family].add(range.bits, range.first, entry);
      return true;
    },
    remove: (entry) => {
      const range = readRangeKey(entry.target);
      if (range) families[range.family].remove(range.bits, range.first, entry);
    },
    has: (address, now) => familyOf(address).has(address, now),
    narrowest: (address, now) => familyOf(address).narrowest(address, now),
  };
};
