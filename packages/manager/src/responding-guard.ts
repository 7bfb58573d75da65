import type { Instant, Response } from '@therapytrain/alerts-core';
import type { Switch } from './kill-switch.ts';
import type { Policy } from './policy/policy.ts';
import type { RespondingParts } from './responding.ts';
import { companionsOf, isLastOfGroup, needsTwo, protectionOf, wideApprovers } from './stages/response-guard.ts';
import type { ResponseReason } from './stages/response-reasons.ts';

/** Why something that was planned must not be done now; undefined where it may. */
export interface Guard {
  /** By what this process knows without asking the store. */
  atOnce(response: Response): ResponseReason | undefined;
  /** By that, and by what else stands. */
  all(response: Response): Promise<ResponseReason | undefined>;
}

const isLate = (response: Response, policy: Policy, now: Instant): boolean => {
  const { until, approvals, createdAt, playbook } = response;
  if (until !== undefined) return until <= now;
  const alsoOld = policy.playbooks.find(({ name }) => name === playbook)?.alsoOld === true;
  const begun = approvals.at(-1)?.at ?? createdAt;
  return !alsoOld && now - begun > policy.guardrails.freshFor;
};

/** Makes what asks the guardrails again right before something is done, with the policy in force then. */
export const createGuard = (
  { store, policy, facts, mayAct }: RespondingParts,
  killSwitch: Pick<Switch, 'isOn'>,
): Guard => {
  const atOnce = (response: Response): ResponseReason | undefined => {
    const { responders, playbooks, guardrails } = policy();
    const { target, mode, approvals, playbook } = response;
    if (killSwitch.isOn()) return 'kill_switch';
    if (!mayAct()) return 'audit_stopped';
    const protection = protectionOf(target, guardrails);
    if (protection) return protection;
    if (responders.get(response.responder)?.target !== target.kind) return 'no_responder';
    // The policy may have begun to want it after it was planned or approved.
    if (needsTwo(target, guardrails) && approvals.length < wideApprovers) return 'wide_target';
    if (isLate(response, policy(), facts().now)) return 'too_late';
    const isUnasked = mode === 'enforce' && approvals.length === 0;
    const asks = playbooks.find(({ name }) => name === playbook)?.mode !== 'enforce';
    return isUnasked && asks ? 'policy_changed' : undefined;
  };
  const byOthers = async (response: Response): Promise<ResponseReason | undefined> => {
    const { target, source, origin, approvals } = response;
    if (target.kind === 'address') return undefined;
    const { now } = facts();
    const { guardrails } = policy();
    const targets = [target, ...companionsOf(target, guardrails)];
    const query = { targets, changedSince: now, origins: [], sources: [], madeSince: now, now };
    const { ofTargets, trips } = await store.responseFacts(query);
    // Of two that are planned at once one goes first.
    const others = ofTargets.filter(({ id, state }) => id !== response.id && (state !== 'planned' || id < response.id));
    if (isLastOfGroup(target, guardrails, others)) return 'last_of_group';
    const scopes = [`source/${source}`, `origin/${origin}`];
    const isTripped = trips.some(({ scope }) => scopes.includes(scope));
    return isTripped && approvals.length === 0 ? 'weaponised' : undefined;
  };
  return {
    atOnce,
    all: async (response: Response): Promise<ResponseReason | undefined> =>
      atOnce(response) ?? (await byOthers(response)),
  };
};
