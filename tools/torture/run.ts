import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Millis } from '@therapytrain/alerts-core';
import { chanceOf } from './chance.ts';
import type { Cleanup } from './cleanup.ts';
import type { Machine } from './machine.ts';
import type { Plan } from './plan.ts';
import type { Progress } from './progress.ts';
import type { Recipe, RecipeContext, RecipeReport } from './recipe.ts';
import { statusOf } from './report.ts';
import { createVictims } from './victim.ts';

/** What a run of recipes is made of. */
export interface RunOptions {
  readonly seed: number;
  readonly plan: Plan;
  readonly machine: Machine;
  readonly cleanup: Cleanup;
  readonly progress: Progress;
  /** Where this run may write. */
  readonly directory: string;
  readonly compileCache: string;
  /** The one cycle to run, if not all. */
  readonly cycle?: number | undefined;
  /** How long all recipes together may take. */
  readonly within: Millis;
}

const seconds = (since: Millis): number => (performance.now() - since) / 1_000;

function* numbers(count: number, only: number | undefined, until: Millis): Generator<number> {
  if (only !== undefined) return yield only;
  for (let cycle = 1; cycle <= count; cycle++) {
    if (cycle > 1 && performance.now() > until) return;
    yield cycle;
  }
}

const notRun = (recipe: string, why: string): RecipeReport => ({
  recipe,
  status: 'not run',
  why,
  counts: {},
  violations: [],
  controls: [],
  seconds: 0,
});

const runOne = async (recipe: Recipe, context: RecipeContext): Promise<RecipeReport> => {
  const began = performance.now();
  rmSync(context.scratch, { recursive: true, force: true });
  mkdirSync(context.scratch, { recursive: true });
  const result = await recipe.run(context);
  const status = statusOf(result);
  if (status === 'passed') rmSync(context.scratch, { recursive: true, force: true });
  return { recipe: recipe.name, status, ...result, seconds: seconds(began) };
};

/** The first one's share of the time that all of them have. */
const shareOf = (recipes: readonly Recipe[]): number =>
  (recipes[0]?.weight ?? 0) / recipes.reduce((sum, { weight }) => sum + weight, 0);

/** How many recipes run beside each other, where none of them judges times: most of their time they wait. */
const lanes = 2;

/** Runs a recipe, if this machine can, with its share of the time that it and those after it have. */
const runInTime = async (
  recipe: Recipe,
  after: readonly Recipe[],
  options: RunOptions,
  end: Millis,
): Promise<RecipeReport> => {
  const { seed, plan, machine, cleanup, progress } = options;
  const obstacle = recipe.obstacle(machine);
  if (obstacle !== undefined) {
    progress.say(`${recipe.name}: not run: ${obstacle}`);
    return notRun(recipe.name, obstacle);
  }
  const now = performance.now();
  const until = now + (end - now) * shareOf([recipe, ...after]);
  const report = await runOne(recipe, {
    ...{ seed, plan, machine, cleanup },
    scratch: join(options.directory, recipe.name),
    start: createVictims(cleanup, options.compileCache),
    progress: (text) => progress.update(`${recipe.name}: ${text}`),
    cycles: (count) => numbers(count, options.cycle, until),
    chance: (...place) => chanceOf(seed, ...place),
  });
  progress.say(`${recipe.name}: ${report.status} in ${report.seconds.toFixed(0)} s`);
  return report;
};

/**
 * Runs the first recipe, then those that judge no times, some beside each other, then the rest one after the other. Gives
 * what they came to in their own order.
 */
export const runRecipes = async (recipes: readonly Recipe[], options: RunOptions): Promise<RecipeReport[]> => {
  const end = performance.now() + options.within;
  const reports = new Map<Recipe, RecipeReport>();
  const [first, rest] = [recipes.slice(0, 1), recipes.slice(1)];
  const untimed = rest.filter(({ isTimed }) => !isTimed);
  const timed = rest.filter(({ isTimed }) => isTimed);
  const runAll = async (queue: Recipe[], after: readonly Recipe[]): Promise<void> => {
    for (let recipe = queue.shift(); recipe; recipe = queue.shift()) {
      reports.set(recipe, await runInTime(recipe, [...queue, ...after], options, end));
    }
  };
  await runAll(first, rest);
  await Promise.all(Array.from({ length: lanes }, () => runAll(untimed, timed)));
  await runAll(timed, []);
  return recipes.flatMap((recipe) => reports.get(recipe) ?? []);
};
