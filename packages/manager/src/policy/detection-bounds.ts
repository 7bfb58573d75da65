import type { Millis } from '@therapytrain/alerts-core';
import type { DetectionSettings } from './detection-schema.ts';

/** The metadata keys that an alert of a detection has of its own. */
export const ownKeys: readonly string[] = ['detection', 'count', 'alerts'];

/** The longest list of alerts that is remembered of one group: some 1.5 MB. */
export const longestList = 20_000;

const defaultCoolDown: Millis = 15 * 60_000;

/** How long a detection rests: what is said, or the default for a window of this span. */
export const coolDownOf = (coolDown: Millis | undefined, within: Millis): Millis =>
  coolDown ?? Math.max(defaultCoolDown, within);

type Condition = Pick<DetectionSettings, 'count' | 'distinct_count' | 'sequence'>;

/**
 * How many alerts of one kind are kept at either end of a window. One of each value for a distinct count: more change
 * nothing. Of the steps of a sequence more than they need, because one that comes late may look at a part of the window.
 */
export const keptAtEnds = ({ sequence = [] }: Condition, steps: readonly number[]): number =>
  sequence.length === 0 ? 1 : Math.max(16, 8 * steps.reduce((sum, step) => sum + (sequence[step]?.count ?? 0), 0));

const perWindow = (condition: Condition): number => {
  const { count, distinct_count: distinct, sequence = [] } = condition;
  if (count !== undefined) return count - 1;
  if (distinct) return 2 * (distinct.at_least - 1);
  return sequence.reduce((sum, _, step) => sum + 2 * keptAtEnds(condition, [step]), 0);
};

/**
 * The most alerts that are remembered of one group: twice those that may lie within `within` and `late_within` without
 * the condition being met, so that there is room beside them for others whose clocks are wrong.
 */
export const mostEntriesOf = (settings: Condition & Pick<DetectionSettings, 'within' | 'late_within'>): number =>
  2 * perWindow(settings) * (Math.ceil((settings.within + settings.late_within) / settings.within) + 1);
