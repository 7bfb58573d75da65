import { AlertError, type Changes } from '@therapytrain/alerts-core';
import type { Plan } from './stages/route.ts';

/** How often a commit is made anew when somebody else has changed an incident in between. */
const mostConflicts = 10;

/** Makes a change anew for as long as it meets another. */
export const withoutConflict = async <T>(change: () => Promise<T>): Promise<T> => {
  for (let tried = 1; ; tried++) {
    try {
      return await change();
    } catch (error) {
      if (!(error instanceof AlertError) || error.code !== 'CONFLICT' || tried === mostConflicts) throw error;
    }
  }
};

/** Everything of several plans, for one commit. */
export const changesOf = (plans: readonly Plan[]): Changes => ({
  incidents: plans.map(({ incident }) => incident),
  jobs: plans.flatMap(({ jobs }) => jobs),
  cancel: plans.flatMap(({ cancel }) => cancel),
  counts: plans.flatMap(({ counts }) => counts),
  hidden: plans.flatMap(({ hidden = [] }) => hidden),
  audit: plans.flatMap(({ audit }) => audit),
});
