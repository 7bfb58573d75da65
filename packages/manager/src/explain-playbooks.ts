import {
  type ExplanationStep,
  firstUnmet,
  type Incident,
  type Instant,
  severities,
  severityName,
} from '@therapytrain/alerts-core';
import { protectionRules } from '@therapytrain/alerts-core/responder';
import { spanText } from './policy/difference-parts.ts';
import type { Guardrails, Playbook, PlaybookStep } from './policy/playbook.ts';
import type { Policy } from './policy/policy.ts';
import { needsTwo, wideApprovers } from './stages/response-guard.ts';
import { maintainedBy } from './stages/mute.ts';
import { type AimedStep, modeIn, playbooksOf, targetFaults } from './stages/playbooks.ts';

const acted = {
  address: ({ target }: PlaybookStep) => `the address in ${target}`,
  user: ({ target }: PlaybookStep) => `the user in ${target}`,
  access: ({ target, resource }: PlaybookStep) => `what the user in ${target} may do with ${resource ?? 'it'}`,
} as const;

const personsText = ({ approvers, approveWithin }: Playbook): string =>
  `${approvers === 1 ? 'a person approves' : `${approvers} persons approve`} it within ${spanText(approveWithin)}`;

const modeText = (mode: PlaybookStep['mode'], playbook: Playbook): string => {
  switch (mode) {
    case 'observe':
      return 'it is only written down';
    case 'suggest':
      return `it is suggested, and done if ${personsText(playbook)}`;
    case 'approve':
      return `people are asked, and it is done if ${personsText(playbook)}`;
    case 'enforce':
      return 'it is done unasked';
  }
};

const wideText = (mode: PlaybookStep['mode'], playbook: Playbook): string =>
  modeText(mode === 'enforce' ? 'approve' : mode, {
    ...playbook,
    approvers: Math.max(wideApprovers, playbook.approvers),
  }) + (mode === 'observe' ? '' : ', as it is a range of addresses');

const lastingText = (ladder: PlaybookStep['ladder']): string => {
  const spans = ladder.map((each) => spanText(each));
  return spans.length === 0 ? 'for good' : `for ${spans.join(', then ')}`;
};

const groupText = (user: string, { keepers }: Guardrails): string =>
  keepers(user)
    .map(({ group, keep }) => `; of the group ${group} ${keep} must be left`)
    .join('');

/** What explains playbooks. */
interface Explaining {
  readonly policy: Pick<Policy, 'guardrails'>;
  /** The maintenance window that covers the alert now. */
  readonly window: Policy['maintenance'][number] | undefined;
}

// No value of the alert is shown: who may see it reads the alert.
const stepOf = (
  { step, responder, aim }: AimedStep,
  playbook: Playbook,
  { policy: { guardrails }, window }: Explaining,
): ExplanationStep => {
  const of = { name: `responder ${responder.name}`, steps: [] };
  if (!('target' in aim)) {
    return { ...of, verdict: 'no', detail: `has nothing to act on: ${aim.key} ${targetFaults[aim.fault]}` };
  }
  const rule = guardrails.protects(aim.target);
  const what = acted[responder.target](step);
  if (rule !== undefined)
    return { ...of, verdict: 'no', detail: `leaves alone ${what}: ${rule}. ${protectionRules[rule]}` };
  const groups = aim.target.kind === 'address' ? '' : groupText(aim.target.value, guardrails);
  const mode = modeIn(window, step);
  const how = needsTwo(aim.target, guardrails) ? wideText(mode, playbook) : modeText(mode, playbook);
  const held = mode === step.mode ? '' : `, in the maintenance window ${window?.name ?? ''}`;
  const detail = `acts on ${what}, kind ${responder.kind}, ${lastingText(step.ladder)}: ${how}${held}${groups}`;
  return { ...of, verdict: 'yes', detail };
};

const playbookStep = (
  playbook: Playbook,
  steps: readonly AimedStep[] | undefined,
  facts: Incident['facts'],
  explaining: Explaining,
) => {
  const name = `playbook ${playbook.name}`;
  if (!steps) {
    const unmet = firstUnmet(playbook.when, facts) ?? playbook.when.source;
    return { name, verdict: 'no', detail: `not met: ${unmet}`, steps: [] } as const;
  }
  const inner = steps.map((each) => stepOf(each, playbook, explaining));
  return { name, verdict: 'yes', detail: `matches: ${playbook.when.source}`, steps: inner } as const;
};

/** The nearest severity at which more playbooks would match than now. */
const nearestMiss = ({ severity: own, facts }: Incident, policy: Policy): readonly ExplanationStep[] => {
  const namesAt = (severity: number): readonly string[] =>
    playbooksOf({ ...facts, severity }, policy).map(({ playbook }) => playbook.name);
  const now = namesAt(facts.severity);
  for (const severity of severities.filter((each) => each > own)) {
    const more = namesAt(severity).filter((each) => !now.includes(each));
    if (more.length === 0) continue;
    const detail = `${more.join(', ')} would also have matched if severity were ${severityName(severity)}`;
    return [{ name: 'nearest playbook', verdict: 'info', detail, steps: [] }];
  }
  return [];
};

/**
 * What the playbooks make of an incident: each with the first condition that is not met, or with what its steps would act
 * on and how much of it unasked. It says which metadata key is acted on, never its value.
 */
export const explainPlaybooks = (incident: Incident, policy: Policy, now: Instant): readonly ExplanationStep[] => {
  const explaining = { policy, window: maintainedBy(incident.facts, policy, now) };
  const matched = new Map(playbooksOf(incident.facts, policy).map(({ playbook, steps }) => [playbook, steps]));
  return [
    ...policy.playbooks.map((each) => playbookStep(each, matched.get(each), incident.facts, explaining)),
    ...nearestMiss(incident, policy),
  ];
};
