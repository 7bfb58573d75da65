import type { Incident, NewJob, Response } from '@therapytrain/alerts-core';
import type { GroupPlan } from './plan.ts';
import { deliveryJob, type RouteFacts } from './route.ts';

/** True for a response that people are asked about: not one that is only suggested. */
export const isAsked = ({ state, mode }: Pick<Response, 'state' | 'mode'>): boolean =>
  state === 'waiting' && mode === 'approve';

/** The most questions that one notice of an incident tells. */
export const mostQuestions = 5;

/** What a notice says of a question: what would change, and how to name it. It holds no target. */
export const questionText = ({ summary, playbook, responder, id }: Response): string =>
  `Approval is asked (${playbook}): ${summary === '' ? responder : summary} [${id}]`;

const newsOf = (incident: Incident, facts: RouteFacts): readonly NewJob[] =>
  incident.told.map((channel) => deliveryJob(incident, { channel, event: 'updated', due: facts.now, pairs: 0 }, facts));

/** True where people were asked, and are not any more. */
export const isAnswered = (before: Response, after: Response): boolean => isAsked(before) && !isAsked(after);

/**
 * Whoever was told of the incident is told at once that a question is answered, or over: nobody should decide in vain. It
 * makes no pairs. Of one that is resolved nothing more is told: to some peers that would open it again. Pure.
 */
export const answered = (incident: Incident | undefined, facts: RouteFacts): readonly NewJob[] =>
  !incident || incident.state === 'RESOLVED' ? [] : newsOf(incident, facts);

/** Whoever was told of the incident is told at once that something is asked. It makes no pairs. Pure. */
export const asking = (
  responses: readonly Response[],
  plans: readonly GroupPlan[],
  facts: RouteFacts,
): readonly NewJob[] => {
  const asked = new Set(
    responses.filter((each) => isAsked(each) && each.version === 1).map(({ incident }) => incident),
  );
  return plans.filter(({ incident }) => asked.has(incident.id)).flatMap(({ incident }) => newsOf(incident, facts));
};
