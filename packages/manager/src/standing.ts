import { compileExpression, type Expression, type Instant, type Silence, type Store } from '@therapytrain/alerts-core';
import type { Policy } from './policy/policy.ts';
import type { Standing, StandingSilence } from './stages/mute.ts';

/** The most incidents that inhibitions look at: the newest ones that are open. */
const mostInhibitors = 1_000;

/** Reads what may hold notices back. Expressions are compiled once for each text. */
export const createStanding = (store: Pick<Store, 'silences' | 'incidents'>) => {
  const compiled = new Map<string, Expression>();
  const expressionOf = (source: string): Expression => {
    const known = compiled.get(source);
    if (known) return known;
    const made = compileExpression(source);
    compiled.set(source, made);
    return made;
  };
  const standing = (silence: Silence): StandingSilence => ({ silence, when: expressionOf(silence.when) });
  return async (policy: Policy, now: Instant): Promise<Standing> => {
    const silences = (await store.silences(now)).map(standing);
    if (compiled.size > silences.length + 1_000) compiled.clear();
    const open =
      policy.inhibitions.length === 0
        ? []
        : await store.incidents({ states: ['OPEN', 'ACKNOWLEDGED'], limit: mostInhibitors });
    return { silences, open };
  };
};
