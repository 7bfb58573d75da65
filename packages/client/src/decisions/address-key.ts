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
  // A shift by 32 is none. As a signed number it needs no memory of its own.
  if (typeof address === 'number') return bits === 0 ? 0 : (address >>> (32 - bits)) | 0;
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

// As nearly all are: reading it in full takes ten times as long. What is IPv4-mapped is left to that.
const plainRange = (text: string, slash: number): RangeKey | undefined => {
  const address = addressBits(text.slice(0, slash));
  const length = text.slice(slash + 1);
  const bits = /^(?:0|[1-9]\d{0,2})$/.test(length) ? Number(length) : Infinity;
  if (typeof address === 'number') return bits > 32 || text.includes(':') ? undefined : keyOf('ipv4', address, bits);
  return address === undefined || bits > 128 ? undefined : keyOf('ipv6', address, bits);
};

/** A range, or one address, in whatever form; undefined for what is none. */
export const readRangeKey = (text: string): RangeKey | undefined => {
  const slash = text.indexOf('/');
  const plain = slash < 0 ? undefined : plainRange(text, slash);
  if (plain) return plain;
  const address = slash < 0 ? addressBits(text) : undefined;
  if (typeof address === 'number') return keyOf('ipv4', address, 32);
  if (address !== undefined) return keyOf('ipv6', address, 128);
  const range = readRange(text);
  const first = range && addressBits(range.address.toString());
  if (!range || first === undefined) return undefined;
  const family = range.address.kind();
  return keyOf(family, family === 'ipv6' ? asIPv6(first) : first, range.bits);
};
