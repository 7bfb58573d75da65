import { isIPv6 } from 'node:net';
import type { Clock } from '@therapytrain/alerts-core';
import { createTokenBucket, type TokenBucket } from '@therapytrain/alerts-manager';

/** How often something may happen. */
export interface Rate {
  readonly perSecond: number;
  /** How often at once, after a rest. */
  readonly burst: number;
}

/** One rate for each of many addresses. */
export interface Rates {
  /** True if it may happen now; then it counts. */
  take(address: string): boolean;
}

/** The most addresses that are remembered; of more, the one that asked longest ago begins anew. */
const mostAddresses = 10_000;

/**
 * What counts as one address: of IPv6 the first 64 bits, since whoever has one address there has that whole network (RFC
 * 6177 §2).
 */
export const networkOf = (address: string): string => {
  if (!isIPv6(address) || address.includes('.')) return address;
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const between = tail === undefined ? 0 : 8 - groups.length - last.length;
  const all = [...groups, ...Array.from({ length: between }, () => '0'), ...last];
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
};

/** Makes the rates. */
export const createRates = ({ perSecond, burst }: Rate, clock: Pick<Clock, 'monotonic'>): Rates => {
  const buckets = new Map<string, TokenBucket>();
  return {
    take: (given) => {
      const address = networkOf(given);
      const now = clock.monotonic();
      const limit = { perMinute: perSecond * 60, burst, longestWait: 0 };
      const bucket = buckets.get(address) ?? createTokenBucket(limit, now);
      buckets.delete(address);
      buckets.set(address, bucket);
      for (const oldest of buckets.keys()) {
        if (buckets.size <= mostAddresses) break;
        buckets.delete(oldest);
      }
      return bucket.take('', now).kind === 'now';
    },
  };
};
