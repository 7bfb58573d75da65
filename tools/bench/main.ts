import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, createBench } from './bench.ts';
import { batchCell } from './cells/batch.ts';
import { clientCell } from './cells/client.ts';
import { decisionCell } from './cells/decisions.ts';
import { enforceCell } from './cells/enforce.ts';
import { fanOutCell } from './cells/fan-out.ts';
import { growthCell } from './cells/growth.ts';
import { latencyCell } from './cells/latency.ts';
import { memoryCell } from './cells/memory.ts';
import { arrivalCell, notificationCell } from './cells/notify.ts';
import { planCell } from './cells/plan.ts';
import { unaryCell } from './cells/unary.ts';
import { cpuCount, hostCpuSeconds, hostFacts, isInMemory } from './host.ts';
import { hasH2load } from './load/h2load.ts';
import { type BenchOptions, type CellLetter, readOptions } from './options.ts';
import { profileReport } from './profile.ts';
import { type BenchResult, cellReport, hostReport, verdicts } from './report.ts';
import { type CellResult, runCell } from './run.ts';
import type { Cell } from './trial.ts';
import { root } from './workspace.ts';

const cells: Readonly<Record<CellLetter, (bench: Bench) => Cell>> = {
  a: unaryCell,
  b: batchCell,
  c: clientCell,
  d: fanOutCell,
  e: memoryCell,
  f: latencyCell,
  g: growthCell,
  h: planCell,
  i: arrivalCell,
  j: notificationCell,
  k: decisionCell,
  l: enforceCell,
};

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const fail = (text: string): never => {
  process.stderr.write(`bench: ${text}\n`);
  process.exit(1);
};

// What ships is what is measured: compiled, without the condition that leads to the sources.
const build = (): void => {
  const { status, stdout } = spawnSync(
    join(root, 'node_modules/.bin/tsc'),
    ['-b', 'apps/alert-gateway/tsconfig.lib.json'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  if (status !== 0) fail(`the gateway does not build\n${stdout}`);
};

const busyCores = async (): Promise<number> => {
  const from = { at: performance.now(), cpu: hostCpuSeconds() };
  await sleep(1_000);
  return (hostCpuSeconds() - from.cpu) / ((performance.now() - from.at) / 1_000);
};

const tooBusy = 0.2;

const warnIfBusy = async (): Promise<void> => {
  const busy = await busyCores();
  if (busy <= tooBusy) return;
  say(
    `WARNING: other programs keep ${busy.toFixed(1)} of ${cpuCount()} cores busy. Rates will be too low, and ratios less sure.`,
  );
};

const finish = (bench: Bench): void => {
  bench.processes.killAll();
  bench.scratch.remove();
};

const runAll = async (bench: Bench, { cells: letters, rounds }: BenchOptions): Promise<readonly CellResult[]> => {
  const results: CellResult[] = [];
  for (const letter of letters) {
    const result = await runCell(bench, cells[letter](bench), rounds, say);
    say(cellReport(result, rounds));
    results.push(result);
  }
  return results;
};

const main = async (): Promise<void> => {
  const options = readOptions(process.argv);
  if (!hasH2load()) fail('h2load is not installed (Debian: nghttp2-client)');
  say('Building the gateway …');
  build();
  const bench = createBench(options.extent, options.profile);
  process.on('exit', () => finish(bench));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
  if (isInMemory(bench.scratch.path)) fail('the workspace lies in memory (tmpfs); an fsync would cost nothing there');
  const started = new Date().toISOString();
  const host = hostFacts();
  say(hostReport(host));
  await warnIfBusy();
  const results = await runAll(bench, options);
  const result: BenchResult = {
    started,
    host,
    rounds: options.rounds,
    seconds: options.extent.seconds,
    cells: results,
  };
  say(
    options.smoke
      ? '\nThis was a short run to see that the bench works; its numbers mean nothing.'
      : `\n${verdicts(results)}`,
  );
  say(`\nAt the end: load average ${hostFacts().load.join(' ')}.`);
  if (options.profile !== undefined) say(profileReport(options.profile));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  process.exitCode = results.some(({ failures }) => failures.length > 0) ? 1 : 0;
};

main().catch((error: unknown) => fail(error instanceof Error ? (error.stack ?? error.message) : String(error)));
