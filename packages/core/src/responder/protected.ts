import { fieldError, type FieldViolation } from '../errors.ts';
import { type AddressRange, overlap, readRange } from './address.ts';
import type { Target } from './responder.ts';

/** Why a target must not be acted on: the closed list behind {@link Protection}, each with its meaning. Safe to show and count. */
export const protectionRules = {
  not_an_address: 'The target is no address or range, so that nobody can say what would be hit.',
  loopback: 'It is, or holds, an address of the machine itself (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).',
  unspecified: 'It is, or holds, the unspecified address or "this network" (RFC 1122 §3.2.1.3, RFC 4291 §2.5.2).',
  link_local: 'It is, or holds, an address of the link alone (RFC 3927, RFC 4291 §2.5.6).',
  multicast: 'It is, or holds, an address of many (RFC 5771, RFC 4291 §2.7).',
  broadcast: 'It is, or holds, the address of all (RFC 919 §7).',
  too_wide: 'The range is wider than a response may be.',
  protected_address: 'It is in a protected range, or holds one.',
  no_user: 'The target names no user.',
  protected_user: 'The user is protected.',
  protected_group: 'The user is in a protected group.',
} as const;

/** One of the closed list of rules. */
export type ProtectionRule = keyof typeof protectionRules;

/** Why a target must not be acted on; undefined where it may be. Pure, and quick enough to be asked at every plan and attempt. */
export type Protection = (target: Target) => ProtectionRule | undefined;

/** What is protected beside what always is. */
export interface ProtectionOptions {
  /** Addresses and ranges (CIDR): our own networks, egress, resolvers. What holds one of them, or is held by one, is protected. */
  readonly addresses?: readonly string[];
  /** Ids of users. Compared without regard to case, blanks at the ends and forms of Unicode (NFKC): rather too many than one too few. */
  readonly users?: readonly string[];
  /** Ids of users by the name of their group, compared as `users`. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  /** The widest ranges that may be acted on, as prefix lengths: `ipv4` from 8, by default 16; `ipv6` from 32, by default 32. */
  readonly widest?: { readonly ipv4?: number; readonly ipv6?: number };
}

// Nobody else is ever at these. A range that holds the IPv4-mapped ones (RFC 4291 §2.5.5.2) holds all of IPv4.
const always: readonly (readonly [text: string, rule: ProtectionRule])[] = [
  ['127.0.0.0/8', 'loopback'],
  ['::1', 'loopback'],
  ['0.0.0.0/8', 'unspecified'],
  ['::', 'unspecified'],
  ['169.254.0.0/16', 'link_local'],
  ['fe80::/10', 'link_local'],
  ['224.0.0.0/4', 'multicast'],
  ['ff00::/8', 'multicast'],
  ['255.255.255.255', 'broadcast'],
];

const alwaysRead = always.map(([text, rule]) => ({ range: readRange(text) as AddressRange, rule }));
// Not `::ffff:0:0/96`, which reads as all of IPv4: the range of one bit more, where it overlaps, holds the mapped ones.
const mapped = readRange('::fffe:0:0/95') as AddressRange;

const floors = { ipv4: 8, ipv6: 32 } as const;
const usual = { ipv4: 16, ipv6: 32 } as const;

const isTooWide = (range: AddressRange, widest: ProtectionOptions['widest']): boolean => {
  const family = range.address.kind();
  const asked = widest?.[family] ?? usual[family];
  return range.bits < Math.max(asked, floors[family]);
};

/** Two ids that a directory might take for one have the same form here. */
const userForm = (id: string): string => id.normalize('NFKC').trim().toLowerCase();

const readAll = (addresses: readonly string[]): readonly AddressRange[] => {
  const violations: FieldViolation[] = [];
  const ranges = addresses.flatMap((text, place) => {
    const range = readRange(text);
    if (!range) violations.push({ field: `addresses[${place}]`, rule: 'is no address or range such as 10.1.0.0/16' });
    return range ? [range] : [];
  });
  if (violations.length > 0) throw fieldError(violations);
  return ranges;
};

const addressRule = (
  value: string,
  ranges: readonly AddressRange[],
  widest: ProtectionOptions['widest'],
): ProtectionRule | undefined => {
  const range = readRange(value);
  if (!range) return 'not_an_address';
  const known = alwaysRead.find((each) => overlap(each.range, range));
  if (known) return known.rule;
  if (isTooWide(range, widest) || (range.bits <= mapped.bits && overlap(mapped, range))) return 'too_wide';
  return ranges.some((each) => overlap(each, range)) ? 'protected_address' : undefined;
};

/**
 * Says of any target whether it must not be acted on. Fails closed: what cannot be read is protected. Always protected:
 * loopback, unspecified, link-local, multicast and broadcast addresses, whatever holds one of them, and ranges that are
 * too wide. Throws an `AlertError` `FIELD_INVALID` that names the place of an address that is none.
 */
export const createProtection = ({
  addresses = [],
  users = [],
  groups = {},
  widest,
}: ProtectionOptions = {}): Protection => {
  const ranges = readAll(addresses);
  const protectedUsers = new Set(users.map(userForm));
  const members = new Set(Object.values(groups).flatMap((group) => group.map(userForm)));
  const userRule = (value: string): ProtectionRule | undefined => {
    const id = userForm(value);
    if (id === '') return 'no_user';
    if (protectedUsers.has(id)) return 'protected_user';
    return members.has(id) ? 'protected_group' : undefined;
  };
  return ({ kind, value }) => (kind === 'address' ? addressRule(value, ranges, widest) : userRule(value));
};
