import { connect as connectHttp } from 'node:http2';
import { setTimeout as pause } from 'node:timers/promises';
import type { AlertServiceClient } from '@therapytrain/alerts-api';
import type { Millis } from '@therapytrain/alerts-core';
import type { Violation } from '../checker.ts';
import { connect, openStream } from '../client.ts';
import { type History, openHistory, recover, startOrTell } from '../history.ts';
import { type Listener, startListener } from '../listener.ts';
import { type Load, type LoadOptions, startLoad } from '../load.ts';
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
import { judgeSightings, type Sighting } from '../subscription.ts';
import type { Exit, Victim } from '../victim.ts';

const listeners = 200;
const connections = 4;
const resumers = 10;
const fewest = 20;
// Each report goes to every subscriber, and the harness is all of them.
const load: LoadOptions = { callers: 4, streams: 1, batch: 2, pause: 400, size: 'mixed' };
const drainWithin: Millis = 20_000;
const endWithin: Millis = 2_000;
const hangAfter: Millis = 2_000;
const resumeWithin: Millis = 10_000;

/** A gateway with subscribers, under load. */
interface Busy {
  readonly victim: Victim;
  readonly address: string;
  readonly reports: Load;
  readonly clients: readonly AlertServiceClient[];
  readonly subscribers: readonly Listener[];
}

const begin = async (
  context: RecipeContext,
  history: History,
  name: string,
): Promise<Busy | Violation<RecipeWrong>> => {
  const started = await startOrTell(context, { data: history.data });
  if ('wrong' in started) return started;
  const clients = Array.from({ length: connections }, () => connect(started.address));
  const subscribers = clients.flatMap((client) =>
    Array.from({ length: listeners / connections }, () => startListener(client)),
  );
  const reports = startLoad(started.address, history.ledger, context.chance(name), load);
  await reports.acknowledged(fewest);
  while (subscribers.some(({ seen }) => seen.length === 0) && !started.victim.exit) await pause(10);
  return { ...started, reports, clients, subscribers };
};

const end = async ({ reports, clients, subscribers }: Busy): Promise<void> => {
  await reports.stop();
  await Promise.all(subscribers.map(({ ended }) => ended));
  for (const client of clients) client.close();
};

/** What is wrong with how a gateway ended that was asked to, after so many milliseconds. */
export const judgeDrain = (
  { code, signal }: Pick<Exit, 'code' | 'signal'>,
  took: Millis,
  farewells: readonly (string | undefined)[],
): Violation<RecipeWrong>[] => {
  const without = farewells.filter((farewell) => farewell === undefined).length;
  return [
    ...(code === 0 ? [] : [wrongly('ended wrongly', `it ended with ${code ?? signal} instead of 0`)]),
    ...(took <= drainWithin ? [] : [wrongly('ended wrongly', `it took ${Math.round(took)} ms to end`)]),
    ...(without === 0
      ? []
      : [wrongly('no farewell', `${without} of ${farewells.length} subscribers were told nothing`)]),
  ];
};

const endBy = async (busy: Busy, signal: 'SIGTERM' | 'SIGKILL') => {
  const at = performance.now();
  busy.victim.signal(signal);
  const exit = await busy.victim.exited;
  const took = exit.at - at;
  await end(busy);
  const farewells = busy.subscribers.map(({ farewell }) => farewell);
  return { took, violations: judgeDrain(exit, took, farewells) };
};

/** The first alert after a cursor; undefined if none comes. */
const firstAfter = (client: AlertServiceClient, cursor: string): Promise<number | undefined> =>
  new Promise((resolve) => {
    const stream = openStream(client, { start: { $case: 'cursor', value: cursor } });
    const done = (sequence?: number): void => {
      clearTimeout(timer);
      stream.cancel();
      resolve(sequence);
    };
    const timer = setTimeout(done, resumeWithin);
    stream.on('error', () => done());
    stream.on('data', ({ event }) => {
      if (event?.$case === 'alert') done(Number(event.value.alert?.sequence));
    });
  });

/** Subscribers saw a part of the log without a gap, and their last cursor leads to what comes next. */
const checkSubscribers = async (
  context: RecipeContext,
  history: History,
  address: string,
  subscribers: readonly Listener[],
): Promise<Violation<RecipeWrong>[]> => {
  const more = startLoad(address, history.ledger, context.chance('drain', 'more'), load);
  await more.acknowledged(10);
  await more.stop();
  const client = connect(address);
  const log: Sighting[] = [];
  await streamAll(client, ({ alert }) => void (alert && log.push({ sequence: Number(alert.sequence), id: alert.id })));
  const violations = subscribers.flatMap(({ seen }, at) => {
    const [first, last] = [seen[0]?.sequence ?? 0, seen.at(-1)?.sequence ?? 0];
    return judgeSightings(
      `subscriber ${at}`,
      seen,
      log.filter(({ sequence }) => sequence >= first && sequence <= last),
    );
  });
  for (const [at, { seen, cursor }] of subscribers.slice(0, resumers).entries()) {
    const next = log.find(({ sequence }) => sequence > (seen.at(-1)?.sequence ?? 0))?.sequence;
    const got = cursor === undefined ? undefined : await firstAfter(client, cursor);
    if (got !== next) violations.push(wrongly('stream gap', `subscriber ${at} resumed at ${got} instead of ${next}`));
  }
  client.close();
  return violations;
};

const drainOnce = async (context: RecipeContext, history: History, tally: Tally): Promise<Violation<RecipeWrong>[]> => {
  const busy = await begin(context, history, 'drain');
  if ('wrong' in busy) return [busy];
  const { took, violations } = await endBy(busy, 'SIGTERM');
  tally.add('drains');
  tally.add('subscribers told where to go on', busy.subscribers.filter(({ farewell }) => farewell).length);
  tally.most('ms, slowest drain', Math.round(took));
  const recovery = await recover(context, history, context.chance('drain', 'after'), tally);
  if (!recovery.victim) return [...violations, ...recovery.violations];
  const subscribers = await checkSubscribers(context, history, await recovery.victim.listening, busy.subscribers);
  await recovery.victim.kill();
  return [...violations, ...recovery.violations, ...subscribers];
};

/** A call whose message never comes, so that a drain has something to wait for. */
const hangCall = (address: string): (() => void) => {
  const session = connectHttp(`http://${address}`);
  session.on('error', () => {});
  const call = session.request({
    ':method': 'POST',
    ':path': '/therapytrain.alerts.v1.AlertService/ReportAlert',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  call.on('error', () => {});
  return () => session.destroy();
};

const twoSignals = async (
  context: RecipeContext,
  history: History,
  tally: Tally,
): Promise<Violation<RecipeWrong>[]> => {
  const busy = await begin(context, history, 'drain twice');
  if ('wrong' in busy) return [busy];
  busy.victim.signal('SIGTERM');
  // While it still takes calls, but not so early that the call has run out of time when the drain begins.
  await pause(hangAfter);
  const release = hangCall(busy.address);
  await Promise.all(busy.subscribers.map(({ ended }) => ended));
  const early = busy.victim.exit;
  const at = performance.now();
  busy.victim.signal('SIGTERM');
  const exit = await busy.victim.exited;
  release();
  await end(busy);
  tally.add('second signals');
  tally.most('ms, slowest end after a second signal', Math.round(exit.at - at));
  const recovery = await recover(context, history, context.chance('drain', 'after twice'), tally);
  await recovery.victim?.kill();
  return [
    ...(early ? [wrongly('ended wrongly', 'it did not wait for a call that was open')] : []),
    ...(exit.at - at > endWithin ? [wrongly('ended wrongly', 'a second signal did not end it at once')] : []),
    ...recovery.violations,
  ];
};

// What a process does that is killed instead must not pass for a drain.
const killedInstead = async (context: RecipeContext): Promise<Control[]> => {
  const history = openHistory(context, 'drain-control');
  const busy = await begin(context, history, 'drain control');
  if ('wrong' in busy) throw new Error(busy.what);
  const { violations } = await endBy(busy, 'SIGKILL');
  history.close();
  return [
    controlOf('a gateway killed instead: subscribers', 'no farewell', violations),
    controlOf('a gateway killed instead: its end', 'ended wrongly', violations),
    controlOf(
      'a drain that takes too long',
      'ended wrongly',
      judgeDrain({ code: 0, signal: null }, drainWithin + 1, []),
    ),
  ];
};

/** `SIGTERM` under load: everybody is told, nothing is lost, and it ends in time. */
export const drain: Recipe = {
  name: 'drain',
  weight: 1,
  isTimed: true,
  obstacle: () => undefined,
  run: async (context) => {
    const tally = createTally('drains', 'second signals', 'subscribers told where to go on');
    const controls = await killedInstead(context);
    const violations: Found[] = [];
    for (const cycle of context.cycles(context.plan.drains)) {
      const history = openHistory(context, `drain-${cycle}`);
      const first = await drainOnce(context, history, tally);
      context.progress(`drain ${cycle}`);
      violations.push(...inCycle(cycle, [...first, ...(await twoSignals(context, history, tally))]));
      history.close();
      if (violations.length > 0) break;
    }
    return { counts: tally.counts, violations, controls };
  },
};
