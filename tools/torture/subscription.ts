import type { Alert } from '@therapytrain/alerts-api';
import type { Violation } from './checker.ts';
import { type RecipeWrong, wrongly } from './recipe.ts';

/** A filter in the gateway's language, and the same in ours, to say what it must let pass. */
export interface Filter {
  readonly cel: string;
  readonly passes: (alert: Alert) => boolean;
}

/** Filters that let pass everything, much, little and nothing. */
export const filters: readonly Filter[] = [
  { cel: '', passes: () => true },
  { cel: 'severity >= HIGH', passes: ({ severity }) => severity >= 3 },
  { cel: 'type == "AUTH_FAILURE"', passes: ({ type }) => type === 'AUTH_FAILURE' },
  {
    cel: 'severity == CRITICAL && type != "SYSTEM_HEALTH"',
    passes: ({ severity, type }) => severity === 4 && type !== 'SYSTEM_HEALTH',
  },
  { cel: 'metadata.shard == 3.0', passes: ({ metadata }) => metadata?.['shard'] === 3 },
  { cel: 'metadata.userId == "nobody"', passes: () => false },
];

/** An alert, as a subscriber saw it. */
export interface Sighting {
  readonly sequence: number;
  readonly id: string;
}

/** What is wrong with what a subscriber saw, once doubles are dropped, against what the log holds for its filter. */
export const judgeSightings = (
  name: string,
  seen: readonly Sighting[],
  expected: readonly Sighting[],
): Violation<RecipeWrong>[] => {
  const violations: Violation<RecipeWrong>[] = [];
  const ids = new Map(expected.map(({ sequence, id }) => [sequence, id]));
  const sequences = new Set(seen.map(({ sequence }) => sequence));
  let last = 0;
  for (const { sequence, id } of seen) {
    if (sequence <= last) violations.push(wrongly('stream out of order', `${name} saw ${sequence} after ${last}`));
    if (ids.get(sequence) !== id) violations.push(wrongly('invented', `${name} saw ${sequence} (${id})`));
    last = Math.max(last, sequence);
  }
  for (const { sequence } of expected) {
    if (!sequences.has(sequence)) violations.push(wrongly('stream gap', `${name} did not see ${sequence}`));
  }
  return violations;
};
