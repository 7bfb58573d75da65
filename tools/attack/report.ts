import type { MachineFacts } from '../torture/machine.ts';
import { table } from '../torture/report.ts';
import { type Attack, growthOf, type Outcome } from './attack.ts';
import { type CanaryReport, judgeCanaries } from './canaries/canaries.ts';
import type { GoodWindow } from './good-client.ts';
import { aims, isTooBusy, judge, shows, waits } from './judge.ts';

/** One attack, on both servers. */
export interface AttackResult {
  readonly attack: Attack;
  readonly gateway: Outcome;
  readonly control: Outcome | undefined;
}

/** A whole run. */
export interface AttackReport {
  readonly form: 'short' | 'long';
  readonly seed: number;
  readonly startedAt: string;
  readonly machine: MachineFacts;
  readonly seconds: number;
  readonly results: readonly AttackResult[];
  /** What the client that behaves saw before the first attack; undefined where there was none. */
  readonly calm?: GoodWindow | undefined;
  /** What came of the values that were planted; undefined where none were. */
  readonly canaries?: CanaryReport | undefined;
  readonly acked: number;
  readonly lost: number;
  readonly ended: readonly string[];
}

const number = new Intl.NumberFormat('en-US');

const countsOf = ({ counts }: Outcome): string =>
  Object.entries(counts)
    .filter(([name, count]) => count > 0 || /still|left|badly/.test(name))
    .map(([name, count]) => `${number.format(count)} ${name}`)
    .join('\n');

const memoryOf = ({ memory }: Outcome): string =>
  `${memory.before.toFixed(0)} → ${memory.most.toFixed(0)} → ${memory.after.toFixed(0)}`;

const timesOf = (outcome: Outcome): string =>
  `${waits(outcome)}\n${outcome.cpu.toFixed(1)} of ${outcome.seconds.toFixed(1)} s CPU`;

const columns = (outcome: Outcome | undefined): string[] =>
  outcome ? [countsOf(outcome), memoryOf(outcome), timesOf(outcome)] : ['–', '–', '–'];

const verdictOf = ({ attack, gateway, control }: AttackResult, form: AttackReport['form']): string => {
  const wrong = judge(attack, gateway, form);
  const shown = control && shows(attack, control);
  const works = shown === undefined ? '' : shown ? '\nthe control shows it' : '\nTHE CONTROL SHOWS NOTHING';
  return `${wrong.length === 0 ? 'ok' : `WRONG: ${wrong.join('; ')}`}${works}`;
};

const row = (result: AttackResult, form: AttackReport['form']): string[] => [
  result.attack.name,
  ...columns(result.gateway),
  ...columns(result.control),
  verdictOf(result, form),
];

const head = ['attack', 'gateway: N', 'MiB', 'ms', 'bare grpc-js: N', 'MiB', 'ms', ''] as const;

const busyLines = ({ results }: AttackReport): string[] => {
  const busy = results.filter(({ gateway }) => isTooBusy(gateway)).map(({ attack }) => attack.name);
  if (busy.length === 0) return [];
  return [`Others kept the machine busy: WAITS WERE NOT JUDGED during ${busy.join(', ')}.`];
};

const attackLines = (report: AttackReport): string[] => {
  const { results, calm, acked, lost, ended } = report;
  if (results.length === 0) return [];
  const controls = results.filter(({ attack, control }) => control && attack.works);
  const worst = results.reduce(
    (most, { attack, gateway }) => Math.max(most, growthOf(gateway, attack, report.form)),
    0,
  );
  const slowest = results.reduce((most, { gateway }) => Math.max(most, gateway.good.p99), 0);
  return [
    table(
      head,
      results.map((each) => row(each, report.form)),
    ),
    '',
    'MiB: resident memory before → at most → after (of malformed: with the garbage collected). ms: p50 / p99 of reports of a client that behaves, 50 a second, / the',
    'longest wait of it or of somebody who came on a new connection; below it CPU of the server while the attack ran.',
    '',
    ...controls.map(({ attack }) => `${attack.name}: at the bare server ${attack.works?.must}.`),
    `Acknowledged to the client that behaves: ${number.format(acked)}, of which ${number.format(lost)} are lost.`,
    `Worst growth of memory ${worst.toFixed(0)} MiB (below ${aims.growth}), worst p99 ${slowest.toFixed(0)} ms (below ` +
      `${aims.p99[report.form]}; the aim is ${aims.p99.long}); before the attacks p50 ${calm?.p50.toFixed(0)} ms, p99 ${calm?.p99.toFixed(0)} ms.`,
    ...busyLines(report),
    ...(ended.length > 0 ? [`The gateway ended wrongly: ${ended.join('; ')}`] : []),
  ];
};

const canaryLines = ({ canaries }: AttackReport): string[] => {
  if (!canaries) return [];
  const rows = canaries.sinks.map(({ name, bytes, found, planted, detected }) => [
    name,
    number.format(bytes),
    found.length === 0 ? '0' : `${found.length}: ${found.join(', ')}`,
    `${number.format(detected)} of ${number.format(planted)}`,
  ]);
  const wrong = judgeCanaries(canaries);
  const bytes = canaries.sinks.reduce((sum, each) => sum + each.bytes, 0);
  return [
    '',
    table(['where canaries were looked for', 'bytes', 'found', 'of those hidden in a copy'], rows),
    `${canaries.planted} values planted, ${number.format(bytes)} bytes searched, ${canaries.cores} core files: ` +
      (wrong.length === 0 ? 'nothing came out.' : `WRONG: ${wrong.join('; ')}`),
  ];
};

/** The report for people. */
export const printReport = (report: AttackReport): string => {
  const { machine, form, seed, seconds } = report;
  return [
    ...attackLines(report),
    ...canaryLines(report),
    '',
    `seed ${seed}, ${form} form, ${seconds.toFixed(0)} s; Node ${machine.node}, Linux ${machine.kernel}, ` +
      `${machine.cores} cores, load ${machine.load}`,
  ].join('\n');
};

/** What the process ends with: 0 only if the gateway stood everything and the controls showed what they must. */
export const exitCodeOf = ({ form, results, acked, lost, ended, canaries }: AttackReport): 0 | 1 => {
  const good = results.every(({ attack, gateway, control }) => {
    const shown = control === undefined ? undefined : shows(attack, control);
    return judge(attack, gateway, form).length === 0 && shown !== false;
  });
  const kept = results.length === 0 || acked > 0;
  const clean = canaries === undefined || judgeCanaries(canaries).length === 0;
  return good && kept && lost === 0 && ended.length === 0 && clean ? 0 : 1;
};
