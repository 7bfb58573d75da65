import type { Chance } from './chance.ts';
import type { Violation, Wrong } from './checker.ts';
import type { Cleanup } from './cleanup.ts';
import type { Machine } from './machine.ts';
import type { Plan } from './plan.ts';
import type { Exit, Victim, VictimOptions } from './victim.ts';

/** What only recipes can find, beside what is wrong with a log. */
export type RecipeWrong =
  | Wrong
  /** The gateway did not come up on what it left behind. Not the same as a loss: nothing can be said about that. */
  | 'restart failed'
  /** It did not end as it should, or not in time, or without saying why. */
  | 'ended wrongly'
  /** It acknowledged what was sent after the disk had failed. */
  | 'acked after the failure'
  /** A refusal does not say when to come back, or is of the wrong kind. */
  | 'refused badly'
  /** A read failed while it should have gone on. */
  | 'read failed'
  /** Reports were not accepted again although there was space. */
  | 'did not recover'
  /** A subscriber did not get what the log holds. */
  | 'stream gap'
  | 'stream out of order'
  /** A stream ended without telling the subscriber where to go on. */
  | 'no farewell'
  /** Pairs of alerts and channels do not add up. */
  | 'accounts wrong'
  /** A delivery is written down as done, and its peer never took it. */
  | 'told nobody'
  /** A peer took a delivery that is written down nowhere. */
  | 'told of nothing'
  /** A channel whose peer is well was not done in time. */
  | 'told late'
  /** A response had its effect twice under one key. */
  | 'done twice'
  /** A target was asked for what is written down nowhere. */
  | 'done of nothing'
  /** A response is written down as done, and its target never did it. */
  | 'done nowhere'
  /** What a response did was not taken back, though nothing follows any more. */
  | 'effect stayed'
  /** It was taken back, and not in time. */
  | 'taken back late'
  /** What is protected was acted on, or more than a budget allows. */
  | 'guardrail broken'
  /** The fault that was to be put in was not seen: whatever held, held without it. */
  | 'no fault';

/** Something that a recipe found, and in which of its cycles. */
export interface Found extends Violation<RecipeWrong> {
  readonly cycle: number;
}

/** Something that must be found, since it was put there; where it is not, the detector cannot detect. */
export interface Control {
  readonly name: string;
  /** What the detector must say. */
  readonly must: string;
  /** What it said. */
  readonly saw: string;
  readonly good: boolean;
}

/** What a recipe came to. */
export interface RecipeReport {
  readonly recipe: string;
  readonly status: 'passed' | 'failed' | 'not run';
  /** Why it was not run. */
  readonly why?: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly Found[];
  readonly controls: readonly Control[];
  readonly seconds: number;
}

/** What a recipe works with. */
export interface RecipeContext {
  readonly seed: number;
  readonly plan: Plan;
  readonly machine: Machine;
  readonly cleanup: Cleanup;
  /** A directory of its own, outside of every filesystem that is made to fail. Kept if the recipe fails. */
  readonly scratch: string;
  readonly start: (options: VictimOptions) => Victim;
  readonly progress: (text: string) => void;
  /** The numbers of the cycles to run, until their count or the time is up. */
  readonly cycles: (count: number) => Iterable<number>;
  readonly chance: (...place: readonly (string | number)[]) => Chance;
}

/** What a recipe gives back; {@link RecipeReport} without what is common to all. */
export type Result = Pick<RecipeReport, 'counts' | 'violations' | 'controls'>;

/** One kind of harm, done many times. */
export interface Recipe {
  readonly name: string;
  /** How much of the time it gets, beside the others, where the time is bounded. */
  readonly weight: number;
  /** True where it judges how soon something is done: nothing else runs beside it then. */
  readonly isTimed?: true;
  /** What stands in the way of it on this machine; undefined if nothing does. */
  readonly obstacle: (machine: Machine) => string | undefined;
  readonly run: (context: RecipeContext) => Promise<Result>;
}

/** Counts under names, for the table. */
export interface Tally {
  add(name: string, count?: number): void;
  /** Keeps the greatest. */
  most(name: string, value: number): void;
  readonly counts: Readonly<Record<string, number>>;
}

/** A tally with its names in the order of the table, all 0. */
export const createTally = (...names: readonly string[]): Tally => {
  const counts: Record<string, number> = Object.fromEntries(names.map((name) => [name, 0]));
  return {
    counts,
    add: (name, count = 1) => {
      counts[name] = (counts[name] ?? 0) + count;
    },
    most: (name, value) => {
      counts[name] = Math.max(counts[name] ?? 0, value);
    },
  };
};

/** The same violations, with the cycle they were found in. */
export const inCycle = (cycle: number, violations: readonly Violation<RecipeWrong>[]): Found[] =>
  violations.map((each) => ({ ...each, cycle }));

/** What something showed that is not about one report. */
export const wrongly = (wrong: RecipeWrong, what: string): Violation<RecipeWrong> => ({ wrong, number: -1, what });

/** A gateway that ended although nobody harmed it. */
export const endedByItself = ({ code, signal, stderr }: Exit): Violation<RecipeWrong> =>
  wrongly('ended wrongly', `it ended by itself (${code ?? signal}): ${stderr.trim().slice(-500)}`);

/** The control that a detector, given something that is wrong in one way, says so. */
export const controlOf = (
  name: string,
  one: RecipeWrong | readonly RecipeWrong[],
  violations: readonly Violation[],
): Control => {
  const any: readonly string[] = [one].flat();
  const must = any.join(' or ');
  const shown = violations.filter(({ wrong }) => any.includes(wrong));
  return { name, must, saw: summaryOf(shown.length > 0 ? shown : violations), good: shown.length > 0 };
};

/** How often each thing is wrong, in a few words. */
export const summaryOf = (violations: readonly Violation[]): string => {
  const counts = new Map<string, number>();
  for (const { wrong } of violations) counts.set(wrong, (counts.get(wrong) ?? 0) + 1);
  return [...counts].map(([wrong, count]) => `${wrong} (${count})`).join(', ') || 'nothing';
};
