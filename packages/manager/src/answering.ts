import type { NewJob, Response, Store } from '@therapytrain/alerts-core';
import { answered, isAnswered } from './stages/respond-ask.ts';
import type { RouteFacts } from './stages/route.ts';

/**
 * What is told because of questions that changes answer or end, for the same commit: of each incident once, whatever ended
 * them (a person, their time, a guardrail, another playbook).
 */
export const answering = async (
  store: Pick<Store, 'incident'>,
  before: readonly Response[],
  after: readonly Response[],
  facts: RouteFacts,
): Promise<readonly NewJob[]> => {
  const asked = new Map(before.map((each) => [each.id, each]));
  const over = after.filter((each) => {
    const was = asked.get(each.id);
    return was !== undefined && isAnswered(was, each);
  });
  const incidents = await Promise.all([...new Set(over.map(({ incident }) => incident))].map(store.incident));
  return incidents.flatMap((incident) => answered(incident, facts));
};
