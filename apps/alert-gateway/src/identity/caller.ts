import type { Instant, Principal } from '@therapytrain/alerts-core';

/** Somebody who has proved who it is. */
export interface Caller {
  readonly principal: Principal;
  /** When what it proved it with ends by itself; undefined where that has no end. */
  readonly expiresAt: Instant | undefined;
  /** True for as long as the same proof makes the same principal: not expired, not revoked, with the same scopes. */
  holds(now: Instant): boolean;
}

/** What a proof says at the moment; undefined where it is good for nothing any more. */
export type Resolve = (
  now: Instant,
) => { readonly principal: Principal; readonly expiresAt: Instant | undefined } | undefined;

const essence = ({ name, scopes, when }: Principal): string =>
  JSON.stringify([name, [...scopes].sort(), when?.source ?? '']);

/** Makes a caller of what its proof says now; undefined where it says nothing. */
export const createCaller = (resolve: Resolve, now: Instant): Caller | undefined => {
  const first = resolve(now);
  if (!first) return undefined;
  const known = essence(first.principal);
  return {
    ...first,
    holds: (at) => {
      const present = resolve(at);
      return present !== undefined && (present.principal === first.principal || essence(present.principal) === known);
    },
  };
};

/** A caller that nothing ends. */
export const lastingCaller = (principal: Principal): Caller => ({ principal, expiresAt: undefined, holds: () => true });
