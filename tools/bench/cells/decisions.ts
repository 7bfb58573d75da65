import { createDecisionFeed } from '@therapytrain/alerts-manager';
import { systemClock } from '@therapytrain/alerts-core';
import { openSqliteStore } from '@therapytrain/alerts-store-sqlite';
import { type Bench, createWarmUp, runLoad, startScript } from '../bench.ts';
import { type Counted, trialBy } from '../contenders/contenders.ts';
import { startGateway } from '../contenders/servers.ts';
import { type Asked, benchDecision } from '../load/decisions.ts';
import type { LookUpSettings } from '../scripts/look-ups.ts';
import type { Cell, Contender, Figure } from '../trial.ts';

const group = new Intl.NumberFormat('en');

const lookUpName = (by: LookUpSettings['by'], asked: Asked, decisions: number): string =>
  `${by}, ${group.format(decisions)} decisions, ${asked} addresses`;

const snapshotName = (decisions: number): string => `snapshot of ${group.format(decisions)} decisions`;

const lookUps = (bench: Bench, by: LookUpSettings['by'], asked: Asked, decisions: number): Contender => {
  const warmUp = createWarmUp(bench);
  return {
    name: lookUpName(by, asked, decisions),
    trial: async () => {
      const settings: LookUpSettings = { decisions, asked, by, warmUp: warmUp(), seconds: bench.extent.seconds };
      const measured = await runLoad<Counted & { readonly memory: number }>(bench, 'look-ups', settings);
      // The load is what is measured: there is no other process.
      const { load: _, ...trial } = trialBy(measured);
      const { memory } = measured.result;
      return { ...trial, memory, each: (memory * 1024) / decisions };
    },
  };
};

const atOnce = 2_000;

/** A data directory with decisions that are in force. */
const filled = async (bench: Bench, decisions: number): Promise<string> => {
  const data = bench.scratch.directory();
  const store = await openSqliteStore({ directory: data });
  const feed = createDecisionFeed(store, systemClock);
  const now = systemClock.now();
  for (let from = 0; from < decisions; from += atOnce) {
    const count = Math.min(atOnce, decisions - from);
    await Promise.all(Array.from({ length: count }, (_, n) => feed.put(benchDecision(from + n, now), 1)));
  }
  await store.close();
  return data;
};

const snapshots = (bench: Bench, decisions: number, data: string): Contender => ({
  name: snapshotName(decisions),
  trial: async () => {
    const gateway = await startGateway(bench, { data });
    const service = startScript(bench, 'snapshots', { address: gateway.address });
    const { ready, count } = await service.message<{ readonly ready: number; readonly count: number }>('ready');
    await service.output();
    await gateway.stop();
    if (count !== decisions) throw new Error(`${decisions} decisions are in force, and ${count} were told`);
    return { count, ready, rate: (count / ready) * 1_000 };
  },
});

const asked: readonly Asked[] = ['blocked', 'known', 'new IPv4', 'new IPv6'];

const figuresFor = (decisions: number): readonly Figure[] =>
  (['blocked', 'new IPv4'] as const).map((each) => ({
    text: `look-up of ${each} addresses among ${group.format(decisions)} ÷ a map by text that knows no range`,
    of: lookUpName('cache', each, decisions),
    to: lookUpName('map', each, decisions),
    quantity: 'cpu',
  }));

/** k. Look-ups among decisions, and how soon a service that begins has them. */
export const decisionCell = (bench: Bench): Cell => {
  const counts = bench.extent.decisions;
  return {
    title:
      'k. Look-ups of addresses among decisions in memory (the CPU of each is what is aimed at: below 2 µs), snapshots',
    open: async () => {
      const contenders: Contender[] = [];
      for (const decisions of counts) {
        contenders.push(
          ...asked.map((each) => lookUps(bench, 'cache', each, decisions)),
          lookUps(bench, 'map', 'blocked', decisions),
          lookUps(bench, 'map', 'new IPv4', decisions),
          snapshots(bench, decisions, await filled(bench, decisions)),
        );
      }
      return { contenders };
    },
    figures: counts.flatMap(figuresFor),
  };
};
