import { AlertError, compileExpression } from '@therapytrain/alerts-core';
import { canonicalAddress, createProtection, userForm } from '@therapytrain/alerts-core/responder';
import type {
  Guardrails,
  Playbook,
  PlaybookStep,
  ProtectedGroup,
  ResponderSettings,
  ResponsePolicy,
} from './playbook.ts';
import { pathText } from './faults.ts';
import { faultsOfStep, type KnownResponder } from './playbook-faults.ts';
import type { PlaybookSettings } from './playbook-schema.ts';
import { targetKindOf } from './responder-target.ts';
import type { PolicySettings } from './schema.ts';

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
      const known = kindOf(kind, resolved);
      const target = targetKindOf(known, options);
      const { reversible } = known;
      return [name, { name, kind, target, options: resolved.options?.get(name) ?? options, reversible, budget }];
    }),
  );

type StepSettings = PlaybookSettings['steps'][number];

const stepOf = (
  step: StepSettings,
  mode: PlaybookSettings['mode'],
  responders: ResponsePolicy['responders'],
  resolved: ResolvedResponders,
): PlaybookStep => {
  const { responder: name, target, resource, args, for: lasting } = step;
  const responder = responders.get(name);
  if (!responder) throw new AlertError('POLICY_INVALID', 'a step names a responder that is not declared');
  const kind = kindOf(responder.kind, resolved);
  const [fault] = faultsOfStep(step, name, { ...kind, target: responder.target });
  if (fault) throw new AlertError('POLICY_INVALID', `a step with ${name}: ${pathText(fault.path)} ${fault.rule}`);
  return {
    responder: name,
    mode: mode === 'enforce' && !responder.reversible ? 'approve' : mode,
    target,
    resource,
    args: kind.args.parse(args) as PlaybookStep['args'],
    ladder: lasting === undefined ? [] : [lasting].flat(),
  };
};

// Of which all must be left, none may be acted on.
const isWhole = ({ users, keep }: ProtectedGroup): boolean => keep === users.length;

const guardrailsOf = (settings: PolicySettings['guardrails']): Guardrails => {
  const {
    protect,
    budget,
    weaponised,
    grace,
    decay,
    fresh_for: freshFor,
    wide_needs_approval: wideNeedsApproval,
  } = settings;
  const addresses = protect.addresses.flatMap((each) => canonicalAddress(each) ?? []);
  const groups: readonly ProtectedGroup[] = Object.entries(protect.groups).map(([group, { users, keep }]) => ({
    group,
    keep,
    users: [...new Map(users.map((each) => [userForm(each), each])).values()],
  }));
  return {
    protects: createProtection({
      addresses,
      users: protect.users,
      groups: Object.fromEntries(groups.filter(isWhole).map(({ group, users }) => [group, users])),
      widest: protect.widest,
    }),
    keepers: (user) => groups.filter(({ users }) => users.some((each) => userForm(each) === userForm(user))),
    protect: { addresses, users: protect.users, groups, widest: protect.widest },
    budget,
    weaponised: { targets: weaponised.users, window: weaponised.window },
    grace,
    decay,
    freshFor,
    wideNeedsApproval,
  };
};

/**
 * Makes what a policy says of responses. Throws `POLICY_INVALID` for a responder that is not declared or of a kind that is
 * not known, and for a step that does not go with it: who reads a policy has found that before, with line and column.
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
