import type { Incident, Instant, ResponseMode } from '@therapytrain/alerts-core';
import type { Policy } from './policy/policy.ts';
import { maintainedBy } from './stages/mute.ts';
import { modeIn, playbooksOf } from './stages/playbooks.ts';
import { needsTwo } from './stages/response-guard.ts';

/** What a playbook would do, or ask for, about an incident. The target is not told. */
export interface SimulatedResponse {
  readonly playbook: string;
  readonly responder: string;
  readonly mode: ResponseMode;
}

// What needs two persons is never done unasked.
const asked = (mode: ResponseMode, isWide: boolean): ResponseMode => (isWide && mode === 'enforce' ? 'approve' : mode);

/**
 * What the playbooks would do about an incident, each step once, but for those with nothing to act on and for protected
 * targets. Budgets, approval and what was done before are not simulated, and nothing is done.
 */
export const responsesTo = (incident: Incident, policy: Policy, at: Instant): readonly SimulatedResponse[] => {
  // That something is over is nothing to act on.
  if (incident.state === 'RESOLVED') return [];
  const window = maintainedBy(incident.facts, policy, at);
  return playbooksOf(incident.facts, policy).flatMap(({ playbook, steps }) =>
    steps.flatMap(({ step, aim }) =>
      'target' in aim && policy.guardrails.protects(aim.target) === undefined
        ? [
            {
              playbook: playbook.name,
              responder: step.responder,
              mode: asked(modeIn(window, step), needsTwo(aim.target, policy.guardrails)),
            },
          ]
        : [],
    ),
  );
};
