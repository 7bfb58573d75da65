import { type Bench, createWarmUp, runLoad } from '../bench.ts';
import { type Counted, trialBy } from '../contenders/contenders.ts';
import { type Server, startBare, startGateway } from '../contenders/servers.ts';
import { batchAlerts } from '../payload.ts';
import type { FanOutSettings } from '../scripts/fan-out.ts';
import type { Cell, Contender, Figure } from '../trial.ts';

const mostConnections = 10;
// Deliveries that one message of reports causes: many for the sake of speed, bounded for the sake of memory.
const perMessage = 20_000;
const window = 4;

const alertsFor = (subscribers: number): number => Math.min(batchAlerts, Math.ceil(perMessage / subscribers));

const nameOf = (who: string, subscribers: number): string => `${who}, ${subscribers} subscribers`;

const deliveries = (bench: Bench, who: string, server: Server, subscribers: number): Contender => {
  const warmUp = createWarmUp(bench);
  return {
    name: nameOf(who, subscribers),
    trial: async () => {
      const settings: FanOutSettings = {
        address: server.address,
        subscribers,
        connections: Math.min(subscribers, mostConnections),
        alerts: alertsFor(subscribers),
        window,
        seconds: bench.extent.seconds,
        warmUp: warmUp(),
      };
      return trialBy(await runLoad<Counted>(bench, 'fan-out', settings, server.pid));
    },
  };
};

const aimed = 100;

const figuresFor = (subscribers: number): readonly Figure[] => {
  const [of, to] = [nameOf('gateway', subscribers), nameOf('bare', subscribers)];
  const text = `StreamAlerts, deliveries to ${subscribers} ÷ bare serialise-once fan-out`;
  if (subscribers !== aimed) return [{ text, of, to, quantity: 'rate' }];
  return [{ text, of, to, quantity: 'rate', aim: { better: 'more', aim: 0.8, reach: 0.95 } }];
};

/** Ten times the subscribers should cost no more for each delivery. */
const slopes = (counts: readonly number[]): readonly Figure[] =>
  counts.slice(1).map((subscribers, at) => ({
    text: `CPU per delivery to ${subscribers} ÷ to ${counts[at]}`,
    of: nameOf('gateway', subscribers),
    to: nameOf('gateway', counts[at] ?? 0),
    quantity: 'cpu',
  }));

/** d. Each alert to many subscribers. */
export const fanOutCell = (bench: Bench): Cell => {
  const counts = bench.extent.subscribers;
  return {
    title: 'd. StreamAlerts, deliveries to subscribers on up to 10 connections, reports on the way in',
    open: async () => {
      const gateway = await startGateway(bench);
      // A bare server answers a message of reports with one event for each alert, so it must know how many there are.
      const bare = new Map<number, Server>();
      for (const subscribers of counts) {
        const batch = alertsFor(subscribers);
        if (!bare.has(batch)) bare.set(batch, await startBare(bench, { batch }));
      }
      return {
        contenders: counts.flatMap((subscribers) => {
          const bareServer = bare.get(alertsFor(subscribers)) ?? gateway;
          return [
            deliveries(bench, 'gateway', gateway, subscribers),
            deliveries(bench, 'bare', bareServer, subscribers),
          ];
        }),
      };
    },
    figures: [...counts.flatMap(figuresFor), ...slopes(counts)],
  };
};
