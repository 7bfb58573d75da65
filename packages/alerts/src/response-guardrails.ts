import { networkInterfaces } from 'node:os';
import { type Clock, fieldError, type Instant, type Millis } from '@therapytrain/alerts-core';
import {
  canonicalAddress,
  createProtection,
  type ProtectionOptions,
  type ProtectionRule,
} from '@therapytrain/alerts-core/responder';
import { createHistory, type NotedStep } from './response-history.ts';
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
  /**
   * At most so many distinct targets are acted on in a window. One more trips: nothing is done until a whole window has
   * passed since, for nobody, and the audit is told once. Default: 50 in an hour.
   */
  readonly budget?: ResponseBudget;
  /**
   * Where one address caused responses against so many distinct users in the window, no further user is acted on for it:
   * the address is blocked instead, for an hour, once in the window. Default: 5 in 10 minutes.
   */
  readonly weaponised?: ResponseBudget;
  /**
   * How long the first `temporaryBlock` of an address lasts at least, the second, …; the last one goes on. One that comes
   * while a block lasts is of the same rung. In milliseconds. Default: none, each lasts as the table of the README says.
   */
  readonly ladder?: readonly Millis[];
  /** An address that was left alone for so long begins at the first rung again. Default: 7 days. */
  readonly decay?: Millis;
  /** After a person took something back (`reverted`), it is not done again to the same target for so long. Default: 1 day. */
  readonly grace?: Millis;
  /**
   * For so long after an action, and while a block of ours lasts, alerts that it causes by itself lead to no action on its
   * target, such as breaches of the limit by an address that is blocked. Default: 0, each alert is acted on.
   */
  readonly ownActions?: Millis;
  /** Alerts that occurred longer ago than this, such as imported ones, are recorded alone. Default: all are acted on. */
  readonly freshFor?: Millis;
  /** True: everything is recorded and nothing is done. Default: false. */
  readonly dryRun?: boolean;
  /** Asked before each action: while it is true nothing is done. Default: never. */
  readonly stopped?: () => boolean;
}

/** Why an action was not done. */
export type RefusalRule =
  ProtectionRule | ('stopped' | 'dry_run' | 'too_old' | 'grace' | 'own_action' | 'budget' | 'weaponised');

/** One action that an alert asks for, and what the guardrails say of it. */
export interface GuardedStep {
  readonly step: ActionStep;
  /** Undefined where it may be done. */
  readonly refused: RefusalRule | undefined;
  /** True for the one whose refusal begins that of all others. */
  readonly trips: boolean;
  /** To be called once it has ended: true where the service did it. */
  readonly ended: NotedStep['ended'];
}

/** What of an alert guardrails go by, beside what it asks for. */
export interface GuardedAlert {
  readonly type: string;
  readonly occurredAt: Instant;
}

const hour = 3_600_000;
const day = 24 * hour;

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

/** A window that is closed for all, for as long as it is, once somebody found it full. */
const createBreaker = (budget: ResponseBudget, clock: Clock) => {
  const window = createWindow(budget, clock);
  let until = Number.NEGATIVE_INFINITY;
  return {
    take: (name: string): 'taken' | 'refused' | 'trips' => {
      if (clock.monotonic() < until) return 'refused';
      if (window.take(name)) return 'taken';
      until = clock.monotonic() + budget.window;
      return 'trips';
    },
  };
};

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

const checkSpans = (spans: Readonly<Record<string, readonly Millis[]>>): void => {
  const isSpan = (each: Millis): boolean => each >= 0 && !Number.isNaN(each);
  const wrong = Object.entries(spans).filter(([, all]) => !all.every(isSpan));
  if (wrong.length > 0)
    throw fieldError(wrong.map(([field]) => ({ field, rule: 'is no time in milliseconds, from 0' })));
};

/** The rules that count: in their order, what was tried by whom, and what is done in all. */
const createCounts = (budget: ResponseBudget, perSource: ResponseBudget, clock: Clock) => {
  const all = createBreaker(budget, clock);
  const usersOf = createSources(perSource, clock);
  return (step: ActionStep, address: string | undefined): 'weaponised' | 'budget' | 'trips' | undefined => {
    const name = nameOf(step);
    // All users count that it asks us to act on, whether or not we do.
    if (step.target.kind !== 'address' && address !== undefined && !usersOf(address).take(name)) return 'weaponised';
    const took = all.take(name);
    return took === 'taken' ? undefined : took === 'trips' ? 'trips' : 'budget';
  };
};

/**
 * Says of each action whether it may be done, and counts those that may. One call at a time, without a wait in it: so a
 * thousand alerts at once stay within the budget exactly. In memory: what was counted is gone with the process.
 */
export const createGuardrails = (options: ResponseGuardrails, clock: Clock) => {
  const { protect = {}, budget: most = { targets: 50, window: hour }, dryRun = false, stopped = () => false } = options;
  const { ladder = [], decay = 7 * day, grace = day, ownActions = 0, freshFor = Number.POSITIVE_INFINITY } = options;
  const perSource = options.weaponised ?? { targets: 5, window: hour / 6 };
  checkSpans({ ladder, decay: [decay], grace: [grace], ownActions: [ownActions], freshFor: [freshFor] });
  const protects = createProtection({ ...protect, addresses: [...ownAddresses(), ...(protect.addresses ?? [])] });
  const history = createHistory({ ladder, decay, grace, ownActions }, clock);
  // A budget of its own: what was spent on its victims must not keep us from blocking an attacker.
  const blocked = createWindow({ targets: most.targets, window: perSource.window }, clock);
  const countedOut = createCounts(most, perSource, clock);

  const always = (step: ActionStep, { type, occurredAt }: GuardedAlert): RefusalRule | undefined => {
    const rule = protects(step.target) ?? (stopped() ? 'stopped' : undefined);
    if (rule !== undefined) return rule;
    return clock.now() - occurredAt > freshFor ? 'too_old' : history.refusal(type, step);
  };

  const guarded = (step: ActionStep, rule: RefusalRule | 'trips' | undefined): GuardedStep => {
    const refused = (rule === 'trips' ? 'budget' : rule) ?? (dryRun ? 'dry_run' : undefined);
    if (refused !== undefined) return { step, refused, trips: rule === 'trips', ended: () => undefined };
    const taken = isHarmless(step) ? { step, ended: () => undefined } : history.take(step);
    return { ...taken, refused, trips: false };
  };

  const turn = (address: string, alert: GuardedAlert): readonly GuardedStep[] => {
    const step = blockStep(address);
    if (blocked.has(address)) return [];
    return [guarded(step, always(step, alert) ?? (blocked.take(address) ? undefined : 'budget'))];
  };

  return {
    /** What may be done of the actions; where users are attacked through us, their attacker's address in their place. */
    guard: (
      actions: readonly ActionStep[],
      address: string | undefined,
      alert: GuardedAlert,
    ): readonly GuardedStep[] => {
      const each = actions.map((step) => {
        const rule = always(step, alert);
        return guarded(step, rule !== undefined || isHarmless(step) ? rule : countedOut(step, address));
      });
      const turned = address !== undefined && each.some(({ refused }) => refused === 'weaponised');
      return turned ? [...each, ...turn(address, alert)] : each;
    },
    /** A person took it back, or wants it not to be done: see `grace`. */
    reverted: history.revert,
  };
};
