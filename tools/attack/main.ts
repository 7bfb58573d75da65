import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProcesses } from '../bench/processes.ts';
import { root } from '../bench/workspace.ts';
import { createCleanup } from '../torture/cleanup.ts';
import { factsOf } from '../torture/machine.ts';
import type { Attack, Outcome } from './attack.ts';
import { judgeCanaries, searchForCanaries } from './canaries/canaries.ts';
import { attacks } from './attacks.ts';
import { judge } from './judge.ts';
import { type AttackOptions, readOptions } from './options.ts';
import { type AttackReport, type AttackResult, exitCodeOf, printReport } from './report.ts';
import { attackBare, attackGateway, type RunOptions } from './run.ts';
import { makeSecured } from './secured.ts';

const failed = 2;
const canaries = 'canaries';

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const telling =
  (form: RunOptions['form']) =>
  (attack: Attack, outcome: Outcome): void => {
    const wrong = judge(attack, outcome, form);
    say(`${attack.name}: ${wrong.length === 0 ? 'ok' : wrong.join('; ')} (${outcome.seconds.toFixed(1)} s)`);
  };

/** The attack with as many mutations as were asked for, and the time for them. */
const sized = (attack: Attack, { mutations }: AttackOptions): Attack => {
  if (attack.name !== 'malformed' || mutations === undefined) return attack;
  const { within } = attack;
  return {
    ...attack,
    amount: { short: mutations, long: mutations },
    within: { short: within.long, long: within.long },
  };
};

const attackGroup = async (
  options: AttackOptions,
  run: RunOptions,
  chosen: readonly Attack[],
  secured?: string,
): Promise<Pick<AttackReport, 'results' | 'calm' | 'acked' | 'lost' | 'ended'>> => {
  if (chosen.length === 0) return { results: [], acked: 0, lost: 0, ended: [] };
  const { outcomes, ...rest } = await attackGateway(run, chosen, telling(run.form), secured);
  const results: AttackResult[] = [];
  for (const [at, gateway] of outcomes.entries()) {
    const attack = chosen[at] as Attack;
    const wanted = options.controls && (options.long || attack.control === 'short');
    // What the bare server shows it shows at once; ten million mutations would say nothing more of it.
    const control = wanted ? await attackBare({ ...run, form: 'short' }, attack, secured) : undefined;
    if (control) say(`${attack.name}: the control is done`);
    results.push({ attack, gateway, control });
  }
  return { results, ...rest };
};

const attackAll = async (options: AttackOptions, run: RunOptions) => {
  const chosen = attacks.filter(({ name }) => options.only.includes(name)).map((each) => sized(each, options));
  const [plain, securedOnes] = [chosen.filter(({ secured }) => !secured), chosen.filter(({ secured }) => secured)];
  const first = await attackGroup(options, run, plain);
  if (securedOnes.length === 0) return first;
  const directory = join(run.directory, 'secured');
  mkdirSync(directory);
  await makeSecured(directory);
  const second = await attackGroup(options, run, securedOnes, directory);
  return {
    results: [...first.results, ...second.results],
    calm: first.calm ?? second.calm,
    acked: first.acked + second.acked,
    lost: first.lost + second.lost,
    ended: [...first.ended, ...second.ended],
  };
};

const runAll = async (options: AttackOptions, run: RunOptions): Promise<AttackReport> => {
  const startedAt = new Date().toISOString();
  const from = performance.now();
  const searched = options.only.includes(canaries) ? await searchForCanaries(run) : undefined;
  if (searched) say(`${canaries}: ${judgeCanaries(searched).join('; ') || 'ok'}`);
  const attacked = await attackAll(options, run);
  const seconds = (performance.now() - from) / 1_000;
  const { form, seed } = run;
  return { form, seed, startedAt, machine: factsOf(), seconds, canaries: searched, ...attacked };
};

const main = async (): Promise<number> => {
  const options = readOptions([...attacks.map(({ name }) => name), canaries], process.argv);
  const directory = join(root, 'tmp', 'attack', String(options.seed));
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const processes = createProcesses();
  const cleanup = createCleanup((error) => say(`could not clean up: ${String(error)}`));
  process.on('exit', () => {
    processes.killAll();
    cleanup.all();
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(failed));
  say(`attack: ${options.long ? 'long' : 'short'} form, seed ${options.seed}`);
  const report = await runAll(options, {
    form: options.long ? 'long' : 'short',
    seed: options.seed,
    longest: (options.minutes ?? Infinity) * 60,
    processes,
    cleanup,
    directory,
    compileCache: join(root, 'tmp', 'attack', 'compile-cache'),
    say,
  });
  print(`\n${printReport(report)}`);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
  const code = exitCodeOf(report);
  if (code === 0) rmSync(directory, { recursive: true, force: true });
  else print(`What it left is in ${directory}`);
  return code;
};

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`attack: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(failed);
  },
);
