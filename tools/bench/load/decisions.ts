import type { Decision } from '@therapytrain/alerts-core';

/** How the addresses of look-ups are: blocked ones, free ones that come again and again, or a new one each time. */
export type Asked = 'blocked' | 'known' | 'new IPv4' | 'new IPv6';

// Not in order: neighbours of a number lie far apart, as attackers do. 2,654,435,761 is odd, so no number comes twice.
const scattered = (n: number): number => Math.imul(n, 2_654_435_761) >>> 0;

const ipv4 = (value: number): string => `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;

const group = (value: number): string => value.toString(16);

const ipv6 = (value: number): string => `2001:db8:${group(value >>> 16)}:${group(value & 0xffff)}::1`;

// Of a hundred targets eighty are IPv4 addresses, ten IPv6 addresses, five networks and five IPv6 networks.
const targetOf = (n: number): string => {
  // Blocked addresses have an even last bit, free ones an odd one, so that no look-up hits by chance.
  const value = scattered(n) & ~1;
  const part = n % 100;
  if (part < 80) return ipv4((value & 0x3fffffff) | 0x40000000);
  if (part < 90) return ipv6(value);
  if (part < 95) return `${ipv4((value & 0x1fffff00) | 0xa0000000)}/24`;
  return `2001:db9:${group(value >>> 16)}::/48`;
};

const id = (n: number): string => `0193f1c2-7b2a-7000-8000-${n.toString(16).padStart(12, '0')}`;

const hour = 3_600_000;

/** The n-th decision: a blocked address or range, for an hour. */
export const benchDecision = (n: number, now: number): Decision => ({
  id: id(n),
  kind: 'block_address',
  target: targetOf(n),
  resource: '',
  perMinute: 0,
  from: now,
  until: now + hour + (n % hour),
  playbook: 'brute-force',
  incident: id(n >>> 4),
});

const known = 1_000;

/** Addresses to look up, one after the other. */
export const askedAddresses = (asked: Asked, decisions: number): ((n: number) => string) => {
  const free = (n: number): string => ipv4((scattered(n) & 0x3fffffff) | 0x40000001);
  switch (asked) {
    // Eighty in a hundred are IPv4 addresses, from 0 on.
    case 'blocked':
      return (n) => targetOf((n % Math.floor(decisions / 100)) * 100 + (n % 80));
    case 'known': {
      const some = Array.from({ length: known }, (_, n) => free(n));
      return (n) => some[n % known] ?? '';
    }
    case 'new IPv4':
      return free;
    case 'new IPv6':
      return (n) => ipv6(scattered(n) | 1);
  }
};
