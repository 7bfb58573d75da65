import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Instant } from '@therapytrain/alerts-core';
import type { Violation } from '../checker.ts';
import { type History, openHistory, recover } from '../history.ts';
import { type LoadOptions, startLoad } from '../load.ts';
import { type Plan, spread } from '../plan.ts';
import {
  type Control,
  controlOf,
  createTally,
  type Found,
  inCycle,
  type Recipe,
  type RecipeContext,
  type RecipeWrong,
  type Tally,
  endedByItself,
  wrongly,
} from '../recipe.ts';
import { injectedCall, kindOf, straceCalls, straceFail, straceKill, type SyncCall, syncCalls } from '../trace.ts';
import type { Exit } from '../victim.ts';

/** What happens at the call: the process dies before it is made, or the disk says that it failed. */
type Fault = 'kill' | 'failure';

/** One call to put a fault into. */
interface Point {
  readonly fault: Fault;
  /** Which of the calls of one thread, from 1: the first thread that comes to it has the fault. */
  readonly when: number;
  /** Counts only calls for this file of the data directory, if given. */
  readonly file?: string;
}

// Large reports, so that the write-ahead log is copied back within a few commits.
const load: LoadOptions = { callers: 4, streams: 1, batch: 8, pause: 2, size: 'large' };
const surveySpan = 1_500;
const reachWithin = 20_000;
const endWithin = 10_000;
// Between the clock of strace and ours.
const clockMargin = 5;

// The third time that a database itself is synced is the end of a checkpoint; the key is written by another thread than
// the rest, the audit log by several.
const always: readonly Point[] = [
  { fault: 'kill', file: 'alerts.db', when: 3 },
  { fault: 'kill', file: 'audit/checkpoint.new', when: 1 },
  { fault: 'failure', file: 'alerts.db', when: 3 },
  { fault: 'failure', file: 'plan.db-wal', when: 12 },
  { fault: 'failure', file: 'cursor.key.new', when: 1 },
  { fault: 'failure', file: 'audit/checkpoint.new', when: 1 },
];

const pointsOf = ({ fsyncKills, fsyncFailures, fsyncReach }: Plan): Point[] => [
  ...spread(fsyncKills, fsyncReach).map((when) => ({ fault: 'kill', when }) as const),
  ...spread(fsyncFailures, fsyncReach).map((when) => ({ fault: 'failure', when }) as const),
  ...always,
];

/** A traced run: what it did, and how it ended. */
interface TracedRun {
  readonly history: History;
  readonly injected: SyncCall | undefined;
  readonly calls: readonly SyncCall[];
  /** Undefined if it had to be ended by us. */
  readonly exit: Exit | undefined;
}

const wrapperOf = (point: Point | undefined, data: string, trace: string): string[] => {
  if (!point) return straceCalls(trace);
  const only = point.file === undefined ? [] : ['-P', join(data, point.file)];
  return (point.fault === 'kill' ? straceKill : straceFail)(point.when, trace, ...only);
};

const within = async <T>(promise: Promise<T>, span: number): Promise<T | undefined> => {
  const over = new AbortController();
  const timer = pause(span, undefined, { signal: over.signal }).catch(() => undefined);
  const first = await Promise.race([promise, timer]);
  over.abort();
  return first;
};

/** Runs a gateway under strace and load until the fault ends it, or for a while if there is none. */
const traced = async (context: RecipeContext, name: string, point?: Point): Promise<TracedRun> => {
  const history = openHistory(context, name);
  const trace = join(context.scratch, `${name}.trace`);
  const wrapper = wrapperOf(point, history.data, trace);
  const victim = context.start({ data: history.data, wrapper });
  // A fault may end it before it listens; nothing else may.
  const address = await victim.listening.catch((error: unknown) => {
    if (!point) throw error;
    return undefined;
  });
  const reports = address === undefined ? undefined : startLoad(address, history.ledger, context.chance(name), load);
  const exit = await within(victim.exited, point ? reachWithin : surveySpan);
  await victim.kill();
  await reports?.stop();
  history.close();
  const text = readFileSync(trace, 'utf8');
  return { history, injected: injectedCall(text), calls: syncCalls(text), exit };
};

const message = /disk|i\/o error/i;

/** What is wrong with how a gateway took the failure of a disk at `failedAt`. */
export const judgeFailure = (
  exit: Exit | undefined,
  failedAt: Instant,
  lastAckedSentAt: Instant,
): Violation<RecipeWrong>[] => {
  const violations: Violation<RecipeWrong>[] = [];
  const add = (wrong: RecipeWrong, what: string): unknown => violations.push(wrongly(wrong, what));
  if (exit === undefined) add('ended wrongly', 'it went on after the disk had failed');
  else if (exit.code === 0 || exit.code === null) add('ended wrongly', `it ended with ${exit.code ?? exit.signal}`);
  else if (exit.wall - failedAt > endWithin)
    add('ended wrongly', `it ended ${exit.wall - failedAt} ms after the failure`);
  if (exit !== undefined && !message.test(exit.stderr)) add('ended wrongly', 'it did not say why');
  if (lastAckedSentAt > failedAt + clockMargin) {
    add('acked after the failure', `a report sent ${lastAckedSentAt - failedAt} ms after the failure was acknowledged`);
  }
  return violations;
};

/** When the last report was sent that was acknowledged, by the wall clock. */
const lastAckedSentAt = ({ ledger }: History): Instant => {
  const monotonic = ledger.entries.findLast(({ state }) => state === 'acked')?.sentAt;
  return monotonic === undefined ? 0 : Date.now() - (performance.now() - monotonic);
};

const judge = (fault: Fault, run: TracedRun, injected: SyncCall): Violation<RecipeWrong>[] => {
  if (fault === 'kill') return run.exit ? [] : [wrongly('ended wrongly', 'it was to be killed and went on')];
  // SQLite does not look at what syncing a directory returns, as some filesystems cannot do it.
  if (kindOf(injected.path) === 'directory') return [];
  return judgeFailure(run.exit, injected.wall, lastAckedSentAt(run.history));
};

const onePoint = async (context: RecipeContext, cycle: number, point: Point, tally: Tally): Promise<Found[]> => {
  const name = `fsync-${cycle}`;
  const run = await traced(context, name, point);
  // A fault that never was shows nothing.
  if (!run.injected) {
    const never = wrongly('no fault', `call ${point.when}${point.file ? ` for ${point.file}` : ''} was never made`);
    return inCycle(cycle, [run.exit ? endedByItself(run.exit) : never]);
  }
  tally.add(point.fault === 'kill' ? 'kills at an fsync' : 'failures of an fsync (EIO)');
  tally.add(`at the ${kindOf(run.injected.path)}`);
  const judged = judge(point.fault, run, run.injected);
  const recovery = await recover(context, run.history, context.chance(name, 'after'), tally);
  await recovery.victim?.kill();
  return inCycle(cycle, [...judged, ...recovery.violations]);
};

const surveyControls = (survey: TracedRun): Control[] => {
  const kept = judgeFailure(undefined, 0, 0);
  const after = judgeFailure({ code: 74, signal: null, stderr: 'the disk failed', at: 0, wall: 1 }, 0, 100);
  const silent = judgeFailure({ code: 74, signal: null, stderr: '', at: 0, wall: 1 }, 0, 0);
  const unhurt = survey.exit ? [] : [wrongly('ended wrongly', 'it was to be killed and went on')];
  return [
    controlOf('a run without a fault, judged as killed', 'ended wrongly', unhurt),
    controlOf('a run without a fault, judged as failed', 'ended wrongly', kept),
    controlOf('an ack for a report sent after the failure', 'acked after the failure', after),
    controlOf('an end without a reason', 'ended wrongly', silent),
  ];
};

/** The process dies, or the disk fails, at the Nth time that the writer forces data to the disk. */
export const fsync: Recipe = {
  name: 'fsync',
  weight: 5,
  obstacle: ({ strace }) => strace,
  run: async (context) => {
    const tally = createTally('kills at an fsync', 'failures of an fsync (EIO)');
    const survey = await traced(context, 'survey');
    context.progress(`${survey.calls.length} calls in the survey`);
    if (survey.exit)
      return { counts: tally.counts, violations: inCycle(0, [endedByItself(survey.exit)]), controls: [] };
    const controls = surveyControls(survey);
    const points = pointsOf(context.plan);
    for (const cycle of context.cycles(points.length)) {
      const point = points[cycle - 1];
      if (!point) break;
      const found = await onePoint(context, cycle, point, tally);
      context.progress(`${point.fault} at call ${point.when}${point.file ? ` for ${point.file}` : ''}`);
      if (found.length > 0) return { counts: tally.counts, violations: found, controls };
    }
    return { counts: tally.counts, violations: [], controls };
  },
};
