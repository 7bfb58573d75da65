import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Millis } from '@therapytrain/alerts-core';
import type { Violation } from '../checker.ts';
import { copyLog } from '../database.ts';
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
import type { Chance } from '../chance.ts';
import type { ResponderWay } from '../responder-ways.ts';
import {
  callFor,
  createWatch,
  type Lane,
  type LaneOptions,
  openLane,
  type Running,
  untilNothingStands,
  type Watch,
} from '../responding.ts';
import {
  type Asked,
  cap,
  going,
  judgeAsked,
  judgeLeftOpen,
  judgeResponses,
  latest,
  type LeftOpen,
  leaseSpan,
  mostLate,
  protectedPrefix,
  readAsked,
  readResponses,
  type TargetMode,
} from '../responses.ts';

type Wrongs = Violation<RecipeWrong>[];
type Founds = readonly Found[];

// What was turned down ten times is tried again after two minutes; all of it is over by then.
const overWithin: Millis = 150_000;
// Longer than a claim lasts, and than it takes to renew it.
const stopFor: Millis = 33_000;
const day: Millis = 86_400_000;
const controlFor: Millis = 6_000;
const fenceFor: Millis = 2_500;
const pauseOfCallers: Millis = 120;
const afterKill = [0, 1_200] as const;

interface Trial {
  readonly context: RecipeContext;
  readonly lane: Lane;
  readonly tally: Tally;
  readonly watch: Watch;
  /** Addresses of late. */
  readonly recent: string[];
  /** What kills left open, done and not answered. */
  readonly open: LeftOpen[];
}

const begin = async (context: RecipeContext, tally: Tally, options: LaneOptions): Promise<Trial> => ({
  ...{ context, tally, recent: [], open: [] },
  lane: await openLane(context, options),
  watch: createWatch(),
});

const found = (started: Running | Violation<RecipeWrong>): started is Violation<RecipeWrong> => 'wrong' in started;

const look = ({ context, lane }: Trial) => {
  const copy = join(context.scratch, `${lane.name.replaceAll(' ', '-')}-copy`);
  copyLog(lane.data, copy);
  return readResponses(copy);
};

/** Starts a gateway, harms it under load, and kills it. */
const killAfter = async (trial: Trial, cycle: number, harm: (chance: Chance) => Promise<unknown>): Promise<Wrongs> => {
  const { context, lane, recent } = trial;
  const chance = context.chance('respond', lane.name, cycle);
  const from = lane.downtimes.length === 0 ? Date.now() : undefined;
  const started = await lane.start();
  if (found(started)) return [started];
  const { victim, address } = started;
  const before = lane.downtimes.pop();
  lane.downtimes.push({ from: before?.from ?? from ?? Date.now(), to: Date.now() });
  const [calls, follows] = [callFor(address, chance, recent, pauseOfCallers), trial.watch.follow(address)];
  await Promise.race([harm(chance), victim.exited]);
  const early = victim.exit;
  await victim.kill();
  lane.downtimes.push({ from: Date.now(), to: Infinity });
  await Promise.all([calls.stop(), follows.stop()]);
  return early ? [endedByItself(early)] : [];
};

/** One kill under load, at any moment of whatever is under way. */
const killOnce = async (trial: Trial, cycle: number): Promise<Wrongs> => {
  const { context, lane, tally } = trial;
  const wrong = await killAfter(trial, cycle, (chance) => pause(chance.between(1_000, 1_500 + leaseSpan / 2)));
  tally.add('kills');
  for (const { state } of look(trial)) if (going.includes(state)) tally.add(`found ${state} by a kill`);
  // Some are away when their leases end.
  await pause(context.chance('respond', lane.name, cycle, 'away').between(...afterKill));
  return wrong;
};

const openStates: Readonly<Record<LeftOpen['action'], string>> = { respond: 'executing', revert: 'reverting' };

/** One kill right when the target has done it, and the gateway does not know. */
const killAtEdge = async (trial: Trial, cycle: number): Promise<Wrongs> => {
  const { lane, tally, open } = trial;
  const action = cycle % 2 === 1 ? 'respond' : 'revert';
  let id = '';
  const wrong = await killAfter(trial, cycle, async () => (id = await lane.leaveUnanswered(action)));
  const state = look(trial).find((each) => each.id === id)?.state;
  tally.add(`kills between ${action} and its settlement`);
  open.push({ id, action, state });
  if (wrong.length > 0 || state === openStates[action]) return wrong;
  return [wrongly('no fault', `it was ${state ?? 'nowhere'} when the target had done it (${lane.name})`)];
};

// While a clock jumps, the end that a decision says is of another clock: what counts is that it was ended.
const isOfJumps = ({ name }: Lane): boolean => name.startsWith('clock');

const judgeWatch = ({ watch, lane }: Trial): Wrongs => {
  const { inForce, seen, tooLong, targets } = watch;
  const guarded = [...targets].filter((target) => target.startsWith(protectedPrefix)).length;
  const capped = new Set(
    [...seen.values()].filter(({ playbook }) => playbook === 'capped').map(({ target }) => target),
  );
  return [
    ...(inForce.size > 0
      ? [wrongly('effect stayed', `${inForce.size} decisions were never ended (${lane.name})`)]
      : []),
    ...(tooLong.length > 0 && !isOfJumps(lane)
      ? [wrongly('effect stayed', `${tooLong.length} decisions last too long`)]
      : []),
    ...(guarded > 0 ? [wrongly('guardrail broken', `${guarded} decisions about what is protected`)] : []),
    ...(capped.size > cap ? [wrongly('guardrail broken', `${capped.size} decisions of a budget of ${cap}`)] : []),
  ];
};

/** The last gateway of a lane, under which everything comes to its end; then all is judged. */
const finish = async (trial: Trial, running?: Running): Promise<Wrongs> => {
  const { lane, tally, watch } = trial;
  const started = running ?? (await lane.start());
  if (found(started)) return [started];
  const before = lane.downtimes.at(-1);
  if (before?.to === Infinity) lane.downtimes.splice(-1, 1, { ...before, to: Date.now() });
  const follows = watch.follow(started.address);
  await lane.beWell();
  const isOver = await untilNothingStands(started.address, overWithin);
  await pause(1_000);
  await follows.stop();
  await started.victim.kill();
  const [asked, responses] = [readAsked(lane.log), look(trial)];
  tally.add('responses', responses.length);
  tally.add('of these made', responses.filter(({ asked: end }) => end !== undefined).length);
  tally.add('of these taken back', responses.filter(({ state }) => state === 'reverted').length);
  tally.add('refused by guardrails', responses.filter(({ state }) => state === 'refused').length);
  tally.add('waiting, for a budget is spent', responses.filter(({ state }) => state === 'waiting').length);
  for (const { what } of asked) tally.add(`asks at the target: ${what}`);
  tally.most('ms, the latest that was taken back', Math.round(latest(asked, lane.downtimes)));
  tally.add('decisions seen', watch.seen.size);
  return [
    ...(isOver ? [] : [wrongly('taken back late', `something stood after ${overWithin} ms (${lane.name})`)]),
    // What a clock was ahead of begins its span anew once it has jumped back.
    ...judgeAsked(asked, lane.downtimes, isOfJumps(lane) ? mostLate + leaseSpan : mostLate),
    ...judgeResponses(responses, asked),
    ...judgeWatch(trial),
  ];
};

const close = ({ lane }: Trial): void => lane.stop();

const killAll = async (
  trial: Trial,
  cycles: Iterable<number>,
  killOne: (trial: Trial, cycle: number) => Promise<Wrongs>,
): Promise<Founds> => {
  let last = 0;
  for (const cycle of cycles) {
    last = cycle;
    const wrong = await killOne(trial, cycle);
    trial.context.progress(`kill ${cycle} (${trial.lane.name})`);
    if (wrong.length > 0) return inCycle(cycle, wrong);
  }
  // What shows only at the end may be of any of them.
  return inCycle(last, await finish(trial));
};

/** Under load and alone: `harm` is done to a gateway, which is killed only when everything is over. */
const oneHarm = async (trial: Trial, cycle: number, harm: (running: Running) => Promise<void>): Promise<Wrongs> => {
  const { lane, context, recent, watch } = trial;
  const chance = context.chance('respond', lane.name, cycle);
  const started = await lane.start();
  if (found(started)) return [started];
  const calls = callFor(started.address, chance, recent, pauseOfCallers);
  const follows = watch.follow(started.address);
  await pause(chance.between(1_500, 3_000));
  await harm(started);
  await pause(chance.between(1_500, 3_000));
  await Promise.all([calls.stop(), follows.stop()]);
  const early = started.victim.exit;
  return early ? [endedByItself(early)] : finish(trial, started);
};

const stopped = (trial: Trial, cycle: number): Promise<Wrongs> =>
  oneHarm(trial, cycle, async ({ victim }) => {
    const from = Date.now();
    victim.signal('SIGSTOP');
    await pause(stopFor);
    victim.signal('SIGCONT');
    trial.lane.downtimes.push({ from, to: Date.now() });
    trial.tally.add('stops for longer than a claim');
  });

const jumped = (trial: Trial, cycle: number): Promise<Wrongs> =>
  oneHarm(trial, cycle, async () => {
    for (const by of cycle % 2 === 0 ? [day, 0, -day, 0] : [-day, 0, day, 0]) {
      trial.lane.shift(by);
      trial.tally.add('jumps of the wall clock by a day');
      await pause(leaseSpan + 500);
    }
  });

const inLane = async <T>(
  context: RecipeContext,
  tally: Tally,
  options: LaneOptions,
  work: (trial: Trial) => Promise<T>,
): Promise<T> => {
  const trial = await begin(context, tally, options);
  try {
    return await work(trial);
  } finally {
    close(trial);
  }
};

/** One lane after the other, until one has found something. */
const harms = async (context: RecipeContext, tally: Tally): Promise<Founds> => {
  for (const cycle of context.cycles(context.plan.respondStops)) {
    const both = await Promise.all([
      inLane(context, tally, { name: `stop ${cycle}` }, (trial) => stopped(trial, cycle)),
      inLane(context, tally, { name: `clock ${cycle}` }, (trial) => jumped(trial, cycle)),
    ]);
    if (both.flat().length > 0) return inCycle(cycle, both.flat());
  }
  return [];
};

/** Kills between an effect and its settlement. Who may not ask again finds `unknown`, and takes it back at its end. */
const edges = (context: RecipeContext, tally: Tally, way?: ResponderWay): Promise<Founds> =>
  inLane(context, tally, { name: way ?? 'edges', mostFailures: 0, ...(way && { way }) }, async (trial) => {
    // The first is killed when it has acted, the next when it has taken back, and so on.
    const count = Math.ceil(context.plan.respondEdges / (way === undefined ? 1 : 2));
    const found = await killAll(trial, context.cycles(count), killAtEdge);
    const wrong = judgeLeftOpen(trial.open, readAsked(trial.lane.log), way === undefined);
    return [...found, ...inCycle(trial.open.length, wrong)];
  });

/** The same as if everything had been taken back so much later. */
const later = (asked: readonly Asked[], by: Millis): readonly Asked[] =>
  asked.map((each) =>
    each.action === 'revert' ? { ...each, at: each.at + by, came: (each.came ?? each.at) + by } : each,
  );

/** Targets that do not keep the rules for receivers must be found, or nothing can be. */
const controls = async (context: RecipeContext): Promise<{ readonly made: Control[]; readonly found: Founds }> => {
  const tally = createTally();
  const calm = (name: string, mode: TargetMode, span: Millis, way?: ResponderWay): Promise<Wrongs> =>
    inLane(context, tally, { name, mode, ...(way && { way }) }, (trial) => oneHarm(trial, 1, () => pause(span)));
  let delayed: Wrongs = [];
  const [careless, dropping] = await Promise.all([
    calm('careless', 'careless', controlFor),
    inLane(context, tally, { name: 'dropping', mode: 'drops reverts' }, async (trial) => {
      const wrong = await oneHarm(trial, 1, () => pause(controlFor));
      delayed = judgeAsked(later(readAsked(trial.lane.log), 2 * mostLate), trial.lane.downtimes);
      return wrong;
    }),
  ]);
  // Everything arrives after it was taken back: the fence alone is between that and an effect that stays.
  const [unfenced, fenced] = await Promise.all([
    calm('unfenced', 'arrives behind', fenceFor, 'unfenced'),
    calm('fenced', 'arrives behind', fenceFor),
  ]);
  const made = [
    controlOf('a target without fences and keys', 'done twice', careless),
    controlOf('what was taken back, ten seconds later', 'taken back late', delayed),
    controlOf('a target that drops what takes back', 'effect stayed', dropping),
    controlOf('a gateway without fences, and nothing else', 'effect stayed', unfenced),
  ];
  return { made, found: inCycle(1, fenced) };
};

/** `SIGKILL`, `SIGSTOP` and a clock that jumps while responses are made and taken back, and their target fails. */
export const respond: Recipe = {
  name: 'respond',
  weight: 4,
  isTimed: true,
  obstacle: () => undefined,
  run: async (context) => {
    const tally = createTally(
      'kills',
      'stops for longer than a claim',
      'jumps of the wall clock by a day',
      'responses',
    );
    const kills = inLane(context, tally, { name: 'kills' }, (trial) =>
      killAll(trial, context.cycles(context.plan.respondKills), killOnce),
    );
    const controlling = controls(context);
    // Not more at a time than the machine can serve.
    const [ofKills, ofHarms, control, ...ofEdges] = await Promise.all([
      kills,
      harms(context, tally),
      controlling,
      kills.then(() => edges(context, tally)),
      controlling.then(() => edges(context, tally, 'asked once')),
    ]);
    const violations = [...ofKills, ...ofEdges.flat(), ...ofHarms, ...control.found];
    return { counts: tally.counts, violations, controls: control.made };
  },
};
