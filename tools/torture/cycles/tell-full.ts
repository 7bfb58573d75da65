import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Millis } from '@therapytrain/alerts-core';
import type { Violation } from '../checker.ts';
import type { Refusal } from '../client.ts';
import { openHistory, startOrTell } from '../history.ts';
import { type Load, type LoadOptions, startLoad } from '../load.ts';
import { policyFor, startPeers } from '../peers.ts';
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
  type Tally,
  wrongly,
} from '../recipe.ts';
import type { Victim } from '../victim.ts';
import { diskOf, fill, until } from './full.ts';
import { finish, type Telling, untilTold } from './tell.ts';

const load: LoadOptions = { callers: 4, streams: 1, batch: 8, pause: 20, size: 'mixed' };
const fewest = 200;
const refusedWithin: Millis = 20_000;
const staysFull: Millis = 3_000;
const toldWithin: Millis = 60_000;

/** True where the gateway has said that its disk is full: only then is the database of what it plans in that state too. */
export const judgeFull = (refusals: readonly Pick<Refusal, 'reason'>[]): Violation<RecipeWrong>[] =>
  refusals.some(({ reason }) => reason === 'DISK_FULL')
    ? []
    : [wrongly('no fault', 'nothing was refused as DISK_FULL while people were told')];

interface Filling {
  readonly path: string;
  readonly victim: Victim;
  readonly address: string;
  readonly reports: Load;
}

// While there is no space nothing can be planned or settled; what a peer takes meanwhile it takes again afterwards.
const fillAndFree = async (filling: Filling, tally: Tally): Promise<Violation<RecipeWrong>[]> => {
  const { path, victim, address, reports } = filling;
  const free = fill(path);
  await until(() => judgeFull(reports.refusals).length === 0, refusedWithin);
  const fault = judgeFull(reports.refusals);
  await pause(staysFull);
  free();
  tally.add('refusals', reports.refusals.length);
  // A load that goes on would never let it come to an end.
  await reports.stop();
  const took = victim.exit ? undefined : await untilTold(address, toldWithin).catch(() => undefined);
  if (victim.exit) return [...fault, endedByItself(victim.exit)];
  if (took === undefined) return [...fault, wrongly('told late', `not done ${toldWithin} ms after there was space`)];
  tally.most('ms, the steady channel behind a full disk', Math.round(took));
  return fault;
};

const oneDisk = async (context: RecipeContext, cycle: number, tally: Tally): Promise<readonly Found[]> => {
  const disk = diskOf(context, cycle);
  const data = join(disk.path, 'data');
  mkdirSync(data);
  const peers = await startPeers(context.chance('tell-full', cycle, 'peers'));
  const forget = context.cleanup.add(() => void peers.stop());
  const policy = policyFor(context.scratch, peers.port);
  const history = openHistory(context, `tell-full-${cycle}`, data);
  const telling: Telling = { context, history, peers, policy, tally };
  try {
    const started = await startOrTell(context, { data, policy });
    if ('wrong' in started) return inCycle(cycle, [started]);
    const reports = startLoad(started.address, history.ledger, context.chance('tell-full', cycle), load);
    await reports.acknowledged(fewest);
    const violations = await fillAndFree({ path: disk.path, ...started, reports }, tally);
    await started.victim.kill();
    tally.add(cycle % 2 === 1 ? 'full disks (ext4)' : 'full disks (tmpfs)');
    return inCycle(cycle, [...violations, ...(await finish(telling))]);
  } finally {
    history.close();
    forget();
    await peers.stop();
    await disk.remove();
  }
};

const controls = (): Control[] => [
  controlOf('a disk that was not full', 'no fault', judgeFull([{ reason: 'OVERLOADED' }])),
];

/** No space is left under the database of what is planned, while people are told; after a while there is some again. */
export const tellFull: Recipe = {
  name: 'tell-full',
  weight: 1,
  obstacle: ({ mounts, ext4 }) => mounts ?? ext4,
  run: async (context) => {
    const tally = createTally('full disks (ext4)', 'full disks (tmpfs)', 'refusals', 'pairs accounted for');
    for (const cycle of context.cycles(context.plan.tellDisks)) {
      const violations = await oneDisk(context, cycle, tally);
      context.progress(`disk ${cycle}`);
      if (violations.length > 0) return { counts: tally.counts, violations, controls: controls() };
    }
    return { counts: tally.counts, violations: [], controls: controls() };
  },
};
