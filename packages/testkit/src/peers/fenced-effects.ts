import type { Instant } from '@therapytrain/alerts-core';
import type { ResponderEffect } from '../responder-checks/subject.ts';

/** What is asked about one response. */
export interface AskedEffect {
  readonly id: string;
  readonly fence: number;
  /** What to bring in force; undefined to take it back. */
  readonly effect: { readonly target: string; readonly until: Instant | undefined } | undefined;
}

/** What was done to a world, by an account of its own. */
export interface FencedEffects {
  /** Does it; false, and nothing is changed, where a higher fence of the same id was seen. */
  take(asked: AskedEffect): boolean;
  effects(): readonly ResponderEffect[];
  /** How often an effect began, changed or was taken back. */
  changes(): number;
}

/** Keeps effects by the id of their response, as a peer that does what is asked of it. Written for the tests, for all to see. */
export const createFencedEffects = (): FencedEffects => {
  const fences = new Map<string, number>();
  const effects = new Map<string, ResponderEffect>();
  let changes = 0;
  return {
    take: ({ id, fence, effect }) => {
      if ((fences.get(id) ?? 0) > fence) return false;
      fences.set(id, fence);
      const before = effects.get(id);
      if (before?.target === effect?.target && before?.until === effect?.until) return true;
      changes++;
      if (effect) effects.set(id, { id, ...effect });
      else effects.delete(id);
      return true;
    },
    effects: () => [...effects.values()],
    changes: () => changes,
  };
};
