import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCleanup } from './cleanup.ts';
import { checker } from './cycles/checker.ts';
import { cut } from './cycles/cut.ts';
import { drain } from './cycles/drain.ts';
import { fsync } from './cycles/fsync.ts';
import { full } from './cycles/full.ts';
import { kill } from './cycles/kill.ts';
import { respond } from './cycles/respond.ts';
import { resume } from './cycles/resume.ts';
import { tell } from './cycles/tell.ts';
import { tellFull } from './cycles/tell-full.ts';
import { examine, factsOf, hasMountNamespaces } from './machine.ts';
import { readOptions, type TortureOptions } from './options.ts';
import { longPlan, shortPlan } from './plan.ts';
import { createProgress } from './progress.ts';
import { exitCodeOf, printReport, type TortureReport } from './report.ts';
import type { Recipe } from './recipe.ts';
import { runRecipes } from './run.ts';

const recipes: readonly Recipe[] = [kill, fsync, cut, full, resume, drain, tell, tellFull, respond];
const workspace = fileURLToPath(new URL('../..', import.meta.url));
const failed = 2;
const signals = ['SIGINT', 'SIGTERM'] as const;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

// In a mount namespace of its own a filesystem that is cut is not pinned by somebody else's copy of it, and all mounts
// are gone when the harness is, whatever ends it.
const inNamespace = (argv: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const again = [process.execPath, ...process.execArgv, ...argv.slice(1), '--in-namespace'];
    const child = spawn('unshare', ['--mount', '--propagation', 'private', ...again], { stdio: 'inherit' });
    for (const signal of signals) process.on(signal, () => child.kill(signal));
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? failed));
  });

const runAll = async (options: TortureOptions, directory: string): Promise<TortureReport> => {
  const progress = createProgress(process.stderr, () => performance.now());
  const cleanup = createCleanup((error) => progress.say(`could not clean up: ${String(error)}`));
  process.on('exit', cleanup.all);
  for (const signal of signals) process.on(signal, () => process.exit(failed));
  // Of a run that is interrupted nothing is worth keeping.
  const keep = cleanup.add(() => rmSync(directory, { recursive: true, force: true }));
  const plan = options.long ? longPlan : shortPlan;
  const startedAt = new Date().toISOString();
  const began = performance.now();
  progress.say(`torture: ${plan.form} form, seed ${options.seed}`);
  try {
    const reports = await runRecipes(
      // Nothing that it finds, or does not find, counts before the checker is proved.
      [checker, ...recipes.filter(({ name }) => options.only.includes(name))],
      {
        seed: options.seed,
        plan,
        machine: examine(options.inNamespace),
        cleanup,
        progress,
        directory,
        compileCache: join(workspace, 'tmp', 'torture', 'compile-cache'),
        cycle: options.cycle,
        within: (options.minutes ?? Infinity) * 60_000,
      },
    );
    const seconds = (performance.now() - began) / 1_000;
    return { seed: options.seed, form: plan.form, startedAt, machine: factsOf(), seconds, recipes: reports };
  } finally {
    keep();
  }
};

const torture = async (options: TortureOptions): Promise<number> => {
  const directory = join(workspace, 'tmp', 'torture', String(options.seed));
  const report = await runAll(options, directory);
  print(`\n${printReport(report)}`);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (report.recipes.some(({ status }) => status === 'failed')) {
    print(`What the failed recipes left is in ${directory}`);
  } else rmSync(directory, { recursive: true, force: true });
  return exitCodeOf(report.recipes, options.require);
};

const main = async (): Promise<number> => {
  const options = readOptions(
    recipes.map(({ name }) => name),
    process.argv,
  );
  if (!options.inNamespace && process.getuid?.() === 0 && hasMountNamespaces()) return inNamespace(process.argv);
  return torture(options);
};

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`torture: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(failed);
  },
);
