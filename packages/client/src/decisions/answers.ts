import type { DecisionKind, Instant } from '@therapytrain/alerts-core';
import { addressBits } from './address-text.ts';
import type { AddressTable } from './address-table.ts';
import type { Entry } from './entries.ts';
import { accessKey, type DecisionTable } from './table.ts';
import type { DecisionCache } from './types.ts';

/** What can be asked in the way of a request. */
export type Answers = Pick<
  DecisionCache,
  | 'isBlocked'
  | 'throttle'
  | 'limitOf'
  | 'isSuspect'
  | 'isLocked'
  | 'sessionRevokedBefore'
  | 'accessRevoked'
  | 'needsStepUp'
>;

/** What the answers are made of. */
export interface AnswerParts {
  readonly table: DecisionTable;
  readonly now: () => Instant;
  /** True where everything is answered as if there were a decision of this kind. */
  readonly closed: (kind: DecisionKind) => boolean;
  readonly awayPerMinute: number;
}

const some = (head: Entry | undefined, passes: (entry: Entry) => boolean): boolean => {
  for (let entry = head; entry; entry = entry.next) if (passes(entry)) return true;
  return false;
};

/** Makes what answers. */
export const createAnswers = ({ table, now, closed, awayPerMinute }: AnswerParts): Answers => {
  const holdsAddress = (addresses: AddressTable, ip: string): boolean => {
    const address = addressBits(ip);
    return address !== undefined && addresses.has(address, now());
  };
  const limitOf: Answers['limitOf'] = (ip) => {
    const address = addressBits(ip);
    let strictest = closed('throttle_address') ? { perMinute: awayPerMinute, target: ip } : undefined;
    for (const { perMinute, target } of address === undefined ? [] : table.throttled.narrowest(address, now())) {
      if (perMinute < (strictest?.perMinute ?? Infinity)) strictest = { perMinute, target };
    }
    return strictest;
  };
  const { lock_account: locks, revoke_sessions: sessions, step_up: stepUps } = table.users;
  return {
    isBlocked: (ip) => holdsAddress(table.blocked, ip) || closed('block_address'),
    isSuspect: (ip) => holdsAddress(table.suspect, ip) || closed('suspect_address'),
    throttle: (ip) => limitOf(ip)?.perMinute,
    limitOf,
    isLocked: (userId) => {
      const at = now();
      return some(locks.get(userId), ({ until }) => until > at) || closed('lock_account');
    },
    sessionRevokedBefore: (userId) => {
      const at = now();
      if (closed('revoke_sessions')) return at;
      let before: Instant | undefined;
      for (let entry = sessions.get(userId); entry; entry = entry.next) {
        if (entry.until > at) before = Math.max(before ?? entry.from, entry.from);
      }
      return before;
    },
    accessRevoked: (userId, resource) => {
      const at = now();
      const head = table.access.get(accessKey(userId, resource));
      return some(head, ({ until }) => until > at) || closed('revoke_access');
    },
    needsStepUp: (userId, provenAt = Number.NEGATIVE_INFINITY) => {
      const at = now();
      const head = stepUps.get(userId);
      return some(head, ({ until, from }) => until > at && from > provenAt) || closed('step_up');
    },
  };
};
