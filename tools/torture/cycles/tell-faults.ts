import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createAlertClient } from '@therapytrain/alerts-client';
import type { Instant, Millis } from '@therapytrain/alerts-core';
import type { Violation } from '../checker.ts';
import { openHistory, startOrTell } from '../history.ts';
import { type LoadOptions, startLoad } from '../load.ts';
import {
  type Control,
  controlOf,
  createTally,
  endedByItself,
  type RecipeWrong,
  summaryOf,
  wrongly,
} from '../recipe.ts';
import { finish, type Telling, untilTold } from './tell.ts';

const day: Millis = 86_400_000;
const load: LoadOptions = { callers: 2, streams: 0, batch: 1, pause: 40, size: 'mixed' };
// A day forward and back, then a day back and forward.
const shifts = [day, 0, -day, 0] as const;
const shiftedFor: Millis = 1_500;
const shiftWithin: Millis = 5_000;
// Naps of the worker end within a minute, whatever the clock does.
const toldWithin: Millis = 120_000;

const clockOf = async (address: string): Promise<Instant> => {
  const client = createAlertClient({ address });
  try {
    return (await client.status()).serverTime;
  } finally {
    await client.close();
  }
};

/** What is wrong with how far the clock of the gateway is off: then the fault was not put in. */
export const judgeShift = (wanted: Millis, seen: Millis): Violation<RecipeWrong>[] =>
  Math.abs(wanted - seen) < 60_000 ? [] : [wrongly('no fault', `the clock is ${seen} ms off, and not ${wanted}`)];

const untilShifted = async (address: string, wanted: Millis): Promise<Violation<RecipeWrong>[]> => {
  const end = performance.now() + shiftWithin;
  for (;;) {
    const wrong = judgeShift(wanted, (await clockOf(address)) - Date.now());
    if (wrong.length === 0 || performance.now() > end) return wrong;
    await pause(50);
  }
};

/** The wall clock goes a day forward and a day back under load: nothing may wait for it, nothing be lost or made up. */
export const jumpClock = async (telling: Telling, cycle: number): Promise<Violation<RecipeWrong>[]> => {
  const { context, history, policy, tally } = telling;
  const clockShift = join(context.scratch, 'clock.shift');
  writeFileSync(clockShift, '0');
  const started = await startOrTell(context, { data: history.data, policy, clockShift });
  if ('wrong' in started) return [started];
  const { victim, address } = started;
  const reports = startLoad(address, history.ledger, context.chance('tell', 'clock', cycle), load);
  const violations: Violation<RecipeWrong>[] = [];
  for (const shift of shifts) {
    writeFileSync(clockShift, String(shift));
    violations.push(...(await untilShifted(address, shift)));
    await pause(shiftedFor);
    tally.add('clock jumps of a day');
  }
  await reports.stop();
  const took = violations.length > 0 || victim.exit ? undefined : await untilTold(address, toldWithin);
  const early = victim.exit;
  await victim.kill();
  if (early) return [endedByItself(early), ...violations];
  if (took === undefined) violations.push(wrongly('told late', `not done ${toldWithin} ms after the clock had jumped`));
  tally.most('ms, the steady channel behind a jump', Math.round(took ?? 0));
  // What was reported and told meanwhile is judged as after a kill; the numbers of the table are those of the kills.
  return violations.length > 0 ? violations : finish({ ...telling, tally: createTally() });
};

const share = (sorted: readonly Millis[], part: number): Millis =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.POSITIVE_INFINITY;

/** Median and 99th percentile, in milliseconds. */
interface Latency {
  readonly median: Millis;
  readonly p99: Millis;
}

const latencyOf = (all: readonly Millis[]): Latency => {
  const sorted = all.toSorted((one, other) => one - other);
  return { median: share(sorted, 0.5), p99: share(sorted, 0.99) };
};

// A machine has slow moments, and so has a gateway that counts what fails: what is slower than this is more than that.
const times = 5;
const grace: Millis = 250;

/** True where a channel is told later because another one is dead. */
export const judgeLatency = (alone: Latency, beside: Latency): Violation<RecipeWrong>[] =>
  (['median', 'p99'] as const)
    .filter((which) => !(beside[which] <= times * alone[which] + grace))
    .map((which) =>
      wrongly('told late', `${which} ${beside[which]} ms beside a dead channel, ${alone[which]} ms alone`),
    );

/** How long a notice is on its way through the steady channel, while the other one is well, and while it is dead. */
export const measure = async (telling: Telling): Promise<Violation<RecipeWrong>[]> => {
  const { context, peers, policy, tally } = telling;
  // A log of its own: what is left of before would be told meanwhile.
  const history = openHistory(context, 'measured');
  const started = await startOrTell(context, { data: history.data, policy });
  if ('wrong' in started) return [started];
  const { victim, address } = started;
  const reports = startLoad(address, history.ledger, context.chance('tell', 'measured'), load);
  const during = async (how: 'well' | 'dead'): Promise<Latency> => {
    peers.roughIs(how);
    // The first attempts, and the breaker that they open.
    await pause(2_000);
    peers.latencies();
    await pause(context.plan.measured);
    const seen = peers.latencies();
    tally.add(`notices measured, the other channel ${how}`, seen.length);
    const latency = latencyOf(seen);
    tally.most(`ms median, the other channel ${how}`, latency.median);
    tally.most(`ms p99, the other channel ${how}`, latency.p99);
    return latency;
  };
  const alone = await during('well');
  const beside = await during('dead');
  peers.roughIs('rough');
  await reports.stop();
  await victim.kill();
  history.close();
  return judgeLatency(alone, beside);
};

/** What judges the faults is given what it must find. */
export const faultControls = (): Control[] => {
  const latency = { median: 10, p99: 40 };
  const good = judgeLatency(latency, latency);
  return [
    controlOf('a clock that did not jump', 'no fault', judgeShift(day, 0)),
    controlOf('a channel slowed down by a dead one', 'told late', judgeLatency(latency, { median: 10, p99: 900 })),
    controlOf('a channel that is told nothing', 'told late', judgeLatency(latency, latencyOf([]))),
    { name: 'a channel as fast as before', must: 'nothing', saw: summaryOf(good), good: good.length === 0 },
  ];
};
