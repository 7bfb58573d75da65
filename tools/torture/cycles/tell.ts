import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createAlertClient } from '@therapytrain/alerts-client';
import type { Millis } from '@therapytrain/alerts-core';
import type { Violation } from '../checker.ts';
import { copyLog, inspect, tamper } from '../database.ts';
import { type History, openHistory, recover, startOrTell } from '../history.ts';
import { type LoadOptions, startLoad } from '../load.ts';
import { channels, type Peers, policyFor, startPeers } from '../peers.ts';
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
import { faultControls, jumpClock, measure } from './tell-faults.ts';
import { judgeTellings, planFile, readTellings } from '../tellings.ts';

// Each alert is an incident of its own, and so a delivery for each channel: more would be told for minutes after.
const load: LoadOptions = { callers: 4, streams: 1, batch: 8, pause: 40, size: 'mixed' };
// The steady channel has all the time of the last start for what was reported in all others.
const toldWithin: Millis = 300_000;
const glance: Millis = 250;

/** What the recipe holds on to from fault to fault. */
export interface Telling {
  readonly context: RecipeContext;
  readonly history: History;
  readonly peers: Peers;
  readonly policy: string;
  readonly tally: Tally;
}

const killOnce = async (telling: Telling, cycle: number): Promise<Violation<RecipeWrong>[]> => {
  const { context, history, policy, tally } = telling;
  const chance = context.chance('tell', cycle);
  const started = await startOrTell(context, { data: history.data, policy });
  if ('wrong' in started) return [started];
  const reports = startLoad(started.address, history.ledger, chance, load);
  await pause(chance.between(...context.plan.underLoad));
  const early = started.victim.exit;
  await started.victim.kill();
  await reports.stop();
  tally.add('kills while telling');
  return [...(early ? [endedByItself(early)] : []), ...look(telling)];
};

/** Looks at a copy of what is written down, with nobody running. */
const look = ({ context, history, peers }: Telling): Violation<RecipeWrong>[] => {
  const copy = join(context.scratch, 'copy');
  copyLog(history.data, copy);
  const written = readTellings(copy);
  return written ? judgeTellings(written, peers.taken) : [];
};

/** Waits until all is planned and the steady channel is done; undefined if that takes too long. */
export const untilTold = async (address: string, within: Millis): Promise<Millis | undefined> => {
  const client = createAlertClient({ address });
  const from = performance.now();
  try {
    while (performance.now() - from < within) {
      const { planning } = await client.status();
      const steady = (await client.accounting()).find(({ channel }) => channel === 'steady');
      if (planning?.lag === 0 && steady?.pending === 0) return performance.now() - from;
      await pause(glance);
    }
    return undefined;
  } finally {
    await client.close();
  }
};

/** Starts once more, waits until all is told, and judges what is written down of every alert. */
export const finish = async (telling: Telling): Promise<Violation<RecipeWrong>[]> => {
  const { context, history, peers, policy, tally } = telling;
  const recovery = await recover(context, history, context.chance('tell', 'after'), tally, { policy });
  const { victim } = recovery;
  if (!victim) return [...recovery.violations];
  const took = await untilTold(await victim.listening, toldWithin);
  await victim.kill();
  const late = took === undefined ? [wrongly('told late', `the steady channel was not done in ${toldWithin} ms`)] : [];
  const violations = [...recovery.violations, ...late, ...look(telling)];
  const copy = join(context.scratch, 'copy');
  const written = readTellings(copy);
  const kept = (await inspect(copy))?.alerts;
  for (const channel of channels) {
    const accepted = written?.[channel].accepted;
    if (accepted === kept) continue;
    violations.push(wrongly('accounts wrong', `${channel}: ${accepted} pairs of ${kept} alerts were planned`));
  }
  for (const channel of channels) {
    const { accepted = 0, pending = 0 } = written?.[channel] ?? {};
    tally.add('pairs accounted for', accepted);
    tally.add('pairs still pending', pending);
    const twice = [...peers.taken[channel].values()].filter((times) => times > 1).length;
    tally.add('deliveries taken', peers.taken[channel].size);
    tally.add('of these more than once', twice);
  }
  tally.add('attempts turned down', peers.turnedDown());
  tally.most('ms, the steady channel behind', Math.round(took ?? 0));
  return violations;
};

/** What is written down is harmed in three ways, each of which must be found. */
const controls = ({ context, history, peers }: Telling): Control[] => {
  const copy = join(context.scratch, 'control');
  mkdirSync(copy, { recursive: true });
  const harmed = (sql: string, taken = peers.taken): Violation<RecipeWrong>[] => {
    copyLog(history.data, copy);
    tamper(copy, (db) => db.exec(sql), planFile);
    const written = readTellings(copy);
    return written ? judgeTellings(written, taken) : [];
  };
  const [first] = peers.taken.steady.keys();
  const forgotten = new Map([...peers.taken.steady].filter(([key]) => key !== first));
  return [
    controlOf(
      'a pair counted twice',
      'accounts wrong',
      harmed("UPDATE counts SET pairs = pairs + 1 WHERE channel = 'steady' AND state = 'delivered'"),
    ),
    controlOf(
      'a delivery that its peer forgot',
      'told nobody',
      harmed('SELECT 1', { ...peers.taken, steady: forgotten }),
    ),
    controlOf(
      'a delivery that was never written down',
      'told of nothing',
      harmed(`DELETE FROM jobs WHERE id = '${first ?? ''}'`),
    ),
  ];
};

const tellAll = async (telling: Telling): Promise<readonly Found[]> => {
  const { context } = telling;
  for (const cycle of context.cycles(context.plan.tellKills)) {
    const violations = await killOnce(telling, cycle);
    context.progress(
      `kill ${cycle}, ${telling.history.ledger.entries.length} reports, ${telling.peers.turnedDown()} turned down`,
    );
    if (violations.length > 0) return inCycle(cycle, violations);
  }
  const told = await finish(telling);
  if (told.length > 0) return inCycle(0, told);
  for (const cycle of context.cycles(context.plan.clockJumps)) {
    const violations = await jumpClock(telling, cycle);
    context.progress(`clock ${cycle}`);
    if (violations.length > 0) return inCycle(cycle, violations);
  }
  return inCycle(0, await measure(telling));
};

/** `SIGKILL`, and a clock that jumps, while people are told and their peers fail; and how fast the others are told. */
export const tell: Recipe = {
  name: 'tell',
  weight: 4,
  isTimed: true,
  obstacle: () => undefined,
  run: async (context) => {
    const tally = createTally('kills while telling', 'pairs accounted for', 'deliveries taken');
    const peers = await startPeers(context.chance('tell', 'peers'));
    const forget = context.cleanup.add(() => void peers.stop());
    const history = openHistory(context, 'tell');
    const telling: Telling = { context, history, peers, policy: policyFor(context.scratch, peers.port), tally };
    try {
      const violations = await tellAll(telling);
      return {
        counts: tally.counts,
        violations,
        controls: violations.length > 0 ? [] : [...controls(telling), ...faultControls()],
      };
    } finally {
      history.close();
      forget();
      await peers.stop();
    }
  },
};
