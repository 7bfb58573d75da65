import ipaddr from 'ipaddr.js';
import { readAddress } from '@therapytrain/alerts-core/responder';
import type { Allow } from './allow.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = readonly [Address, number];

// The IANA registries of special-purpose addresses (RFC 6890), and one host that is public and yet a cloud's own.
const specialIPv4 = [
  ['0.0.0.0/8', 'is of "this network"'],
  ['10.0.0.0/8', 'is private'],
  ['100.64.0.0/10', "is of a carrier's own network"],
  ['127.0.0.0/8', 'is a loopback address'],
  ['168.63.129.16/32', "is of a cloud's own services"],
  ['169.254.0.0/16', 'is link-local'],
  ['172.16.0.0/12', 'is private'],
  ['192.0.0.0/24', 'is for protocols'],
  ['192.0.2.0/24', 'is for documentation'],
  ['192.88.99.0/24', 'is of a relay'],
  ['192.168.0.0/16', 'is private'],
  ['198.18.0.0/15', 'is for benchmarks'],
  ['198.51.100.0/24', 'is for documentation'],
  ['203.0.113.0/24', 'is for documentation'],
  ['224.0.0.0/4', 'is a multicast address'],
  ['240.0.0.0/4', 'is reserved'],
] as const;

// Only 2000::/3 is given out for hosts anywhere: all outside of it is refused, and in it what stands here.
const specialIPv6 = [
  ['2001::/23', 'is for protocols'],
  ['2001:db8::/32', 'is for documentation'],
  ['2002::/16', 'is of a relay'],
  ['3fff::/20', 'is for documentation'],
] as const;
const [global, globalBits] = ipaddr.IPv6.parseCIDR('2000::/3');
const namedIPv6 = [
  ['::/128', 'is unspecified'],
  ['::1/128', 'is a loopback address'],
  ['::/96', 'stands for an IPv4 address'],
  ['64:ff9b::/16', 'is of a translator'],
  ['fc00::/7', 'is private'],
  ['fe80::/10', 'is link-local'],
  ['ff00::/8', 'is a multicast address'],
] as const;

const parsed = (table: readonly (readonly [string, string])[]): readonly (readonly [Range, string])[] =>
  table.map(([cidr, why]) => [ipaddr.parseCIDR(cidr), why] as const);

const tables = { ipv4: parsed(specialIPv4), special: parsed(specialIPv6), named: parsed(namedIPv6) };

const isIn = (address: Address, [range, bits]: Range): boolean =>
  address.kind() === range.kind() && address.match(range as ipaddr.IPv6, bits);

const whyIn = (address: Address, table: readonly (readonly [Range, string])[]): string | undefined =>
  table.find(([range]) => isIn(address, range))?.[1];

const specialOf = (address: Address): string | undefined => {
  if (address.kind() === 'ipv4') return whyIn(address, tables.ipv4);
  const inside = isIn(address, [global, globalBits]);
  return inside ? whyIn(address, tables.special) : (whyIn(address, tables.named) ?? 'is reserved');
};

const bytesOf = (address: Address, from: number): Address =>
  ipaddr.fromByteArray(address.toByteArray().slice(from, from + 4));

const inverted = (address: Address): Address => ipaddr.fromByteArray(address.toByteArray().map((byte) => byte ^ 255));

// The IPv4 address that a router or a translator on the way would make of an IPv6 address, and where it stands in it.
const embedded: readonly (readonly [cidr: Range, read: (address: Address) => Address])[] = [
  [ipaddr.parseCIDR('::/96'), (address) => bytesOf(address, 12)], // IPv4-compatible, RFC 4291 §2.5.5.1
  [ipaddr.parseCIDR('::ffff:0:0:0/96'), (address) => bytesOf(address, 12)], // IPv4-translated, RFC 2765
  [ipaddr.parseCIDR('64:ff9b::/96'), (address) => bytesOf(address, 12)], // NAT64, RFC 6052
  [ipaddr.parseCIDR('64:ff9b:1::/48'), (address) => bytesOf(address, 12)], // NAT64 for local use, RFC 8215
  [ipaddr.parseCIDR('2002::/16'), (address) => bytesOf(address, 2)], // 6to4, RFC 3056
  [ipaddr.parseCIDR('2001::/32'), (address) => bytesOf(address, 4)], // Teredo's server, RFC 4380 §4
  [ipaddr.parseCIDR('2001::/32'), (address) => inverted(bytesOf(address, 12))], // Teredo's client
];

// ISATAP (RFC 5214 §6.1) names the IPv4 address after ::0:5efe or ::200:5efe, under any prefix.
const isatap = (address: Address): readonly Address[] => {
  const [first, second, third, fourth] = address.toByteArray().slice(8, 12);
  const marked = ((first ?? 0) & 0xfd) === 0 && second === 0 && third === 0x5e && fourth === 0xfe;
  return marked ? [bytesOf(address, 12)] : [];
};

/** All addresses that a packet to this one may end at. */
const readings = (address: Address): readonly Address[] =>
  address.kind() === 'ipv4'
    ? [address]
    : [
        address,
        ...embedded.filter(([range]) => isIn(address, range)).map(([, read]) => read(address)),
        ...isatap(address),
      ];

// A zone (`fe80::1%eth0`) says nothing about the address.
const canonical = (text: string): Address | undefined => readAddress(text.split('%')[0] ?? '');

const known = new WeakMap<Allow, readonly Range[]>();

// Asked at each request and each connection, of the same few options.
const rangesOf = (allow: Allow): readonly Range[] => {
  const before = known.get(allow);
  if (before) return before;
  const ranges = (allow.cidrs ?? []).map((cidr) => ipaddr.parseCIDR(cidr));
  known.set(allow, ranges);
  return ranges;
};

/** True if the address is in one of the ranges of `allow`. False for what is no address. */
export const isAllowed = (address: string, allow: Allow): boolean => {
  const read = canonical(address);
  return read !== undefined && rangesOf(allow).some((range) => isIn(read, range));
};

/**
 * Why the address must not be called, as the end of a sentence without the address; undefined if it may. It is read in
 * its canonical form; an IPv6 address that stands for an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo, ISATAP)
 * must be right in both readings. Each reading is either public or in one of the ranges of `allow`.
 */
export const addressFault = (address: string, allow: Allow = {}): string | undefined => {
  const read = canonical(address);
  if (!read) return 'is not an address';
  const ranges = rangesOf(allow);
  for (const each of readings(read)) {
    const special = specialOf(each);
    if (special !== undefined && !ranges.some((range) => isIn(each, range))) return special;
  }
  return undefined;
};
