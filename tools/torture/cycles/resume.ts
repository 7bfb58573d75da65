import { setTimeout as pause } from 'node:timers/promises';
import type { Alert, AlertServiceClient } from '@therapytrain/alerts-api';
import type { Millis } from '@therapytrain/alerts-core';
import type { Violation } from '../checker.ts';
import { connect } from '../client.ts';
import { type History, openHistory, startOrTell, verify } from '../history.ts';
import { type LoadOptions, startLoad } from '../load.ts';
import { streamAll } from '../readback.ts';
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
  wrongly,
} from '../recipe.ts';
import { filters, judgeSightings, type Sighting } from '../subscription.ts';
import type { Victim } from '../victim.ts';
import { startWanderer, type Wanderer } from '../wanderer.ts';

const subscribers = 20;
const reconnectsPerRound = 1_000;
const killsPerRound = 3;
const load: LoadOptions = { callers: 3, streams: 1, batch: 4, pause: 100, size: 'mixed' };
const phaseWithin: Millis = 60_000;
const caughtUpWithin: Millis = 30_000;

/** A log with its subscribers, while gateways come and go. */
interface Round {
  readonly history: History;
  readonly wanderers: readonly Wanderer[];
  /** The client of the gateway that is there at the moment, if one is. */
  client: AlertServiceClient | undefined;
}

const begin = (context: RecipeContext, cycle: number): Round => {
  const round: { -readonly [K in keyof Round]: Round[K] } = {
    history: openHistory(context, `resume-${cycle}`),
    wanderers: [],
    client: undefined,
  };
  round.wanderers = Array.from({ length: subscribers }, (_, at) => {
    const chance = context.chance('resume', cycle, at);
    // Each filter has its subscribers, so that none is left out by chance.
    const filter = filters[at % filters.length] ?? chance.pick(filters);
    return startWanderer(`subscriber ${at}`, filter, chance, () => round.client);
  });
  return round;
};

const reconnectsOf = ({ wanderers }: Round): number => wanderers.reduce((sum, each) => sum + each.reconnects, 0);

/** Runs one gateway until there were so many reconnects in all. Resolves with it still running, and nothing on its way. */
const onePhase = async (
  context: RecipeContext,
  round: Round,
  name: string,
  reconnects: number,
  kill: boolean,
): Promise<Victim | Violation<RecipeWrong>> => {
  const { history } = round;
  const started = await startOrTell(context, { data: history.data });
  if ('wrong' in started) return started;
  const { victim, address } = started;
  round.client = connect(address);
  const reports = startLoad(address, history.ledger, context.chance(name), load);
  const until = performance.now() + phaseWithin;
  while (reconnectsOf(round) < reconnects && performance.now() < until && !victim.exit) await pause(20);
  if (kill) await victim.kill();
  await reports.stop();
  return victim;
};

const leave = (round: Round): void => {
  round.client?.close();
  round.client = undefined;
};

const readLog = async (client: AlertServiceClient): Promise<Alert[]> => {
  const alerts: Alert[] = [];
  await streamAll(client, ({ alert }) => void (alert && alerts.push(alert)));
  return alerts;
};

const sightingsOf = (alerts: readonly Alert[], { filter }: Wanderer): Sighting[] =>
  alerts.filter(filter.passes).map(({ sequence, id }) => ({ sequence: Number(sequence), id }));

// Nothing is written any more; each has seen all there is for it, or never will.
const catchUp = async (wanderers: readonly Wanderer[], expected: readonly (readonly Sighting[])[]): Promise<void> => {
  for (const each of wanderers) each.settle();
  const until = performance.now() + caughtUpWithin;
  const behind = (each: Wanderer, at: number): boolean =>
    (each.seen.at(-1)?.sequence ?? 0) < (expected[at]?.at(-1)?.sequence ?? 0);
  while (wanderers.some(behind) && performance.now() < until) await pause(20);
};

/** What was seen is spoilt in each way that must be noticed. */
const controlsOf = (seen: readonly Sighting[], expected: readonly Sighting[]): Control[] => {
  const middle = Math.floor(seen.length / 2);
  const [one, other] = seen.slice(middle, middle + 2);
  if (!one || !other) return [{ name: 'enough was seen', must: '2 alerts', saw: String(seen.length), good: false }];
  const judge = (spoilt: readonly Sighting[]) => judgeSightings('it', spoilt, expected);
  const swapped = seen.with(middle, other).with(middle + 1, one);
  return [
    controlOf('one alert left out of what was seen', 'stream gap', judge(seen.toSpliced(middle, 1))),
    controlOf('the last alert left out', 'stream gap', judge(seen.slice(0, -1))),
    controlOf('two alerts exchanged', 'stream out of order', judge(swapped)),
    controlOf('one alert seen twice', 'stream out of order', judge(seen.toSpliced(middle, 0, one))),
    controlOf('an alert that the log has not', 'invented', judge(seen.with(middle, { ...one, id: 'other' }))),
  ];
};

interface Judged {
  readonly violations: readonly Violation<RecipeWrong>[];
  readonly controls: readonly Control[];
}

const judge = async (
  round: Round,
  address: string,
  chance: Parameters<typeof verify>[2],
  tally: Tally,
): Promise<Judged> => {
  const client = connect(address);
  const log = await readLog(client);
  client.close();
  const { wanderers, history } = round;
  const expected = wanderers.map((each) => sightingsOf(log, each));
  await catchUp(wanderers, expected);
  await Promise.all(wanderers.map((each) => each.stop()));
  for (const { seen, reconnects, doubles } of wanderers) {
    tally.add('reconnects', reconnects);
    tally.add('events', seen.length);
    tally.add('doubles dropped', doubles);
  }
  const wrong = wanderers.flatMap(({ seen, violations }, at) => [
    ...violations,
    ...judgeSightings(`subscriber ${at} (${wanderers[at]?.filter.cel ?? ''})`, seen, expected[at] ?? []),
  ]);
  const { violations } = await verify(address, history, chance, tally);
  return { violations: [...wrong, ...violations], controls: controlsOf(wanderers[0]?.seen ?? [], expected[0] ?? []) };
};

const oneRound = async (context: RecipeContext, cycle: number, tally: Tally) => {
  const round = begin(context, cycle);
  try {
    for (let phase = 1; ; phase++) {
      const last = phase > killsPerRound;
      const reconnects = (reconnectsPerRound * phase) / (killsPerRound + 1);
      const victim = await onePhase(context, round, `resume-${cycle}-${phase}`, reconnects, !last);
      if ('wrong' in victim) return { found: inCycle(cycle, [victim]), controls: [] };
      context.progress(`${reconnectsOf(round)} reconnects`);
      if (last) {
        const judged = await judge(round, await victim.listening, context.chance('resume', cycle), tally);
        await victim.kill();
        return { found: inCycle(cycle, judged.violations), controls: judged.controls };
      }
      leave(round);
      tally.add('kills');
    }
  } finally {
    await Promise.all(round.wanderers.map((each) => each.stop()));
    leave(round);
    round.history.close();
  }
};

/** Subscribers that come and go, and gateways that die: each subscriber sees every alert once and in order. */
export const resume: Recipe = {
  name: 'resume',
  weight: 2,
  obstacle: () => undefined,
  run: async (context) => {
    const tally = createTally('reconnects', 'kills', 'events', 'doubles dropped');
    let controls: readonly Control[] = [];
    const violations: Found[] = [];
    for (const cycle of context.cycles(context.plan.resumeRounds)) {
      const round = await oneRound(context, cycle, tally);
      controls = round.controls;
      violations.push(...round.found);
      if (violations.length > 0) break;
    }
    if ((tally.counts['reconnects'] ?? 0) === 0 && violations.length === 0) {
      violations.push(...inCycle(1, [wrongly('stream gap', 'nobody ever reconnected')]));
    }
    return { counts: tally.counts, violations, controls };
  },
};
