import { type Clock, type Response, standingStates, type Store } from '@therapytrain/alerts-core';
import type { ResponseFigures } from '@therapytrain/alerts-telemetry';

type AskedStore = Pick<Store, 'responses' | 'responseFacts' | 'decisionCounts' | 'enforcers' | 'newestDecisionChange'>;

const page = 1_000;
/** Budgets keep them far below; where they do not, what is newest is counted. */
const most = 50_000;

const allStanding = async (store: Pick<Store, 'responses'>): Promise<readonly Response[]> => {
  const all: Response[] = [];
  for (let more = true; more && all.length < most;) {
    const before = all.at(-1)?.id;
    const query = { states: standingStates, limit: page, ...(before !== undefined && { before }) };
    const found = await store.responses(query);
    all.push(...found);
    more = found.length === page;
  }
  return all;
};

/** What the metrics of responses are read from: the store alone, as it is when they are collected. */
export const responseFigures = (store: AskedStore, { now }: Pick<Clock, 'now'>): ResponseFigures => ({
  standing: () => allStanding(store),
  guards: () => {
    const at = now();
    return store.responseFacts({
      ...{ targets: [], origins: [], sources: [] },
      ...{ changedSince: at, madeSince: at, now: at },
    });
  },
  decisions: () => store.decisionCounts(now()),
  enforcers: async () => {
    const [all, newest] = await Promise.all([store.enforcers(), store.newestDecisionChange()]);
    return { all, newest };
  },
  now,
});
