import type { Instant } from '@therapytrain/alerts-core';
import type { Detection, DetectionStep } from '../policy/detection.ts';
import type { Entry } from './window-state.ts';

/** How far a condition is met. */
export interface Filled {
  /** Alerts, values, or alerts of each step. */
  readonly of: readonly number[];
  readonly needed: readonly number[];
}

/** Where in the list, which is in order, the first entry of this time or later is. */
export const placeOf = (entries: readonly Entry[], at: Instant): number => {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.at ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** The entries that may share a window with this time. */
const near = (entries: readonly Entry[], at: Instant, { within }: Detection): readonly Entry[] =>
  entries.slice(placeOf(entries, at - within), placeOf(entries, at + within + 1));

/** Calls with each window that begins at an entry and contains the time: `from` and `to` are places, both included. */
const eachWindow = (
  around: readonly Entry[],
  at: Instant,
  { within }: Detection,
  look: (from: number, to: number) => void,
): void => {
  let to = -1;
  for (const [from, first] of around.entries()) {
    if (first.at > at) return;
    while ((around[to + 1]?.at ?? Infinity) <= first.at + within) to++;
    look(from, to);
  }
};

const markCounts = () => {
  const counts = new Map<string, number>();
  return {
    add: ({ mark }: Entry): void => void counts.set(mark, (counts.get(mark) ?? 0) + 1),
    drop: ({ mark }: Entry): void => {
      const left = (counts.get(mark) ?? 0) - 1;
      if (left === 0) counts.delete(mark);
      else counts.set(mark, left);
    },
    size: (): number => counts.size,
  };
};

/** The most different marks in a window that contains the time, and where the last window with so many lies. */
const mostDistinct = (around: readonly Entry[], at: Instant, detection: Detection) => {
  const marks = markCounts();
  let best = { size: 0, from: 0, to: -1 };
  let [begun, ended] = [0, -1];
  eachWindow(around, at, detection, (from, to) => {
    for (; ended < to; ended++) if (around[ended + 1]) marks.add(around[ended + 1] as Entry);
    for (; begun < from; begun++) if (around[begun]) marks.drop(around[begun] as Entry);
    if (marks.size() >= best.size) best = { size: marks.size(), from, to };
  });
  return best;
};

const takes = ({ mark }: Entry, step: number): boolean => mark.includes(String(step));

/**
 * Goes through the entries in their order, forwards or backwards, and gives each to the step whose turn it is, as long as
 * that takes it. Of all ways to meet the steps this one ends first.
 */
const walk = (entries: Iterable<Entry>, steps: readonly (readonly [step: number, count: number])[]) => {
  const used: Entry[] = [];
  const filled = steps.map(() => 0);
  let turn = 0;
  for (const each of entries) {
    const current = steps[turn];
    if (!current) break;
    if (!takes(each, current[0])) continue;
    used.push(each);
    filled[turn] = (filled[turn] ?? 0) + 1;
    if (filled[turn] === current[1]) turn++;
  }
  return { used, filled, whole: turn === steps.length };
};

const backwards = function* (entries: readonly Entry[], from: number, notBefore: Instant): Generator<Entry> {
  for (let at = from; at >= 0; at--) {
    const each = entries[at];
    if (!each || each.at < notBefore) return;
    yield each;
  }
};

const sequenceHeld = (
  around: readonly Entry[],
  at: Instant,
  { within }: Detection,
  steps: readonly DetectionStep[],
): readonly Entry[] | undefined => {
  const reversed = steps.map(({ count }, step) => [step, count] as const).reverse();
  const last = steps.length - 1;
  for (let end = around.length - 1; end >= 0; end--) {
    const each = around[end];
    // One that ends before the alert does not contain it.
    if (!each || each.at < at) return undefined;
    if (!takes(each, last)) continue;
    const { used, whole } = walk(backwards(around, end, each.at - within), reversed);
    if (whole) return used.reverse();
  }
  return undefined;
};

/** The newest entry of each mark. */
const newestOfEach = (entries: readonly Entry[]): readonly Entry[] => [
  ...new Map(entries.map((each) => [each.mark, each])).values(),
];

/**
 * The entries that meet the condition in a window that contains this time, in their order, the newest that do; undefined
 * where there is no such window.
 */
export const heldAt = (detection: Detection, entries: readonly Entry[], at: Instant): readonly Entry[] | undefined => {
  const { condition } = detection;
  const around = near(entries, at, detection);
  switch (condition.kind) {
    case 'count': {
      let found: readonly Entry[] | undefined;
      eachWindow(around, at, detection, (from, to) => {
        if (to - from + 1 >= condition.atLeast) found = around.slice(from, to + 1);
      });
      return found;
    }
    case 'distinct_count': {
      const { size, from, to } = mostDistinct(around, at, detection);
      return size >= condition.atLeast ? newestOfEach(around.slice(from, to + 1)) : undefined;
    }
    case 'sequence':
      return sequenceHeld(around, at, detection, condition.steps);
  }
};

const furthest = (all: readonly (readonly number[])[], none: readonly number[]): readonly number[] =>
  all.reduce((best, each) => {
    const differs = each.findIndex((count, step) => count !== best[step]);
    return differs !== -1 && (each[differs] ?? 0) > (best[differs] ?? 0) ? each : best;
  }, none);

/** How far the condition is met in the window around this time that is filled furthest. */
export const filledAt = (detection: Detection, entries: readonly Entry[], at: Instant): Filled => {
  const { condition, within } = detection;
  const around = near(entries, at, detection);
  switch (condition.kind) {
    case 'count': {
      let most = 0;
      eachWindow(around, at, detection, (from, to) => void (most = Math.max(most, to - from + 1)));
      return { of: [most], needed: [condition.atLeast] };
    }
    case 'distinct_count':
      return { of: [mostDistinct(around, at, detection).size], needed: [condition.atLeast] };
    case 'sequence': {
      const needed = condition.steps.map(({ count }) => count);
      const starts = around.filter((each) => each.at <= at);
      const all = starts.map((start) => {
        const window = around.slice(around.indexOf(start), placeOf(around, start.at + within + 1));
        return walk(window, [...needed.entries()]).filled;
      });
      return {
        of: furthest(
          all,
          needed.map(() => 0),
        ),
        needed,
      };
    }
  }
};
