import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createDecisionCache, type DecisionSource } from '@therapytrain/alerts-client';
import { systemClock } from '@therapytrain/alerts-core';
import { askedAddresses, type Asked, benchDecision } from '../load/decisions.ts';
import { done, endWithBench, type LoadTimes, measureLoad, settingsOf } from './script.ts';

/** Look-ups of addresses among decisions in memory. */
export interface LookUpSettings extends LoadTimes {
  readonly decisions: number;
  readonly asked: Asked;
  /** Our cache, or the least that could do it: a map by the text of the address, which knows no range and no end. */
  readonly by: 'cache' | 'map';
}

const settings = settingsOf<LookUpSettings>();
const { decisions, asked, by } = settings;
const atOnce = 1_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const held = (): number => {
  collect();
  return process.memoryUsage.rss() / 1024 / 1024;
};

const viaCache = (): ((ip: string) => boolean) => {
  const now = systemClock.now();
  let tell: Parameters<DecisionSource['listen']>[0] = () => undefined;
  const listen: DecisionSource['listen'] = (listener) => {
    tell = listener;
    return () => undefined;
  };
  const cache = createDecisionCache({ decisions: () => [], listen }, { clock: systemClock });
  // One by one, so that no list of them all is in memory too.
  for (let n = 0; n < decisions; n++) tell({ kind: 'added', decision: benchDecision(n, now) });
  return cache.isBlocked;
};

const viaMap = (): ((ip: string) => boolean) => {
  const now = systemClock.now();
  const map = new Map<string, number>();
  for (let n = 0; n < decisions; n++) map.set(benchDecision(n, now).target, now);
  return (ip) => map.has(ip);
};

endWithBench();
const before = held();
const isBlocked = by === 'cache' ? viaCache() : viaMap();
const memory = held() - before;
const addressOf = askedAddresses(asked, decisions);
const expected = asked === 'blocked';
let looked = 0;
let stopped = false;
const keepLooking = async (): Promise<void> => {
  while (!stopped) {
    for (let n = 0; n < atOnce; n++) {
      if (isBlocked(addressOf(looked)) !== expected) throw new Error('a look-up gave the wrong answer');
      looked++;
    }
    await turn();
  }
};
const looking = keepLooking();
await Promise.race([looking, measureLoad(settings, () => looked, { memory })]);
stopped = true;
await looking;
done(looked);
