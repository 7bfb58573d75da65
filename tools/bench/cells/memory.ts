import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, startScript } from '../bench.ts';
import { collector, type Server, startBare, startGateway } from '../contenders/servers.ts';
import { residentMemory } from '../host.ts';
import { batchAlerts } from '../payload.ts';
import type { Cell, Contender, Figure } from '../trial.ts';

const perConnection = 100;
const settleFor = 1_500;

const nameOf = (who: string, subscribers: number): string => `${who}, ${subscribers} idle subscribers`;

// What is held, not what is waiting for the collector.
const heldBy = async (server: Server): Promise<number> => {
  await sleep(settleFor);
  await server.collect();
  await sleep(settleFor);
  return residentMemory(server.pid);
};

const idle = (bench: Bench, who: string, start: () => Promise<Server>, subscribers: number): Contender => ({
  name: nameOf(who, subscribers),
  // A new server each time: memory that was needed once is not always given back.
  trial: async () => {
    const server = await start();
    const before = await heldBy(server);
    const connections = Math.ceil(subscribers / perConnection);
    const load = startScript(bench, 'idle', { address: server.address, subscribers, connections });
    await load.message('opened');
    const memory = (await heldBy(server)) - before;
    await load.stop();
    await server.stop();
    return { count: subscribers, memory, each: (memory * 1024) / subscribers };
  },
});

const most = 10_000;

const figureFor = (subscribers: number): Figure => {
  const figure: Figure = {
    text: `memory of ${subscribers} idle subscribers ÷ bare grpc-js streams`,
    of: nameOf('gateway', subscribers),
    to: nameOf('bare', subscribers),
    quantity: 'memory',
  };
  return subscribers === most ? { ...figure, aim: { better: 'less', aim: 1.3, reach: 1.1 } } : figure;
};

/** e. Subscribers that nothing comes for. */
export const memoryCell = (bench: Bench): Cell => {
  const counts = bench.extent.idleSubscribers;
  return {
    title: `e. Memory above the idle server, ${perConnection} subscribers a connection`,
    open: async () => ({
      contenders: counts.flatMap((subscribers) => [
        idle(bench, 'gateway', () => startGateway(bench, { flags: [collector] }), subscribers),
        idle(bench, 'bare', () => startBare(bench, { batch: batchAlerts }, [collector]), subscribers),
      ]),
    }),
    figures: counts.map(figureFor),
  };
};
