import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** An address, read; `kind()` says of which family. */
export type ReadAddress = ipaddr.IPv4 | ipaddr.IPv6;

/** All addresses whose first `bits` bits are those of `address`; one address alone has all of its bits. */
export interface AddressRange {
  readonly address: ReadAddress;
  readonly bits: number;
}

// ipaddr.js reads `::127.0.0.1` as an IPv4-mapped address, which the system does not; the URL parser writes all groups.
const inGroups = (text: string): string => new URL(`http://[${text}]/`).hostname.slice(1, -1);

const raw = (text: string): ReadAddress | undefined => {
  const version = text.includes('%') ? 0 : isIP(text);
  return version === 0 ? undefined : ipaddr.parse(version === 6 ? inGroups(text) : text);
};

const mappedBits = 96;

const isMapped = (address: ReadAddress): address is ipaddr.IPv6 =>
  address.kind() === 'ipv6' && (address as ipaddr.IPv6).isIPv4MappedAddress();

/**
 * Reads one address as the system does: four decimal parts, or IPv6 in any of its forms; an IPv4-mapped one as the IPv4
 * address that it is. Undefined for anything else, a zone (`fe80::1%eth0`) and a port included.
 */
export const readAddress = (text: string): ReadAddress | undefined => {
  const address = raw(text);
  return address && isMapped(address) ? address.toIPv4Address() : address;
};

const allBits = (address: ReadAddress): number => (address.kind() === 'ipv4' ? 32 : 128);

const withoutHost = ({ address, bits }: AddressRange): AddressRange => {
  const bytes = address.toByteArray().map((byte, place) => {
    const kept = Math.min(8, Math.max(0, bits - place * 8));
    return byte & (0xff << (8 - kept)) & 0xff;
  });
  return { address: ipaddr.fromByteArray(bytes), bits };
};

// Mapped ones are IPv4 where the whole range is; one that holds more than them stays IPv6.
const unmapped = (range: AddressRange): AddressRange =>
  isMapped(range.address) && range.bits >= mappedBits
    ? { address: range.address.toIPv4Address(), bits: range.bits - mappedBits }
    : range;

/** Reads one address, or a range in CIDR notation (RFC 4632), with its host bits cleared. Undefined for anything else. */
export const readRange = (text: string): AddressRange | undefined => {
  const [head = '', length, ...rest] = text.split('/');
  const address = raw(head);
  if (!address || rest.length > 0) return undefined;
  if (length === undefined) return unmapped({ address, bits: allBits(address) });
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length) || Number(length) > allBits(address)) return undefined;
  return unmapped(withoutHost({ address, bits: Number(length) }));
};

/** True where an address is in both ranges; of two ranges, one then holds the other (RFC 4632 §3.1). */
export const overlap = (one: AddressRange, other: AddressRange): boolean =>
  one.address.kind() === other.address.kind() && one.address.match(other.address, Math.min(one.bits, other.bits));

/**
 * The one form under which an address or range is compared and kept: IPv6 as RFC 5952 §4 says, IPv4-mapped as IPv4, a
 * range with its host bits cleared, a range of one address as that address. Undefined for what is no address or range.
 */
export const canonicalAddress = (text: string): string | undefined => {
  const range = readRange(text);
  if (!range) return undefined;
  const { address, bits } = range;
  return bits === allBits(address) ? address.toString() : `${address.toString()}/${bits}`;
};
