import { type AlertDraft, type CommonDraft, drafts } from '@therapytrain/alerts-core';
import { epoch } from './fake-clock.ts';

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** The request id of the n-th draft: a UUID of version 7 that ascends with n. */
export const requestIdOf = (n: number): string => {
  const time = hex(epoch + n, 12);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(n % 0x1000, 3)}-8000-${hex(n, 12)}`;
};

/** A draft that says everything a checker asks for. */
export type NumberedDraft = AlertDraft & CommonDraft & Required<Pick<AlertDraft, 'requestId' | 'dedupKey'>>;

const addressOf = (n: number): string => `192.0.2.${1 + (n % 254)}`;
const userOf = (n: number): string => `user-${n % 9_973}`;
const health = ['healthy', 'degraded', 'unhealthy', 'down', 'recovered'];

const commonOf = (n: number): CommonDraft => {
  switch (n % 5) {
    case 0:
      return drafts.authFailure(userOf(n), addressOf(n));
    case 1:
      return drafts.unusualAccess(userOf(n), `session-notes/${n % 499}`, 'outside of working hours');
    case 2:
      return drafts.rateLimitBreach(addressOf(n), '/api/v1/sessions', 100 + (n % 900));
    case 3:
      return drafts.dataViolation(userOf(n), `export/${n % 97}`, 'download');
    default:
      return drafts.systemHealth(`worker-${n % 31}`, health[n % 7] ?? 'degraded', { queue: { depth: n % 1_000 } });
  }
};

/**
 * The n-th (from 0) of an endless list of realistic drafts that is cheap to make and the same each time. Each has a
 * request id of its own, and `case-<n>` as its dedup key, so that a checker can tell which one it has before it.
 */
export const draftOf = (n: number): NumberedDraft => ({
  ...commonOf(n),
  requestId: requestIdOf(n),
  dedupKey: `case-${n}`,
});
