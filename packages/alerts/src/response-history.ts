import type { Clock, Millis, Response } from '@therapytrain/alerts-core';
import { canonicalAddress, type Target, userForm } from '@therapytrain/alerts-core/responder';
import { isCausedBy, isGraced, nextRung, targetKey } from '@therapytrain/alerts-manager';
import { type ActionStep, blockStep, type ResponseAction } from './response-steps.ts';

/** What of the past an action goes by. All times are in milliseconds. */
export interface HistoryBounds {
  readonly ladder: readonly Millis[];
  readonly decay: Millis;
  readonly grace: Millis;
  readonly ownActions: Millis;
}

/** An action as it is done, and how to say what became of it. */
export interface NotedStep {
  readonly step: ActionStep;
  /** Called once: true where the service did it. */
  readonly ended: (done: boolean) => void;
}

// The responders of the gateway that do the same: what was done by one of them is what the other ones go by.
const kinds = {
  addToSuspiciousList: 'suspect-address',
  decreaseLimit: 'throttle-address',
  temporaryBlock: 'block-address',
  blacklistIP: 'block-address',
  temporaryLockAccount: 'lock-account',
  revokeCurrentSession: 'revoke-sessions',
  revokeResourceAccess: 'revoke-access',
} as const satisfies Record<ResponseAction, string>;

/** What was done last to a target. Times are of the clock that never jumps. */
interface Last extends Pick<Response, 'state' | 'by' | 'updatedAt' | 'rung'> {
  /** When its effect ends, as far as is known here. */
  readonly until: Millis;
}

const valueOf = ({ kind, value }: Target): string =>
  kind === 'address' ? (canonicalAddress(value) ?? value) : userForm(value);

const nameOf = (kind: string, target: Target): string => `${kind} ${targetKey({ ...target, value: valueOf(target) })}`;

// What has run out counts from when it did.
const asOf = (last: Last, now: Millis): Last =>
  last.state === 'in_force' && last.until <= now ? { ...last, state: 'reverted', updatedAt: last.until } : last;

/** Remembers what was done to whom for as long as that matters. In memory: it is gone with the process. */
export const createHistory = ({ ladder, decay, grace, ownActions }: HistoryBounds, clock: Pick<Clock, 'monotonic'>) => {
  const known = new Map<string, Last>();
  const longest = Math.max(decay, grace, ownActions);
  let swept = clock.monotonic();
  const forget = (now: Millis): void => {
    if (now - swept < longest) return;
    swept = now;
    for (const [name, last] of known) if (Math.max(last.updatedAt, last.until) < now - longest) known.delete(name);
  };
  const lastOf = (action: ResponseAction, target: Target, now: Millis): Last | undefined => {
    const last = known.get(nameOf(kinds[action], target));
    return last && asOf(last, now);
  };
  const isOwn = (type: string, target: Target, now: Millis): boolean =>
    ownActions > 0 &&
    [...new Set<string>(Object.values(kinds))].some((kind) => {
      if (!isCausedBy(type, kind)) return false;
      const last = known.get(nameOf(kind, target));
      return last?.state === 'in_force' && now < Math.max(last.until, last.updatedAt + ownActions);
    });
  return {
    /** Why the action must not be done, because of what was done before; undefined where it may. */
    refusal: (type: string, { action, target }: ActionStep): 'grace' | 'own_action' | undefined => {
      const now = clock.monotonic();
      forget(now);
      const last = lastOf(action, target, now);
      if (last && isGraced(last, now - grace)) return 'grace';
      return isOwn(type, target, now) ? 'own_action' : undefined;
    },
    /** The action as it is to be done: on the rung that its target has reached. It counts once it has ended well. */
    take: (step: ActionStep): NotedStep => {
      const { action, target, span = 0 } = step;
      const now = clock.monotonic();
      const last = lastOf(action, target, now);
      // A block that still lasts is made longer on its own rung.
      const rung = last?.state === 'in_force' ? last.rung : nextRung(last ? [last] : [], now - decay);
      const onRung = Math.min(rung, Math.max(0, ladder.length - 1));
      const lasts = span === 0 ? 0 : Math.max(span, ladder[onRung] ?? 0);
      return {
        step: lasts > span ? blockStep(target.value, Math.ceil(lasts / 1_000)) : step,
        ended: (done) => {
          if (!done) return;
          const at = clock.monotonic();
          const until = Math.max(at + lasts, last?.state === 'in_force' ? last.until : 0);
          const made: Last = { state: 'in_force', by: '', updatedAt: at, rung: onRung, until };
          const name = nameOf(kinds[action], target);
          // A person may have taken it back while it was on its way.
          const meanwhile = known.get(name);
          if (!meanwhile || !isGraced(meanwhile, now)) known.set(name, made);
        },
      };
    },
    /** A person took it back, or wants it not to be done. */
    revert: (action: ResponseAction, target: Target, by: string): void => {
      const now = clock.monotonic();
      const name = nameOf(kinds[action], target);
      known.set(name, { state: 'reverted', by, updatedAt: now, rung: 0, until: now });
    },
  };
};
