import type { NewJob, Response } from '@therapytrain/alerts-core';
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

/** Whoever was told of the incident is told at once that something is asked. It makes no pairs. Pure. */
export const asking = (
  responses: readonly Response[],
  plans: readonly GroupPlan[],
  facts: RouteFacts,
): readonly NewJob[] => {
  const asked = new Set(
    responses.filter((each) => isAsked(each) && each.version === 1).map(({ incident }) => incident),
  );
  return plans
    .filter(({ incident }) => asked.has(incident.id))
    .flatMap(({ incident }) =>
      incident.told.map((channel) =>
        deliveryJob(incident, { channel, event: 'updated', due: facts.now, pairs: 0 }, facts),
      ),
    );
};
