import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProcesses } from '../bench/processes.ts';
import { root } from '../bench/workspace.ts';
import { createCleanup } from '../torture/cleanup.ts';
import { factsOf } from '../torture/machine.ts';
import type { Attack, Outcome } from './attack.ts';
import type { GoodWindow } from './good-client.ts';
import { attacks } from './attacks.ts';
import { judge } from './judge.ts';
import { type AttackOptions, readOptions } from './options.ts';
import { type AttackReport, type AttackResult, exitCodeOf, printReport } from './report.ts';
import { attackBare, attackGateway, type RunOptions } from './run.ts';

const failed = 2;

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const told = (attack: Attack, outcome: Outcome, calm: GoodWindow): void => {
  const wrong = judge(attack, outcome, calm);
  say(`${attack.name}: ${wrong.length === 0 ? 'ok' : wrong.join('; ')} (${outcome.seconds.toFixed(1)} s)`);
};

const runAll = async (options: AttackOptions, run: RunOptions): Promise<AttackReport> => {
  const startedAt = new Date().toISOString();
  const from = performance.now();
  const chosen = attacks.filter(({ name }) => options.only.includes(name));
  const { outcomes, ...rest } = await attackGateway(run, chosen, told);
  const results: AttackResult[] = [];
  for (const [at, gateway] of outcomes.entries()) {
    const attack = chosen[at] as Attack;
    const wanted = options.controls && (options.long || attack.control === 'short');
    // The mutations tell how one decoder does; the bare server has another, and ten million of them say nothing more.
    const control = wanted ? await attackBare({ ...run, form: 'short' }, attack) : undefined;
    if (control) say(`${attack.name}: the control is done`);
    results.push({ attack, gateway, control });
  }
  const seconds = (performance.now() - from) / 1_000;
  return { form: run.form, seed: run.seed, startedAt, machine: factsOf(), seconds, results, ...rest };
};

const main = async (): Promise<number> => {
  const options = readOptions(
    attacks.map(({ name }) => name),
    process.argv,
  );
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
