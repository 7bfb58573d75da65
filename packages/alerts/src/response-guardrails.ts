import { networkInterfaces } from 'node:os';
import type { Clock, Millis } from '@therapytrain/alerts-core';
import {
  canonicalAddress,
  createProtection,
  type ProtectionOptions,
  type ProtectionRule,
} from '@therapytrain/alerts-core/responder';
import { type ActionStep, blockStep } from './response-steps.ts';

/** So many distinct targets in a window. */
export interface ResponseBudget {
  /** Whole, from 0. */
  readonly targets: number;
  /** In milliseconds. */
  readonly window: Millis;
}

/** What keeps a response from becoming the incident. All are optional. */
export interface ResponseGuardrails {
  /** Who is never acted on, beside this machine's own addresses and what nobody else is at. */
  readonly protect?: ProtectionOptions;
  /** At most so many distinct targets are acted on in a window. Default: 50 in an hour. */
  readonly budget?: ResponseBudget;
  /**
   * Where one address caused responses against so many distinct users in the window, no further user is acted on for it:
   * the address is blocked instead, for an hour, once in the window. Default: 5 in 10 minutes.
   */
  readonly weaponised?: ResponseBudget;
  /** True: everything is recorded and nothing is done. Default: false. */
  readonly dryRun?: boolean;
  /** Asked before each action: while it is true nothing is done. Default: never. */
  readonly stopped?: () => boolean;
}

/** Why an action was not done. */
export type RefusalRule = ProtectionRule | 'stopped' | 'dry_run' | 'budget' | 'weaponised';

/** One action that an alert asks for, and what the guardrails say of it. */
export interface GuardedStep {
  readonly step: ActionStep;
  /** Undefined where it may be done. */
  readonly refused: RefusalRule | undefined;
}

const hour = 3_600_000;

const ownAddresses = (): readonly string[] =>
  Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? []).flatMap(({ address }) => canonicalAddress(address) ?? []),
  );

/** Distinct names in a window that slides. What has left it is forgotten, so that it holds no more than the budget. */
const createWindow = ({ targets, window }: ResponseBudget, clock: Clock) => {
  const seen = new Map<string, Millis>();
  const forget = (): void => {
    for (const [name, at] of seen) if (clock.monotonic() - at >= window) seen.delete(name);
  };
  return {
    has: (name: string): boolean => {
      forget();
      return seen.has(name);
    },
    /** True where the name is there already, or there was room for one more. */
    take: (name: string): boolean => {
      forget();
      if (!seen.has(name) && seen.size >= targets) return false;
      seen.set(name, clock.monotonic());
      return true;
    },
    isEmpty: (): boolean => {
      forget();
      return seen.size === 0;
    },
  };
};

type Window = ReturnType<typeof createWindow>;

/** The users of each address. Addresses that have caused nothing for a window are let go of, once in a window. */
const createSources = (budget: ResponseBudget, clock: Clock) => {
  const sources = new Map<string, Window>();
  let swept = clock.monotonic();
  return (address: string): Window => {
    if (clock.monotonic() - swept >= budget.window) {
      for (const [source, users] of sources) if (users.isEmpty()) sources.delete(source);
      swept = clock.monotonic();
    }
    const users = sources.get(address) ?? createWindow(budget, clock);
    sources.set(address, users);
    return users;
  };
};

const nameOf = ({ target: { kind, value } }: ActionStep): string => `${kind === 'address' ? kind : 'user'} ${value}`;

// It refuses nothing to anybody: only protection holds it back.
const isHarmless = ({ action }: ActionStep): boolean => action === 'addToSuspiciousList';

/**
 * Says of each action whether it may be done, and counts those that may. One call at a time, without a wait in it: so a
 * thousand alerts at once stay within the budget exactly. In memory: what was counted is gone with the process.
 */
export const createGuardrails = (options: ResponseGuardrails, clock: Clock) => {
  const { protect = {}, budget: most = { targets: 50, window: hour }, dryRun = false, stopped = () => false } = options;
  const perSource = options.weaponised ?? { targets: 5, window: hour / 6 };
  const protects = createProtection({ ...protect, addresses: [...ownAddresses(), ...(protect.addresses ?? [])] });
  const budget = createWindow(most, clock);
  // A budget of its own: what was spent on its victims must not keep us from blocking an attacker.
  const blocked = createWindow({ targets: most.targets, window: perSource.window }, clock);
  const usersOf = createSources(perSource, clock);

  const always = (step: ActionStep): RefusalRule | undefined =>
    protects(step.target) ?? (stopped() ? 'stopped' : undefined);

  const ruleOf = (step: ActionStep, address: string | undefined): RefusalRule | undefined => {
    const rule = always(step);
    if (rule !== undefined || isHarmless(step)) return rule;
    const name = nameOf(step);
    // All users count that it asks us to act on, whether or not we do.
    if (step.target.kind !== 'address' && address !== undefined && !usersOf(address).take(name)) return 'weaponised';
    return budget.take(name) ? undefined : 'budget';
  };

  const guarded = (step: ActionStep, rule: RefusalRule | undefined): GuardedStep => ({
    step,
    refused: rule ?? (dryRun ? 'dry_run' : undefined),
  });

  const turn = (address: string): readonly GuardedStep[] => {
    const step = blockStep(address);
    if (blocked.has(address)) return [];
    return [guarded(step, always(step) ?? (blocked.take(address) ? undefined : 'budget'))];
  };

  return {
    /** What may be done of the actions; where users are attacked through us, their attacker's address in their place. */
    guard: (actions: readonly ActionStep[], address: string | undefined): readonly GuardedStep[] => {
      const each = actions.map((step) => guarded(step, ruleOf(step, address)));
      const turned = address !== undefined && each.some(({ refused }) => refused === 'weaponised');
      return turned ? [...each, ...turn(address)] : each;
    },
  };
};
