import { type AddressRange, readAddress, type ReadAddress, readRange } from '@therapytrain/alerts-core/responder';

/** An address as a number: of IPv4 a number of 32 bits, of IPv6 one of 128. */
export type AddressKey = number | bigint;

/** A range as the number of its first bits, and how many these are. */
export interface RangeKey {
  readonly first: AddressKey;
  readonly bits: number;
}

// Of a number whose family is known by its type.
const keyOf = (address: ReadAddress): AddressKey => {
  const bytes = address.toByteArray();
  if (bytes.length === 4) return bytes.reduce((key, byte) => key * 256 + byte, 0);
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
};

/** The first bits of an address. */
export const firstBits = (key: AddressKey, bits: number): AddressKey => {
  if (typeof key === 'bigint') return key >> BigInt(128 - bits);
  // A shift by 32 is none.
  return bits === 0 ? 0 : key >>> (32 - bits);
};

const rangeKeyOf = ({ address, bits }: AddressRange): RangeKey => ({ first: firstBits(keyOf(address), bits), bits });

/** A range, or one address, in whatever form; undefined for what is none. */
export const readRangeKey = (text: string): RangeKey | undefined => {
  const range = readRange(text);
  return range && rangeKeyOf(range);
};

const generation = 8_192;

/**
 * Reads addresses, and remembers those that were read lately: requests come from the same ones again and again, and to
 * read one takes longer than to look it up. Bounded to two generations of 8,192.
 */
export const createAddressReader = (): ((text: string) => AddressKey | undefined) => {
  let young = new Map<string, AddressKey | undefined>();
  let old: typeof young = new Map();
  const remember = (text: string, key: AddressKey | undefined): AddressKey | undefined => {
    if (young.size >= generation) [old, young] = [young, new Map()];
    young.set(text, key);
    return key;
  };
  return (text) => {
    const known = young.get(text);
    if (known !== undefined) return known;
    // What is longer than any form of an address is not worth remembering.
    if (text.length > 64) return undefined;
    const before = old.get(text);
    if (before !== undefined) return remember(text, before);
    const address = readAddress(text);
    return remember(text, address && keyOf(address));
  };
};
