import {
  type Instant,
  type Response,
  type ResponseFacts,
  type ResponseMode,
  responseModes,
  type ResponseState,
  standingStates,
} from '@therapytrain/alerts-core';
import type { Target } from '@therapytrain/alerts-core/responder';
import { addressOf, sameAgain, type Trigger } from './respond-triggers.ts';
import type { Playbook, PlaybookStep, ResponderSettings, ResponsePolicy } from '../policy/playbook.ts';

import { maintainedBy } from './mute.ts';
import { type MatchedPlaybook, modeIn } from './playbooks.ts';
import { takeBudget, weaponised } from './response-budget.ts';
import {
  isCausedBy,
  isGraced,
  isLastOfGroup,
  needsTwo,
  nextRung,
  protectionOf,
  targetKey,
  wideApprovers,
} from './response-guard.ts';
import { createLedger, type Ledger, type Planned } from './response-ledger.ts';
import type { ResponseReason } from './response-reasons.ts';
import { entry, type RouteFacts } from './route.ts';

/** What the stage goes by beside the facts of the store. */
export interface RespondPlanFacts extends RouteFacts {
  /** What the response would change, in a sentence that is safe to show; undefined where nobody knows. Pure. */
  readonly preview: (response: Response) => string | undefined;
}

/** One step of one playbook that an alert calls for. */
interface Candidate {
  readonly trigger: Trigger;
  readonly playbook: Playbook;
  readonly index: number;
  readonly step: PlaybookStep;
  readonly responder: ResponderSettings;
  readonly target: Target;
  readonly mode: ResponseMode;
  /** True where a maintenance window is why `mode` is less than the step says. */
  readonly maintained: boolean;
}

interface Planning {
  readonly ledger: Ledger;
  readonly facts: RespondPlanFacts;
}

const isStanding = ({ state }: Response): boolean => (standingStates as readonly ResponseState[]).includes(state);

const ownOf = ({ ledger }: Planning, { target, responder }: Candidate): readonly Response[] =>
  ledger.of(targetKey(target)).filter((each) => each.responder === responder.name);

/** The rung after the last one that the target was on, if that has not decayed. */
const rungOf = (planning: Planning, candidate: Candidate): number =>
  nextRung(ownOf(planning, candidate), planning.facts.now - planning.facts.policy.guardrails.decay);

/** How many persons must say yes. */
const approversOf = ({ playbook, target }: Candidate, { guardrails }: ResponsePolicy): number =>
  needsTwo(target, guardrails) ? Math.max(wideApprovers, playbook.approvers) : playbook.approvers;

const made = (planning: Planning, candidate: Candidate, as: Pick<Response, 'state' | 'mode' | 'reason'>): Response => {
  const { policy, now, ids, preview } = planning.facts;
  const { trigger, playbook, index, step, responder, target } = candidate;
  const last = step.ladder.length - 1;
  const rung = Math.max(0, Math.min(rungOf(planning, candidate), last));
  const response: Response = {
    ...as,
    id: ids.next(),
    version: 1,
    playbook: playbook.name,
    step: index,
    responder: responder.name,
    target,
    args: step.args,
    severity: trigger.incident.severity,
    incident: trigger.incident.id,
    source: trigger.cause.source,
    origin: trigger.cause.origin,
    summary: '',
    createdAt: now,
    updatedAt: now,
    span: step.ladder[rung] ?? 0,
    rung,
    from: undefined,
    until: undefined,
    asked: undefined,
    approvers: as.state === 'waiting' ? approversOf(candidate, policy) : 0,
    approvals: [],
    by: '',
    extensions: 0,
    policy: policy.version,
  };
  return { ...response, summary: preview({ ...response, from: now, until: leaseEnd(response, now) }) ?? '' };
};

/** When a response that begins now is to be reverted; undefined where it is not. */
export const leaseEnd = ({ span }: Pick<Response, 'span'>, now: Instant): Instant | undefined =>
  span === 0 ? undefined : now + span;

/** Writes down that it is not done: once in a while for the same target, and then counted. */
const writeOnce = (
  { ledger, facts, ...rest }: Planning,
  candidate: Candidate,
  as: Pick<Response, 'state' | 'mode' | 'reason'>,
): void => {
  const planning = { ledger, facts, ...rest };
  const since = facts.now - sameAgain;
  const known = ownOf(planning, candidate).find(
    ({ state, reason, playbook, step, createdAt, span }) =>
      state === as.state &&
      reason === as.reason &&
      playbook === candidate.playbook.name &&
      step === candidate.index &&
      createdAt > Math.min(since, facts.now - span),
  );
  if (known) return void ledger.put({ ...known, extensions: known.extensions + 1 });
  ledger.note(as.state, ledger.put(made(planning, candidate, as)));
};

/** A trigger that would make a lease last longer by less than this part of it changes nothing. */
const leastExtension = 0.1;

const extend = ({ ledger, facts }: Planning, standing: Response): void => {
  const { state, span, until } = standing;
  if (state === 'waiting' || state === 'unknown' || until === undefined) return;
  const next = facts.now + span;
  const again = state === 'reverting';
  if (!again && next - until < span * leastExtension) return;
  const extended = ledger.put({
    ...standing,
    until: Math.max(until, next),
    extensions: standing.extensions + 1,
    // What was being taken back is in force again once it has been asked for again.
    ...(again && { state: 'in_force' as const, asked: undefined }),
  });
  if (state === 'in_force' || again) ledger.look(extended, facts.now);
  ledger.note('extended', extended, { extensions: extended.extensions });
};

/** Our own action made the signal: it is counted, makes nothing last longer, and leads to no next rung. */
const noteOwn = ({ ledger }: Planning, cause: Response): void => {
  ledger.put({ ...cause, extensions: cause.extensions + 1 });
  ledger.note('own_action', cause);
};

const ownAction = ({ ledger, facts }: Planning, { trigger, target }: Candidate): Response | undefined =>
  ledger
    .of(targetKey(target))
    .find(
      ({ state, responder }) =>
        (state === 'in_force' || state === 'executing' || state === 'unknown') &&
        isCausedBy(trigger.facts.type, facts.policy.responders.get(responder)?.kind ?? ''),
    );

/** Why it must not be done, whatever budgets say; undefined where it may. */
const refusalOf = (planning: Planning, candidate: Candidate): ResponseReason | undefined => {
  const { ledger, facts } = planning;
  const { guardrails } = facts.policy;
  const { target } = candidate;
  const graceSince = facts.now - guardrails.grace;
  if (ownOf(planning, candidate).some((each) => isGraced(each, graceSince))) return 'grace';
  const standing = ownOf(planning, candidate).some((each) => isStanding(each));
  if (!standing && isLastOfGroup(target, guardrails, ledger.all())) return 'last_of_group';
  return undefined;
};

const supersede = ({ ledger }: Planning, waiting: Response): void =>
  ledger.note('expired', ledger.put({ ...waiting, state: 'expired', reason: 'superseded', until: undefined }));

const admit = (planning: Planning, candidate: Candidate, waiting: Response | undefined): void => {
  const { ledger, facts } = planning;
  const { policy, now } = facts;
  const { mode, playbook, trigger, maintained } = candidate;
  const isWide = needsTwo(candidate.target, policy.guardrails);
  const isUnasked = mode === 'enforce' && !isWide && takeBudget(ledger, candidate, trigger.cause, policy, now);
  if (!isUnasked) {
    if (waiting) return;
    const asked = mode === 'enforce' ? 'approve' : mode;
    const overBudget = mode === 'enforce' ? 'over_budget' : '';
    const reason = isWide ? 'wide_target' : maintained ? 'maintenance' : overBudget;
    const question = ledger.put({
      ...made(planning, candidate, { state: 'waiting', mode: asked, reason }),
      until: now + playbook.approveWithin,
    });
    ledger.look(question, now + playbook.approveWithin);
    return ledger.note('waiting', question);
  }
  if (waiting) supersede(planning, waiting);
  const response = made(planning, candidate, { state: 'planned', mode, reason: '' });
  const planned = ledger.put({ ...response, until: leaseEnd(response, now) });
  ledger.look(planned, now);
  ledger.note('planned', planned);
};

/** The step that acts on the address in the place of users, with the lesser of both modes. */
const insteadOf = (candidate: Candidate, { playbooks, responders }: ResponsePolicy): Candidate | undefined => {
  const { trigger, playbook, maintained } = candidate;
  const blocks = [...responders.values()].filter(({ kind }) => kind === 'block-address');
  const target = addressOf(trigger.cause);
  const lesser = (mode: ResponseMode): ResponseMode =>
    responseModes[Math.min(responseModes.indexOf(mode), responseModes.indexOf(candidate.mode))] ?? 'suggest';
  for (const each of [playbook, ...playbooks]) {
    for (const [index, step] of each.steps.entries()) {
      const responder = blocks.find(({ name }) => name === step.responder);
      if (responder)
        return { trigger, playbook: each, index, step, responder, target, mode: lesser(step.mode), maintained };
    }
  }
  const [responder] = blocks;
  if (!responder) return undefined;
  const step = {
    ...{ responder: responder.name, mode: candidate.mode, target: '', resource: undefined, args: {} },
    ladder: [sameAgain],
  };
  return { ...candidate, index: playbook.steps.length, step, responder, target };
};

const consider = (planning: Planning, candidate: Candidate): void => {
  const { ledger, facts } = planning;
  const { mode, trigger } = candidate;
  const refuse = (reason: ResponseReason, state: 'refused' | 'stopped' = 'refused'): void =>
    writeOnce(planning, candidate, { state, mode, reason });
  if (ledger.killSwitch.on && mode !== 'observe') return refuse('kill_switch', 'stopped');
  const protection = protectionOf(candidate.target, facts.policy.guardrails);
  if (protection) return refuse(protection);
  const own = ownAction(planning, candidate);
  if (own) return noteOwn(planning, own);
  const refusal = refusalOf(planning, candidate);
  if (refusal) return refuse(refusal);
  if (mode === 'observe') return writeOnce(planning, candidate, { state: 'observed', mode, reason: '' });
  const standing = ownOf(planning, candidate).filter((each) => isStanding(each));
  const acting = standing.find(({ state }) => state !== 'waiting');
  if (acting) return extend(planning, acting);
  // What is never taken back is done once for an incident.
  if (ownOf(planning, candidate).some(({ state, incident }) => state === 'done' && incident === trigger.incident.id))
    return;
  const { by } = weaponised(ledger, candidate, trigger.cause, facts.policy, facts.now);
  if (!by) return admit(planning, candidate, standing[0]);
  refuse('weaponised');
  // An address that an abused reporter names is no reason to act on it.
  const instead = by === 'address' ? insteadOf(candidate, facts.policy) : undefined;
  if (instead) consider(planning, instead);
};

const isOld = ({ facts: alert }: Trigger, { alsoOld }: Playbook, { policy, now }: RespondPlanFacts): boolean =>
  !alsoOld && now - alert.occurredAt > policy.guardrails.freshFor;

const considerAll = (planning: Planning, trigger: Trigger, { playbook, steps }: MatchedPlaybook): void => {
  const { ledger, facts } = planning;
  const window = maintainedBy(trigger.facts, facts.policy, facts.now);
  for (const { index, step, responder, aim } of steps) {
    if ('target' in aim) {
      const mode = modeIn(window, step);
      const maintained = mode !== step.mode;
      consider(planning, { trigger, playbook, index, step, responder, target: aim.target, mode, maintained });
    } else {
      const said = { playbook: playbook.name, step: index, responder: responder.name, key: aim.key, fault: aim.fault };
      ledger.log(entry('response.no_target', trigger.incident.id, facts.now, said));
    }
  }
};

/**
 * What is done, asked or refused because of a batch of alerts. Pure: the same triggers, facts, policy and time give the
 * same, but for the ids. Guardrails hold in their order: the kill switch, protected targets, old alerts, what we caused
 * ourselves, the grace that a person gave, the last of a group, responses as a weapon, the two persons of a range, budgets.
 */
export const respondPlan = (triggers: readonly Trigger[], before: ResponseFacts, facts: RespondPlanFacts): Planned => {
  const ledger = createLedger(before, facts);
  const planning = { ledger, facts };
  const old = new Map<string, number>();
  for (const trigger of triggers) {
    for (const matched of trigger.matched) {
      const { name } = matched.playbook;
      if (isOld(trigger, matched.playbook, facts)) old.set(name, (old.get(name) ?? 0) + 1);
      else considerAll(planning, trigger, matched);
    }
  }
  // An import may bring a million of them: they are counted.
  for (const [playbook, alerts] of old) {
    ledger.log(entry('response.refused', playbook, facts.now, { playbook, reason: 'too_old', alerts }));
  }
  return ledger.result();
};
