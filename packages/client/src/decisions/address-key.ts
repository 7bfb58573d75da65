import { readRange } from '@therapytrain/alerts-core/responder';
import { type AddressBits, addressBits } from './address-text.ts';

/** A range: its first bits as they name it among ranges of the same length, and how many these are. */
export interface RangeKey {
  readonly family: 'ipv4' | 'ipv6';
  readonly first: AddressBits;
  readonly bits: number;
}

const unitBits = 16;

/** What names the first bits of an address among ranges of as many bits. */
export const firstBits = (address: AddressBits, bits: number): AddressBits => {
  // A shift by 32 is none.
  if (typeof address === 'number') return bits === 0 ? 0 : address >>> (32 - bits);
  if (bits === 128) return address;
  const whole = Math.floor(bits / unitBits);
  const head = address.slice(0, whole);
  const cut = unitBits - (bits % unitBits);
  return cut === unitBits ? head : head + String.fromCharCode((address.charCodeAt(whole) >>> cut) << cut);
};

const keyOf = (family: RangeKey['family'], address: AddressBits, bits: number): RangeKey => ({
  family,
  first: firstBits(address, bits),
  bits,
});

// A range that holds the IPv4-mapped addresses and more begins with one, and is of IPv6 all the same.
const asIPv6 = (address: AddressBits): string =>
  typeof address === 'number'
    ? String.fromCharCode(0, 0, 0, 0, 0, 0xffff, address >>> unitBits, address & 0xffff)
    : address;

/** A range, or one address, in whatever form; undefined for what is none. */
export const readRangeKey = (text: string): RangeKey | undefined => {
  const address = text.includes('/') ? undefined : addressBits(text);
  if (typeof address === 'number') return keyOf('ipv4', address, 32);
  if (address !== undefined) return keyOf('ipv6', address, 128);
  const range = readRange(text);
  const first = range && addressBits(range.address.toString());
  if (!range || first === undefined) return undefined;
  const family = range.address.kind();
  return keyOf(family, family === 'ipv6' ? asIPv6(first) : first, range.bits);
};
