import type { Instant, Response } from '@therapytrain/alerts-core';
import type { Target } from '@therapytrain/alerts-core/responder';
import type { Budget, Playbook, ResponderSettings, ResponsePolicy } from '../policy/playbook.ts';
import { abused, overBudget } from './response-alerts.ts';
import { targetKey } from './response-guard.ts';
import type { Ledger } from './response-ledger.ts';

/** What a response would come from. */
export interface Cause {
  readonly source: string;
  /** Empty where the alert names no address. */
  readonly origin: string;
  /** Place in the log of the alert: what is raised because of it is raised once. */
  readonly place: number;
}

interface Scope {
  readonly name: string;
  readonly budget: Budget;
  covers(response: Response): boolean;
}

const budgetsOf = (
  playbook: Playbook,
  responder: ResponderSettings,
  { guardrails }: ResponsePolicy,
): readonly Scope[] => [
  { name: `playbook/${playbook.name}`, budget: playbook.budget, covers: (each) => each.playbook === playbook.name },
  {
    name: `responder/${responder.name}`,
    budget: responder.budget,
    covers: (each) => each.responder === responder.name,
  },
  { name: 'all', budget: guardrails.budget, covers: () => true },
];

const uncounted: readonly Response['state'][] = ['observed', 'refused', 'stopped', 'waiting', 'rejected', 'expired'];

/** True where it was planned unasked, and nothing has kept it from being done since. */
const isUnasked = ({ mode, state }: Response): boolean => mode === 'enforce' && !uncounted.includes(state);

const isOpen = (ledger: Ledger, scope: string, now: Instant): boolean => (ledger.trippedUntil(scope) ?? now) > now;

const hasRoom = (ledger: Ledger, { budget, covers }: Scope, target: Target, now: Instant): boolean => {
  const targets = new Set<string>();
  for (const each of ledger.all()) {
    if (isUnasked(each) && each.createdAt > now - budget.window && covers(each)) targets.add(targetKey(each.target));
  }
  return targets.has(targetKey(target)) || targets.size < budget.targets;
};

/**
 * True where one more may be done unasked. Where not, the scope's breaker trips: until the window has passed nothing more
 * is done unasked there, and people are told once. So of so many triggers at once exactly as many go as the budget says.
 */
export const takeBudget = (
  ledger: Ledger,
  of: { readonly playbook: Playbook; readonly responder: ResponderSettings; readonly target: Target },
  cause: Cause,
  policy: ResponsePolicy,
  now: Instant,
): boolean => {
  const scopes = budgetsOf(of.playbook, of.responder, policy);
  if (scopes.some(({ name }) => isOpen(ledger, name, now))) return false;
  const spent = scopes.filter((scope) => !hasRoom(ledger, scope, of.target, now));
  for (const { name, budget } of spent) {
    ledger.trip(name, now + budget.window);
    ledger.raise(overBudget(name, cause.place));
  }
  return spent.length === 0;
};

const causedBy =
  (scope: string) =>
  ({ source, origin, target }: Response): boolean =>
    target.kind !== 'address' && (scope === `source/${source}` || (origin !== '' && scope === `origin/${origin}`));

const notCaused: readonly Response['state'][] = ['observed', 'refused', 'stopped'];

/** What was planned because of the scope and is not done yet is not done any more. */
const stopPlanned = (ledger: Ledger, scope: string): void => {
  const isCaused = causedBy(scope);
  for (const each of [...ledger.all()]) {
    if (!isCaused(each) || (each.state !== 'planned' && each.state !== 'waiting')) continue;
    ledger.note('refused', ledger.put({ ...each, state: 'refused', reason: 'weaponised', until: undefined }));
  }
};

/** What {@link weaponised} found. */
export interface Weaponised {
  /** True where the user must be left alone. */
  readonly by: 'address' | 'reporter' | undefined;
}

/**
 * Whether the alert's address or reporter is using responses as a weapon: it caused some against more distinct users than
 * it may, with this one. From then on none of its users is acted on for a window, or until an address has rested for one,
 * what was planned and not done is stopped, and people are told once.
 */
export const weaponised = (
  ledger: Ledger,
  of: { readonly playbook: Playbook; readonly target: Target },
  cause: Cause,
  { guardrails }: ResponsePolicy,
  now: Instant,
): Weaponised => {
  if (of.target.kind === 'address') return { by: undefined };
  const { targets: most, window } = guardrails.weaponised;
  const scopes = [
    ...(cause.origin === '' ? [] : [{ by: 'address' as const, name: `origin/${cause.origin}` }]),
    { by: 'reporter' as const, name: `source/${cause.source}` },
  ];
  const found = scopes.filter(({ by, name }) => {
    if (isOpen(ledger, name, now)) {
      // An address must rest. A reporter that many users sign in through never does.
      if (by === 'address') ledger.trip(name, now + window);
      return true;
    }
    const isCaused = causedBy(name);
    const users = new Set([of.target.value]);
    for (const each of ledger.all()) {
      const counts = !notCaused.includes(each.state) && each.createdAt > now - window;
      if (counts && isCaused(each)) users.add(each.target.value);
    }
    if (users.size <= most) return false;
    ledger.trip(name, now + window);
    ledger.raise(abused(by, cause.source, of.playbook.name, most, cause.place));
    stopPlanned(ledger, name);
    return true;
  });
  return { by: found[0]?.by };
};
