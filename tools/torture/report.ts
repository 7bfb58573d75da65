import Table from 'cli-table3';
import type { MachineFacts } from './machine.ts';
import type { Control, Found, RecipeReport } from './recipe.ts';

/** A whole run. */
export interface TortureReport {
  readonly seed: number;
  readonly form: 'short' | 'long';
  readonly startedAt: string;
  readonly machine: MachineFacts;
  readonly seconds: number;
  readonly recipes: readonly RecipeReport[];
}

const shownViolations = 20;
const number = new Intl.NumberFormat('en-US');

/** A table for a terminal. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const made = new Table({ head: [...head], wordWrap: true, style: { head: [], border: [], compact: true } });
  for (const row of rows) made.push([...row]);
  return made.toString();
};

const countsOf = ({ counts }: RecipeReport): string =>
  Object.entries(counts)
    .map(([name, count]) => `${number.format(count)} ${name}`)
    .join('\n');

const recipeRow = (report: RecipeReport): string[] => [
  report.recipe,
  report.status === 'not run' ? `not run: ${report.why ?? ''}` : countsOf(report),
  report.status === 'not run' ? '-' : number.format(report.violations.length),
  `${report.controls.filter(({ good }) => good).length} of ${report.controls.length}`,
  `${report.seconds.toFixed(0)} s`,
  report.status,
];

const controlRow = (recipe: string, { name, must, saw, good }: Control): string[] => [
  recipe,
  name,
  must,
  saw,
  good ? 'yes' : 'NO',
];

const replay = (recipe: string, { cycle }: Found, report: TortureReport): string =>
  `npm run torture -- --${report.form} --only ${recipe} --seed ${report.seed} --cycle ${cycle}`;

const violationLines = (report: TortureReport): string[] =>
  report.recipes.flatMap(({ recipe, violations }) => {
    const shown = violations.slice(0, shownViolations);
    const more = violations.length - shown.length;
    const first = violations[0];
    return [
      ...shown.map(({ cycle, wrong, what }) => `  ${recipe}, cycle ${cycle}: ${wrong}: ${what}`),
      ...(more > 0 ? [`  ${recipe}: and ${more} more`] : []),
      ...(first ? [`  again: ${replay(recipe, first, report)}`] : []),
    ];
  });

/** The report for people. */
export const printReport = (report: TortureReport): string => {
  const { node, sqlite, kernel, cores, load } = report.machine;
  const controls = report.recipes.flatMap(({ recipe, controls: all }) => all.map((each) => controlRow(recipe, each)));
  const wrong = violationLines(report);
  return [
    table(['recipe', 'N', 'violations', 'controls', 'time', ''], report.recipes.map(recipeRow)),
    ...(controls.length > 0 ? ['', table(['recipe', 'control', 'must show', 'showed', 'as it must'], controls)] : []),
    ...(wrong.length > 0 ? ['', 'Violations:', ...wrong] : []),
    '',
    `seed ${report.seed}, ${report.form} form, ${report.seconds.toFixed(0)} s; Node ${node}, SQLite ${sqlite}, ` +
      `Linux ${kernel}, ${cores} cores, load ${load}`,
  ].join('\n');
};

/** What the process ends with: 0 only if all that ran passed, and all ran where that is required. */
export const exitCodeOf = (recipes: readonly RecipeReport[], required: boolean): 0 | 1 =>
  recipes.some(({ status }) => status === 'failed' || (required && status === 'not run')) ? 1 : 0;

/** A recipe fails by what it found, and by a control that went undetected. */
export const statusOf = ({ violations, controls }: Pick<RecipeReport, 'violations' | 'controls'>) =>
  violations.length === 0 && controls.every(({ good }) => good) ? 'passed' : 'failed';
