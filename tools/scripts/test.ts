import { existsSync, globSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './shell.ts';

/** One thing that must hold, beside the tests that Jest counts. */
interface Check {
  readonly name: string;
  readonly run: () => number;
}

interface Ended {
  readonly name: string;
  readonly failed: boolean;
  readonly seconds: number;
}

const peers = process.argv.includes('--peers');
const flags = ['--disable-warning=ExperimentalWarning', '--conditions=@therapytrain/source'];
const script = (file: string, ...args: string[]) => run(process.execPath, [...flags, file, ...args]);
const nx = (target: string, ...args: string[]) =>
  run('nx', ['run-many', '-t', target, '--outputStyle=static', ...args]);

const checks: readonly Check[] = [
  { name: 'formatting', run: () => run('prettier', ['--check', '--log-level', 'warn', '.']) },
  { name: 'contract: buf lint', run: () => run('buf', ['lint', 'proto']) },
  { name: 'contract: buf format', run: () => run('buf', ['format', '--diff', '--exit-code', 'proto']) },
  {
    name: 'contract: buf breaking',
    run: () => run('buf', ['breaking', 'proto', '--against', 'proto/baseline.binpb']),
  },
  { name: 'generated code', run: () => script('tools/scripts/generate.ts', '--check') },
  { name: 'workspace rules', run: () => script('tools/scripts/workspace-rules.ts') },
  { name: 'dependency floors', run: () => script('tools/scripts/floors.ts') },
  { name: 'build', run: () => nx('build') },
  { name: 'npm start', run: () => script('tools/scripts/start-check.ts') },
  { name: 'types of tests', run: () => nx('typecheck') },
  { name: 'printed docs', run: () => script('tools/scripts/docs.ts', '--check') },
  { name: 'lint', run: () => nx('lint') },
  { name: 'module boundaries: a breach fails', run: () => script('tools/scripts/boundary-breach.ts') },
  { name: 'tests', run: () => nx('test') },
];

// These need privileges or programs that a machine may not have; CI has both.
const peerChecks: readonly Check[] = [
  { name: 'torture, short form', run: () => script('tools/torture/main.ts', '--short', '--require') },
  { name: 'attack, short form', run: () => script('tools/attack/main.ts', '--short') },
  { name: 'bench, smoke', run: () => script('tools/bench/main.ts', '--quick') },
  { name: 'channels, each installed alone', run: () => script('tools/scripts/standalone.ts') },
  { name: 'release: bill of materials', run: () => script('tools/scripts/sbom.ts') },
  { name: 'release: dry run', run: () => script('tools/scripts/release-dry-run.ts') },
];

const perform = ({ name, run: work }: Check): Ended => {
  const begun = performance.now();
  console.log(`\n── ${name}`);
  const failed = work() !== 0;
  return { name, failed, seconds: (performance.now() - begun) / 1000 };
};

const results = () =>
  globSync('{packages,packages/channels,packages/stores,apps,tools,.}/*/coverage/results.json', { cwd: root });

interface JestResults {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly numPendingTests: number;
}

// The counts of a project come back with Nx's cache when nothing of it changed.
const countTests = () => {
  const all = results().map((file) => JSON.parse(readFileSync(join(root, file), 'utf8')) as JestResults);
  const sum = (count: (each: JestResults) => number) => all.reduce((total, each) => total + count(each), 0);
  return {
    projects: all.length,
    passed: sum((each) => each.numPassedTests),
    failed: sum((each) => each.numFailedTests + each.numRuntimeErrorTestSuites),
    skipped: sum((each) => each.numPendingTests),
  };
};

console.log(`Node ${process.version}`);
for (const file of results()) rmSync(join(root, file));
const ended = [...checks, ...(peers ? peerChecks : [])].map(perform);
const tests = countTests();

console.log(`\nNode ${process.version}; ${tests.projects} projects with tests`);
for (const { name, failed, seconds } of ended) {
  console.log(`  ${failed ? '✗' : '✓'} ${name.padEnd(36)} ${seconds.toFixed(1).padStart(6)} s`);
}
if (!peers)
  console.log(
    '  – torture, attack, bench and release: not run here; "npm test -- --peers" runs them (as root, for torture)',
  );
if (!existsSync('/usr/sbin/postfix')) console.log('  – Postfix is not here: no mail goes through a real MTA');
if (!existsSync('/usr/bin/chromium'))
  console.log('  – Chromium is not here: the HTML of mails is not parsed by a browser');
if (!existsSync('/usr/bin/strace')) console.log('  – strace is not here: faults at the disk are not injected');

// The tests count one by one, every other check as one; a run that found no test has failed.
const others = ended.filter(({ name }) => name !== 'tests');
const failedOthers = others.filter(({ failed }) => failed).length;
const testsRan = ended.some(({ name, failed }) => name === 'tests' && !failed) || tests.failed > 0;
const failed = failedOthers + tests.failed + (tests.passed === 0 || !testsRan ? 1 : 0);
const skipped = tests.skipped > 0 ? `, ${tests.skipped} skipped` : '';
console.log(`\n${tests.passed + others.length - failedOthers} passed, ${failed} failed${skipped}`);
process.exit(failed === 0 ? 0 : 1);
