import type { Millis } from '@therapytrain/alerts-core';

const second: Millis = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

const times = (count: number, wait: Millis): readonly Millis[] => Array.from({ length: count }, () => wait);

/**
 * Waits between attempts to take something back: 27 hours in all, for what applies must not stay because a peer rests. For
 * the first minutes none is long, so that little outlives a peer that was away for a moment.
 */
export const revertWaits: readonly Millis[] = [
  ...[second, 5 * second, 15 * second, 30 * second],
  ...[...times(6, minute), ...times(5, 2 * minute), ...times(6, 5 * minute), ...times(6, 15 * minute)],
  ...times(25, hour),
];

/** Attempts to take something back that are too many, whatever became of them: one may end the process each time. */
export const mostReverts = revertWaits.length + 1;
