import type { AlertFacts, ResponseMode } from '@therapytrain/alerts-core';
import { canonicalAddress, type Target, type TargetKind } from '@therapytrain/alerts-core/responder';
import type { Playbook, PlaybookStep, ResponderSettings, ResponsePolicy } from '../policy/playbook.ts';
import type { Policy } from '../policy/policy.ts';

/** Why a step has nothing to act on: each with what is said of the metadata key. */
export const targetFaults = {
  missing: 'is not there',
  not_text: 'is neither a text of 1 to 256 characters nor a whole number',
  not_address: 'is not an address or a range',
} as const;

/** A metadata key that a step needs, and what is wrong with its value. Never holds the value. */
export interface TargetFault {
  readonly key: string;
  readonly fault: keyof typeof targetFaults;
}

/** A step of a playbook that matches, and what it acts on, or why it has nothing to act on. */
export interface AimedStep {
  /** Place of the step in the playbook, from 0. */
  readonly index: number;
  readonly step: PlaybookStep;
  readonly responder: ResponderSettings;
  readonly aim: { readonly target: Target } | TargetFault;
}

/** A playbook that matches, with all of its steps, in its order. */
export interface MatchedPlaybook {
  readonly playbook: Playbook;
  readonly steps: readonly AimedStep[];
}

const longestTarget = 256;

const textAt = ({ metadata }: AlertFacts, key: string): string | TargetFault => {
  const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
  if (value === undefined || value === null) return { key, fault: 'missing' };
  // Some number their users. What is no longer exact names another one.
  if (Number.isSafeInteger(value)) return String(value);
  const isText = typeof value === 'string' && value.trim() !== '' && value.length <= longestTarget;
  return isText ? value : { key, fault: 'not_text' };
};

const targetOf = (facts: AlertFacts, { target: key, resource }: PlaybookStep, kind: TargetKind): AimedStep['aim'] => {
  const value = textAt(facts, key);
  if (typeof value !== 'string') return value;
  if (kind === 'address') {
    const address = canonicalAddress(value);
    return address === undefined ? { key, fault: 'not_address' } : { target: { kind, value: address, resource: '' } };
  }
  if (kind === 'user' || resource === undefined) return { target: { kind, value, resource: '' } };
  const what = textAt(facts, resource);
  return typeof what === 'string' ? { target: { kind, value, resource: what } } : what;
};

/**
 * How much of a step is done unasked in a maintenance window, if there is one: what is expected to come is no reason to
 * act, so what would be done is only suggested.
 */
export const modeIn = (window: Policy['maintenance'][number] | undefined, { mode }: PlaybookStep): ResponseMode =>
  window && mode === 'enforce' ? 'suggest' : mode;

const aimedSteps = (
  facts: AlertFacts,
  { steps }: Playbook,
  responders: ResponsePolicy['responders'],
): readonly AimedStep[] =>
  steps.flatMap((step, index) => {
    const responder = responders.get(step.responder);
    return responder ? [{ index, step, responder, aim: targetOf(facts, step, responder.target) }] : [];
  });

/**
 * The playbooks that match, with what each of their steps acts on. Pure: who plans, explains, simulates and tests all ask
 * this. It says nothing of guardrails: whether a target may be acted on now is for who plans to ask.
 */
export const playbooksOf = (
  facts: AlertFacts,
  { playbooks, responders }: Pick<ResponsePolicy, 'playbooks' | 'responders'>,
): readonly MatchedPlaybook[] =>
  playbooks
    .filter(({ when }) => when.matches(facts))
    .map((playbook) => ({ playbook, steps: aimedSteps(facts, playbook, responders) }));
