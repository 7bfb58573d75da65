import { setTimeout as pause } from 'node:timers/promises';
import type { Chance } from '../chance.ts';
import { type History, openHistory, recover, startOrTell } from '../history.ts';
import { startLoad, usualLoad } from '../load.ts';
import {
  createTally,
  endedByItself,
  type Found,
  inCycle,
  type Recipe,
  type RecipeContext,
  type Tally,
} from '../recipe.ts';
import type { Victim } from '../victim.ts';

// A longer history makes each check slower and finds nothing more.
const largestHistory = 15_000;
const recoveryKillEvery = 10;
// About the time that a start takes, so that it is hit at any step.
const duringStart = [0, 1_500] as const;

// Every report has been answered, or never will be, when it resolves.
const killUnderLoad = async (victim: Victim, history: History, chance: Chance, span: readonly [number, number]) => {
  const load = startLoad(await victim.listening, history.ledger, chance, usualLoad);
  await pause(chance.between(...span));
  const early = victim.exit;
  await victim.kill();
  await load.stop();
  return early ? [endedByItself(early)] : [];
};

const killDuringRecovery = async (context: RecipeContext, data: string, chance: Chance): Promise<void> => {
  for (let times = 0; times < 2; times++) {
    const victim = context.start({ data });
    await pause(chance.between(...duringStart));
    await victim.kill();
  }
};

interface Running {
  readonly history: History;
  readonly victim: Victim;
}

const begin = async (context: RecipeContext, cycle: number): Promise<Running | Found[]> => {
  const history = openHistory(context, `kill-${cycle}`);
  const started = await startOrTell(context, { data: history.data });
  return 'wrong' in started ? inCycle(cycle, [started]) : { history, victim: started.victim };
};

const oneKill = async (
  context: RecipeContext,
  cycle: number,
  { history, victim }: Running,
  tally: Tally,
): Promise<Running | Found[]> => {
  const chance = context.chance('kill', cycle);
  const ended = await killUnderLoad(victim, history, chance, context.plan.underLoad);
  tally.add('kills under load');
  if (cycle % recoveryKillEvery === 0) {
    await killDuringRecovery(context, history.data, chance);
    tally.add('kills during recovery', 2);
  }
  const recovery = await recover(context, history, chance, tally);
  const violations = [...ended, ...recovery.violations];
  if (violations.length > 0 || !recovery.victim) return inCycle(cycle, violations);
  return { history, victim: recovery.victim };
};

/** `SIGKILL` at any moment under load, on a history that grows from kill to kill. */
export const kill: Recipe = {
  name: 'kill',
  weight: 10,
  obstacle: () => undefined,
  run: async (context) => {
    const tally = createTally('kills under load', 'kills during recovery');
    let running: Running | undefined;
    for (const cycle of context.cycles(context.plan.kills)) {
      const before = running ?? (await begin(context, cycle));
      if ('length' in before) return { counts: tally.counts, violations: before, controls: [] };
      const after = await oneKill(context, cycle, before, tally);
      context.progress(`kill ${cycle}, ${before.history.ledger.entries.length} reports in this history`);
      if ('length' in after) return { counts: tally.counts, violations: after, controls: [] };
      running = after;
      if (running.history.ledger.entries.length < largestHistory) continue;
      await running.victim.kill();
      running.history.close();
      running = undefined;
    }
    await running?.victim.kill();
    running?.history.close();
    return { counts: tally.counts, violations: [], controls: [] };
  },
};
