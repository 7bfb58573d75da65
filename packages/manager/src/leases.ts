import type { Clock, Instant, Millis, Response } from '@therapytrain/alerts-core';

/** Ends of leases by the clock that never jumps. They are forgotten with the process: the wall clock is then all there is. */
export interface Leases {
  /** Takes note of a lease, or that there is none any more. */
  see(response: Response): void;
  /** True where the lease is over by the clock that never jumps. */
  lapsed(response: Pick<Response, 'id' | 'until'>): boolean;
  /** What is left of it by the clock that never jumps; undefined where there is no lease of this end. */
  left(response: Pick<Response, 'id' | 'until'>): Millis | undefined;
  /** Those that are over though the wall clock does not say so, each once. */
  overdue(): readonly string[];
}

interface Lease {
  readonly until: Instant;
  readonly end: Millis;
  readonly told: boolean;
}

/** Makes an empty list. */
export const createLeases = (clock: Clock): Leases => {
  const leases = new Map<string, Lease>();
  let earliest = Infinity;
  return {
    see: ({ id, state, until, span }) => {
      if (state !== 'in_force' || until === undefined) return void leases.delete(id);
      if (leases.get(id)?.until === until) return;
      // More than its span is left only where the clock has jumped back since it was planned.
      const left = Math.max(0, until - clock.now());
      const end = clock.monotonic() + (span > 0 ? Math.min(left, span) : left);
      leases.set(id, { until, end, told: false });
      earliest = Math.min(earliest, end);
    },
    lapsed: ({ id, until }) => {
      const lease = leases.get(id);
      return lease !== undefined && lease.until === until && lease.end <= clock.monotonic();
    },
    left: ({ id, until }) => {
      const lease = leases.get(id);
      return lease?.until === until && lease ? Math.max(0, Math.ceil(lease.end - clock.monotonic())) : undefined;
    },
    overdue: () => {
      // Asked before each claim: most of the time there is nothing.
      if (clock.monotonic() < earliest) return [];
      const over: string[] = [];
      earliest = Infinity;
      for (const [id, lease] of leases) {
        if (lease.told) continue;
        if (lease.end > clock.monotonic()) earliest = Math.min(earliest, lease.end);
        else if (lease.until > clock.now()) {
          over.push(id);
          leases.set(id, { ...lease, told: true });
        }
      }
      return over;
    },
  };
};
