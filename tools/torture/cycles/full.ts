import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import type { Millis } from '@therapytrain/alerts-core';
import type { Violation } from '../checker.ts';
import { connect, getAlert, listAlerts, type Refusal } from '../client.ts';
import { createImageDisk, createMemoryDisk, type Disk } from '../filesystem.ts';
import { type History, openHistory, recover, startOrTell } from '../history.ts';
import { type Load, type LoadOptions, startLoad } from '../load.ts';
import { streamAll } from '../readback.ts';
import {
  type Control,
  controlOf,
  createTally,
  endedByItself,
  type Found,
  inCycle,
  type Recipe,
  type RecipeContext,
  type RecipeWrong,
  summaryOf,
  type Tally,
  wrongly,
} from '../recipe.ts';
import type { Victim } from '../victim.ts';

const megabytes = 64;
const load: LoadOptions = { callers: 4, streams: 1, batch: 8, pause: 10, size: 'large' };
const fewest = 40;
const refusedWithin: Millis = 20_000;
const staysFull: Millis = 1_000;
const acceptedWithin: Millis = 10_000;

/** Takes every byte that is left, and tells how to give them back. */
export const fill = (path: string): (() => void) => {
  const file = join(path, 'filler');
  const handle = openSync(file, 'w');
  for (const size of [1024 * 1024, 4_096, 256]) {
    const block = Buffer.alloc(size, 1);
    try {
      for (;;) writeSync(handle, block);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  closeSync(handle);
  return () => rmSync(file);
};

/** Waits until the condition is true, and gives whether it is. */
export const until = async (condition: () => boolean, within: Millis): Promise<boolean> => {
  const end = performance.now() + within;
  while (!condition() && performance.now() < end) await pause(10);
  return condition();
};

/** What is wrong with how reports are refused while there is no space. */
export const judgeRefusals = (refusals: readonly Refusal[]): Violation<RecipeWrong>[] =>
  refusals.flatMap(({ code, reason, retryAfter }) => {
    const known = code === status.RESOURCE_EXHAUSTED || code === status.UNAVAILABLE;
    if (known && reason !== '' && retryAfter !== undefined && retryAfter > 0) return [];
    return [
      wrongly('refused badly', `status ${code} ${reason || 'without a reason'}, retry after ${retryAfter ?? '?'} ms`),
    ];
  });

// A read that is there, a page, and a new stream over the whole log.
const readAll = async (address: string, { ledger }: History): Promise<Violation<RecipeWrong>[]> => {
  const client = connect(address);
  const known = ledger.entries.find(({ state }) => state === 'acked');
  const tries: readonly (readonly [string, () => Promise<boolean>])[] = [
    ['GetAlert', async () => (await getAlert(client, known?.alertId ?? ''))?.id === known?.alertId],
    ['ListAlerts', async () => (await listAlerts(client, 50)).alerts.length > 0],
    ['StreamAlerts', () => streamAll(client, () => {})],
  ];
  const violations: Violation<RecipeWrong>[] = [];
  for (const [name, read] of tries) {
    const what = await read().then(
      (good) => (good ? undefined : 'gave too little'),
      (error: unknown) => String(error),
    );
    if (what !== undefined) violations.push(wrongly('read failed', `${name} while the disk is full: ${what}`));
  }
  client.close();
  return violations;
};

interface Filling {
  readonly disk: Disk;
  readonly history: History;
  readonly victim: Victim;
  readonly address: string;
  readonly load: Load;
}

/** Fills the disk under load, waits for refusals, reads, makes room again and waits for the next report to be kept. */
const fillAndFree = async (filling: Filling, tally: Tally): Promise<Violation<RecipeWrong>[]> => {
  const { disk, history, victim, address, load: reports } = filling;
  const free = fill(disk.path);
  const refused = await until(() => reports.refusals.some(({ reason }) => reason === 'DISK_FULL'), refusedWithin);
  const reads = await readAll(address, history);
  await pause(staysFull);
  const refusals = [...reports.refusals];
  free();
  const freedAt = performance.now();
  const kept = (): boolean => history.ledger.entries.at(-1) !== undefined && ackedSince(history, freedAt);
  const accepted = await until(() => kept() || victim.exit !== undefined, acceptedWithin);
  tally.add('refusals', refusals.length);
  tally.add('reads while full', 3);
  if (accepted && !victim.exit) tally.most('ms, slowest recovery', Math.round(performance.now() - freedAt));
  return [
    ...(refused ? [] : [wrongly('refused badly', 'nothing was refused as DISK_FULL on a full disk')]),
    ...judgeRefusals(refusals.filter(({ reason }) => reason !== 'OVERLOADED')),
    ...reads,
    ...(victim.exit ? [endedByItself(victim.exit)] : []),
    ...(accepted || victim.exit ? [] : [wrongly('did not recover', `nothing was kept ${acceptedWithin} ms after`)]),
  ];
};

const ackedSince = ({ ledger }: History, at: Millis): boolean =>
  ledger.entries.slice(-500).some(({ state, sentAt }) => state === 'acked' && sentAt > at);

/** A small disk of a cycle: ext4 in an image, or in memory. */
export const diskOf = (context: RecipeContext, cycle: number): Disk => {
  const directory = join(context.scratch, `full-${cycle}.disk`);
  return cycle % 2 === 1
    ? createImageDisk(directory, megabytes, context.cleanup)
    : createMemoryDisk(directory, megabytes, context.cleanup);
};

/** What one disk showed, and whether the reads of the gateway were seen to fail once it was dead. */
interface Shown {
  readonly found: Found[];
  readonly control?: Control;
}

const oneFullDisk = async (context: RecipeContext, cycle: number, tally: Tally): Promise<Shown> => {
  const disk = diskOf(context, cycle);
  const data = join(disk.path, 'data');
  mkdirSync(data);
  const history = openHistory(context, `full-${cycle}`, data);
  const chance = context.chance('full', cycle);
  const started = await startOrTell(context, { data });
  if ('wrong' in started) return { found: inCycle(cycle, [started]) };
  const { victim, address } = started;
  const reports = startLoad(address, history.ledger, chance, load);
  await reports.acknowledged(fewest);
  const early = judgeRefusals(reports.refusals.filter(({ reason }) => reason !== 'OVERLOADED'));
  const violations = await fillAndFree({ disk, history, victim, address, load: reports }, tally);
  await reports.stop();
  await victim.kill();
  const control = controlOf('reads of a gateway that is dead', 'read failed', await readAll(address, history));
  const recovery = await recover(context, history, chance, tally);
  await recovery.victim?.kill();
  history.close();
  await disk.remove();
  tally.add(cycle % 2 === 1 ? 'full disks (ext4)' : 'full disks (tmpfs)');
  return { found: inCycle(cycle, [...early, ...violations, ...recovery.violations]), control };
};

const refusalControls = (): Control[] => {
  const full = { code: status.RESOURCE_EXHAUSTED, reason: 'DISK_FULL', retryAfter: 2_000 };
  const good = judgeRefusals([full]);
  return [
    controlOf('a refusal without RetryInfo', 'refused badly', judgeRefusals([{ ...full, retryAfter: undefined }])),
    controlOf('a refusal without a reason', 'refused badly', judgeRefusals([{ ...full, reason: '' }])),
    controlOf('an internal error', 'refused badly', judgeRefusals([{ ...full, code: status.INTERNAL }])),
    { name: 'a refusal as it should be', must: 'nothing', saw: summaryOf(good), good: good.length === 0 },
  ];
};

/** No space is left, and after a while there is some again. */
export const full: Recipe = {
  name: 'full',
  weight: 1,
  obstacle: ({ mounts, ext4 }) => mounts ?? ext4,
  run: async (context) => {
    const tally = createTally('full disks (ext4)', 'full disks (tmpfs)', 'refusals', 'reads while full');
    const controls = refusalControls();
    for (const cycle of context.cycles(context.plan.fullDisks)) {
      const { found, control } = await oneFullDisk(context, cycle, tally);
      if (control && cycle === 1) controls.push(control);
      context.progress(`disk ${cycle}`);
      if (found.length > 0) return { counts: tally.counts, violations: found, controls };
    }
    return { counts: tally.counts, violations: [], controls };
  },
};
