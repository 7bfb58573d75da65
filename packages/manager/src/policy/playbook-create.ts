import { AlertError, compileExpression } from '@therapytrain/alerts-core';
import type { ResponderKind } from '@therapytrain/alerts-core/responder';
import type {
  Guardrails,
  Playbook,
  PlaybookStep,
  ProtectedGroup,
  ResponderSettings,
  ResponsePolicy,
} from './playbook.ts';
import type { PlaybookSettings } from './playbook-schema.ts';
import { canonicalAddress, createProtection } from './protection.ts';
import type { PolicySettings } from './schema.ts';

/** What a policy must know of the kind of a responder. */
export type KnownResponder = Pick<ResponderKind, 'target' | 'reversible' | 'args'>;

/** What a policy's responders are made with. */
export interface ResolvedResponders {
  /** The responders there are, by kind. */
  readonly kinds: ReadonlyMap<string, KnownResponder>;
  /** The options of responders by name, with a `Secret` in the place of each reference. Left out: as they are written. */
  readonly options?: ReadonlyMap<string, ResponderSettings['options']>;
}

const kindOf = (kind: string, { kinds }: ResolvedResponders): KnownResponder => {
  const known = kinds.get(kind);
  if (!known) throw new AlertError('POLICY_INVALID', 'a responder is of a kind that is not known');
  return known;
};

const respondersOf = (
  settings: PolicySettings['responders'],
  resolved: ResolvedResponders,
): ResponsePolicy['responders'] =>
  new Map(
    Object.entries(settings).map(([name, { kind, budget, ...options }]) => {
      const { target, reversible } = kindOf(kind, resolved);
      return [name, { name, kind, target, options: resolved.options?.get(name) ?? options, reversible, budget }];
    }),
  );

type StepSettings = PlaybookSettings['steps'][number];

const stepOf = (
  { responder: name, target, resource, args, for: lasting }: StepSettings,
  mode: PlaybookSettings['mode'],
  responders: ResponsePolicy['responders'],
  resolved: ResolvedResponders,
): PlaybookStep => {
  const responder = responders.get(name);
  if (!responder) throw new AlertError('POLICY_INVALID', 'a step names a responder that is not declared');
  return {
    responder: name,
    mode: mode === 'enforce' && !responder.reversible ? 'approve' : mode,
    target,
    resource,
    args: kindOf(responder.kind, resolved).args.parse(args) as PlaybookStep['args'],
    ladder: lasting === undefined ? [] : [lasting].flat(),
  };
};

const guardrailsOf = (settings: PolicySettings['guardrails']): Guardrails => {
  const { protect, budget, weaponised, grace, decay, fresh_for: freshFor } = settings;
  const addresses = protect.addresses.flatMap((each) => canonicalAddress(each) ?? []);
  const groups: readonly ProtectedGroup[] = Object.entries(protect.groups).map(([group, { users, keep }]) => ({
    group,
    keep,
    users: [...new Set(users)],
  }));
  return {
    protects: createProtection({ addresses, users: protect.users }),
    keepers: (user) => groups.filter(({ users }) => users.includes(user)),
    protect: { addresses, users: protect.users, groups },
    budget,
    weaponised: { targets: weaponised.users, window: weaponised.window },
    grace,
    decay,
    freshFor,
  };
};

/**
 * Makes what a policy says of responses. Throws `POLICY_INVALID` for a responder that is not declared or of a kind that is
 * not known: who reads a policy has found that before, with its line and column.
 */
export const createResponses = (settings: PolicySettings, resolved: ResolvedResponders): ResponsePolicy => {
  const responders = respondersOf(settings.responders, resolved);
  const playbooks = settings.playbooks.map(
    ({ name, when, mode, steps, approvers, approve_within: approveWithin, budget, also_old: alsoOld }): Playbook => ({
      ...{ name, mode, approvers, approveWithin, budget, alsoOld },
      when: compileExpression(when),
      steps: steps.map((each) => stepOf(each, mode, responders, resolved)),
    }),
  );
  return { responders, playbooks, guardrails: guardrailsOf(settings.guardrails) };
};
