import { type Instant, systemClock } from '@therapytrain/alerts-core';
import { createLimiter } from './limiter.ts';
import type { EnforceOptions, GivenTime, Refusal, RefusalReason } from './options.ts';

/** Says why a request is refused; undefined where it goes on. Answers from memory, and waits for nothing. */
export type Enforcing<Request> = (request: Request) => Refusal | undefined;

const instantOf = (time: GivenTime): Instant | undefined => (time instanceof Date ? time.getTime() : time);

const createAddressRule = <Request>(options: EnforceOptions<Request>, addressOf: AddressOf<Request>) => {
  const { decisions, onSuspect, clock = systemClock } = options;
  const limiter = createLimiter(clock);
  return (request: Request): Refusal | undefined => {
    const ip = (options.address ?? addressOf)(request) ?? '';
    if (decisions.isBlocked(ip)) return { reason: 'address_blocked' };
    const limit = decisions.limitOf(ip);
    const retryAfter = limit && limiter.take(limit.target, limit.perMinute);
    if (retryAfter !== undefined) return { reason: 'throttled', retryAfter };
    if (onSuspect && decisions.isSuspect(ip)) onSuspect(request);
    return undefined;
  };
};

const createUserRule = <Request>(options: EnforceOptions<Request>) => {
  const { decisions, user, sessionStartedAt, provenAt, resource } = options;
  // A session whose beginning nobody knows may be one of the old ones.
  const isRevoked = (userId: string, request: Request): boolean => {
    const before = decisions.sessionRevokedBefore(userId);
    return before !== undefined && (instantOf(sessionStartedAt?.(request)) ?? Number.NEGATIVE_INFINITY) < before;
  };
  const isKeptOut = (userId: string, request: Request): boolean => {
    const wanted = resource?.(request);
    return wanted !== undefined && decisions.accessRevoked(userId, wanted);
  };
  const reasonOf = (userId: string, request: Request): RefusalReason | undefined => {
    if (decisions.isLocked(userId)) return 'user_locked';
    if (isRevoked(userId, request)) return 'session_revoked';
    if (decisions.needsStepUp(userId, instantOf(provenAt?.(request)))) return 'step_up_required';
    return isKeptOut(userId, request) ? 'access_revoked' : undefined;
  };
  return (request: Request): Refusal | undefined => {
    const userId = user?.(request);
    const reason = userId === undefined ? undefined : reasonOf(userId, request);
    return reason && { reason };
  };
};

/** What the framework says of where a request comes from. */
export type AddressOf<Request> = (request: Request) => string | undefined;

/** Makes what enforces: what is said of the address first, then what is said of the user. */
export const createEnforcing = <Request>(
  options: EnforceOptions<Request>,
  addressOf: AddressOf<Request>,
): Enforcing<Request> => {
  const { only, onRefused } = options;
  const rules = [
    ...(only === 'users' ? [] : [createAddressRule(options, addressOf)]),
    ...(only === 'addresses' ? [] : [createUserRule(options)]),
  ];
  return (request) => {
    for (const rule of rules) {
      const refusal = rule(request);
      if (!refusal) continue;
      onRefused?.(refusal, request);
      return refusal;
    }
    return undefined;
  };
};
