import type { MachineFacts } from '../torture/machine.ts';
import { table } from '../torture/report.ts';
import { type Attack, growthOf, type Outcome } from './attack.ts';
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
  readonly calm: GoodWindow;
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

const verdictOf = ({ attack, gateway, control }: AttackResult, calm: GoodWindow): string => {
  const wrong = judge(attack, gateway, calm);
  const shown = control && shows(attack, control);
  const works = shown === undefined ? '' : shown ? '\nthe control shows it' : '\nTHE CONTROL SHOWS NOTHING';
  return `${wrong.length === 0 ? 'ok' : `WRONG: ${wrong.join('; ')}`}${works}`;
};

const row = (result: AttackResult, calm: GoodWindow): string[] => [
  result.attack.name,
  ...columns(result.gateway),
  ...columns(result.control),
  verdictOf(result, calm),
];

const head = ['attack', 'gateway: N', 'MiB', 'ms', 'bare grpc-js: N', 'MiB', 'ms', ''] as const;

/** The report for people. */
export const printReport = (report: AttackReport): string => {
  const { results, calm, acked, lost, ended, machine, form, seed, seconds } = report;
  const controls = results.filter(({ attack, control }) => control && attack.works);
  const worst = results.reduce((most, { gateway }) => Math.max(most, growthOf(gateway)), 0);
  const slowest = results.reduce((most, { gateway }) => Math.max(most, gateway.good.p99), 0);
  return [
    table(
      head,
      results.map((each) => row(each, calm)),
    ),
    '',
    'MiB: resident memory before → at most → after. ms: p50 / p99 of reports of a client that behaves, 50 a second, / the',
    'longest wait of it or of somebody who came on a new connection; below it CPU of the server while the attack ran.',
    '',
    ...controls.map(({ attack }) => `${attack.name}: at the bare server ${attack.works?.must}.`),
    `Acknowledged to the client that behaves: ${number.format(acked)}, of which ${number.format(lost)} are lost.`,
    `Worst growth of memory ${worst.toFixed(0)} MiB (below ${aims.growth}), worst p99 ${slowest.toFixed(0)} ms (below ` +
      `${aims.p99}); before the attacks p50 ${calm.p50.toFixed(0)} ms, p99 ${calm.p99.toFixed(0)} ms.`,
    ...(isTooBusy(calm) ? ['The machine was too busy before the attacks: THE WAITS DURING THEM WERE NOT JUDGED.'] : []),
    ...(ended.length > 0 ? [`The gateway ended wrongly: ${ended.join('; ')}`] : []),
    '',
    `seed ${seed}, ${form} form, ${seconds.toFixed(0)} s; Node ${machine.node}, Linux ${machine.kernel}, ` +
      `${machine.cores} cores, load ${machine.load}`,
  ].join('\n');
};

/** What the process ends with: 0 only if the gateway stood everything and the controls showed what they must. */
export const exitCodeOf = ({ results, calm, acked, lost, ended }: AttackReport): 0 | 1 => {
  const good = results.every(({ attack, gateway, control }) => {
    const shown = control === undefined ? undefined : shows(attack, control);
    return judge(attack, gateway, calm).length === 0 && shown !== false;
  });
  return good && acked > 0 && lost === 0 && ended.length === 0 ? 0 : 1;
};
