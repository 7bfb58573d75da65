import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createCheck, type Violation } from '../checker.ts';
import { createImageDisk, type ImageDisk } from '../filesystem.ts';
import { type History, openHistory, recover, startOrTell } from '../history.ts';
import { startLoad, usualLoad } from '../load.ts';
import { readBack, repeatEntries } from '../readback.ts';
import {
  type Control,
  createTally,
  type Found,
  inCycle,
  type Recipe,
  type RecipeContext,
  type RecipeWrong,
  summaryOf,
  type Tally,
} from '../recipe.ts';
import { straceKill } from '../trace.ts';
import type { VictimOptions } from '../victim.ts';

const megabytes = 256;
const largestHistory = 15_000;
// About the time that a start takes, so that the database and the key are caught at any step of their making.
const duringStart = [50, 1_500] as const;
const fsyncsBeforeKill = [9, 30] as const;
const mostVoid = 5;
const questions = 20;
const fewest = 20;

/** A log on a filesystem that can lose its power. */
interface Unplugged {
  readonly disk: ImageDisk;
  readonly history: History;
  readonly options: Omit<VictimOptions, 'data'>;
}

/** How the gateway is busy when the power goes. */
type Moment = 'under load' | 'during start' | 'after a kill at an fsync';

const momentOf = (cycle: number): Moment => {
  if (cycle % 7 === 6) return 'during start';
  return cycle % 7 === 0 ? 'after a kill at an fsync' : 'under load';
};

const plugIn = (context: RecipeContext, name: string, options: Unplugged['options'] = {}): Unplugged => {
  const disk = createImageDisk(join(context.scratch, `${name}.disk`), megabytes, context.cleanup);
  const data = join(disk.path, 'data');
  mkdirSync(data);
  return { disk, history: openHistory(context, name, data), options };
};

const unplug = async ({ disk, history }: Unplugged): Promise<void> => {
  history.close();
  await disk.remove();
};

/** Cuts the power while `busy` goes on. Answers that came once the cut had begun prove nothing, so they do not count. */
const cutWhile = async ({ disk, history }: Unplugged, end: () => Promise<unknown>, tally: Tally): Promise<boolean> => {
  const at = performance.now();
  await disk.cut();
  await end();
  tally.add('answers after the cut', history.ledger.fence(at));
  const remounted = await disk.remount();
  if (!remounted) tally.add('void cuts');
  return remounted;
};

type Cut = (
  context: RecipeContext,
  log: Unplugged,
  cycle: number,
  tally: Tally,
) => Promise<Violation<RecipeWrong>[] | 'void'>;

const cutUnderLoad: Cut = async (context, log, cycle, tally) => {
  const { history, options } = log;
  const chance = context.chance('cut', cycle);
  const started = await startOrTell(context, { ...options, data: history.data });
  if ('wrong' in started) return [started];
  const load = startLoad(started.address, history.ledger, chance, usualLoad);
  await load.acknowledged(fewest);
  await pause(chance.between(...context.plan.underLoad));
  const end = async (): Promise<void> => {
    await started.victim.kill();
    await load.stop();
  };
  return (await cutWhile(log, end, tally)) ? [] : 'void';
};

const cutDuringStart: Cut = async (context, log, cycle, tally) => {
  const victim = context.start({ ...log.options, data: log.history.data });
  await pause(context.chance('cut', cycle).between(...duringStart));
  return (await cutWhile(log, victim.kill, tally)) ? [] : 'void';
};

// What was written but not yet forced to the disk when the process died is there again after a restart. Whoever is told
// of it, as a subscriber or as an answer to a repeated report, must be able to rely on it.
const cutAfterKill: Cut = async (context, log, cycle, tally) => {
  const { history, options } = log;
  const chance = context.chance('cut', cycle);
  const trace = join(context.scratch, 'kill.trace');
  const wrapper = straceKill(chance.between(...fsyncsBeforeKill), trace);
  const first = await startOrTell(context, { ...options, data: history.data, wrapper });
  if ('wrong' in first) return [first];
  const load = startLoad(first.address, history.ledger, chance, usualLoad);
  await first.victim.exited;
  await load.stop();
  const second = await startOrTell(context, { ...options, data: history.data });
  if ('wrong' in second) return [second];
  // Only questions: a new report would force everything before it to the disk.
  const { ledger } = history;
  const { violations, unanswered } = await readBack(second.address, createCheck(ledger));
  tally.add('unanswered and kept', unanswered);
  const kept = ledger.entries.filter(({ state }) => state === 'acked').slice(-questions);
  const answers = await repeatEntries(second.address, ledger, kept);
  return (await cutWhile(log, second.victim.kill, tally)) ? [...violations, ...answers] : 'void';
};

const cuts: Readonly<Record<Moment, Cut>> = {
  'under load': cutUnderLoad,
  'during start': cutDuringStart,
  'after a kill at an fsync': cutAfterKill,
};

/** One cut and what the gateway finds when the power is back. */
const cutAndCheck = async (
  context: RecipeContext,
  log: Unplugged,
  cut: Cut,
  cycle: number,
  tally: Tally,
): Promise<Violation<RecipeWrong>[] | 'void'> => {
  const before = await cut(context, log, cycle, tally);
  if (before === 'void') return before;
  const recovery = await recover(context, log.history, context.chance('cut', cycle, 'after'), tally, log.options);
  await recovery.victim?.kill();
  return [...before, ...recovery.violations];
};

/** Controls: without the forced writes alerts must be lost, and none of them if all was written before the cut. */
const unsafe = { unsafeSynchronous: 'NORMAL' } as const;

const syncFirst: Cut = async (context, log, cycle, tally) => {
  const { history, options } = log;
  const chance = context.chance('cut', 'synced', cycle);
  const started = await startOrTell(context, { ...options, data: history.data });
  if ('wrong' in started) return [started];
  const load = startLoad(started.address, history.ledger, chance, usualLoad);
  await load.acknowledged(fewest);
  await pause(chance.between(...context.plan.underLoad));
  await load.stop();
  spawnSync('sync', ['--file-system', log.disk.path]);
  return (await cutWhile(log, started.victim.kill, tally)) ? [] : 'void';
};

const controlCuts = async (context: RecipeContext, name: string, cut: Cut, count: number) => {
  const tally = createTally();
  const violations: Violation<RecipeWrong>[] = [];
  let cycles = 0;
  for (const cycle of context.cycles(count)) {
    const log = plugIn(context, `${name}-${cycle}`, unsafe);
    const found = await cutAndCheck(context, log, cut, cycle, tally);
    await unplug(log);
    context.progress(`control ${name} ${cycle}`);
    if (found === 'void') continue;
    violations.push(...found);
    cycles++;
  }
  return { cycles, acks: tally.counts['acks checked'] ?? 0, violations };
};

const controlsOf = async (context: RecipeContext): Promise<Control[]> => {
  const lossy = await controlCuts(context, 'unsafe', cutUnderLoad, context.plan.unsafeCuts);
  const synced = await controlCuts(context, 'synced', syncFirst, context.plan.syncedCuts);
  return [
    {
      name: `synchronous=NORMAL: ${lossy.cycles} cuts, ${lossy.acks} acks`,
      must: 'lost',
      saw: summaryOf(lossy.violations),
      good: lossy.violations.some(({ wrong }) => wrong === 'lost'),
    },
    {
      name: `synchronous=NORMAL, sync before the cut: ${synced.cycles} cuts, ${synced.acks} acks`,
      must: 'nothing',
      saw: summaryOf(synced.violations),
      good: synced.cycles > 0 && synced.acks > 0 && synced.violations.length === 0,
    },
  ];
};

const oneCut = async (
  context: RecipeContext,
  cycle: number,
  log: Unplugged,
  tally: Tally,
): Promise<readonly Found[]> => {
  const moment = momentOf(cycle);
  const found = await cutAndCheck(context, log, cuts[moment], cycle, tally);
  if (found === 'void') {
    if ((tally.counts['void cuts'] ?? 0) > mostVoid) throw new Error('another mount namespace pins what is cut');
    return [];
  }
  tally.add(`cuts ${moment}`);
  return inCycle(cycle, found);
};

const cutAll = async (context: RecipeContext, tally: Tally): Promise<readonly Found[]> => {
  let log: Unplugged | undefined;
  for (const cycle of context.cycles(context.plan.cuts)) {
    // A start is most delicate where there is nothing yet.
    const fresh = momentOf(cycle) === 'during start' || (log?.history.ledger.entries.length ?? 0) > largestHistory;
    if (log && fresh) await unplug(log);
    log = log && !fresh ? log : plugIn(context, `cut-${cycle}`);
    const found = await oneCut(context, cycle, log, tally);
    context.progress(`cut ${cycle} ${momentOf(cycle)}`);
    if (found.length > 0) return found;
  }
  if (log) await unplug(log);
  return [];
};

/** The power goes: what was not forced to the disk is lost. */
export const cut: Recipe = {
  name: 'cut',
  weight: 5,
  obstacle: ({ mounts, ext4, shutdown, strace }) => mounts ?? ext4 ?? shutdown ?? strace,
  run: async (context) => {
    const tally = createTally('cuts under load', 'cuts during start', 'cuts after a kill at an fsync', 'void cuts');
    const violations = await cutAll(context, tally);
    return { counts: tally.counts, violations, controls: await controlsOf(context) };
  },
};
