import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, runUntil } from '../bench.ts';
import { alertmanagerIsMissing, hasAlertmanager, startAlertmanager } from '../contenders/alertmanager.ts';
import { batchStreams, unaryCalls } from '../contenders/contenders.ts';
import { type Gateway, type Server, startGateway } from '../contenders/servers.ts';
import { residentMemory } from '../host.ts';
import { batchAlerts } from '../payload.ts';
import type { Cell, Contender, Figure } from '../trial.ts';

const wide = { connections: 16, streams: 16 };
const streams = { connections: 4, window: 4 };
const settleFor = 2_000;

const number = new Intl.NumberFormat('en');
const unaryAt = (kept: number): string => `ReportAlert, ${number.format(kept)} kept`;
const batchAt = (kept: number): string => `ReportAlerts, ${number.format(kept)} kept`;
const memoryOf = (who: string, alerts: number): string => `${who}, ${number.format(alerts)} alerts`;

type Running = Pick<Server, 'pid' | 'address' | 'stop'>;

const untimed = { warmUp: 0, seconds: 0 };

const fillGateway = (bench: Bench, { address }: Running, alerts: number): Promise<void> =>
  runUntil(bench, 'batches', { address, alerts: batchAlerts, ...streams, ...untimed }, alerts);

/** A data directory with so many alerts, and nobody that has it open. */
const filledDirectory = async (bench: Bench, kept: number): Promise<string> => {
  const data = bench.scratch.directory();
  const gateway = await startGateway(bench, { data });
  if (kept > 0) await fillGateway(bench, gateway, kept);
  await gateway.stop();
  return data;
};

// Each trial has a gateway of its own on a copy: a trial keeps alerts too, and the next would begin with those.
const onCopy = (bench: Bench, name: string, filled: string, load: (gateway: Gateway) => Contender): Contender => ({
  name,
  trial: async () => {
    const data = bench.scratch.directory(filled);
    const gateway = await startGateway(bench, { data });
    try {
      return await load(gateway).trial();
    } finally {
      await gateway.stop();
      bench.scratch.drop(data);
    }
  },
});

const memoryAfter = (
  name: string,
  alerts: number,
  start: () => Promise<Running>,
  fill: (server: Running) => Promise<void>,
): Contender => ({
  name: memoryOf(name, alerts),
  trial: async () => {
    const server = await start();
    try {
      await fill(server);
      await sleep(settleFor);
      return { count: alerts, memory: residentMemory(server.pid) };
    } finally {
      await server.stop();
    }
  },
});

const memories = (bench: Bench): readonly Contender[] => {
  const alerts = bench.extent.keptForMemory;
  const gateway = memoryAfter(
    'gateway',
    alerts,
    () => startGateway(bench),
    (server) => fillGateway(bench, server, alerts),
  );
  if (!hasAlertmanager()) return [gateway];
  const post = ({ address }: Running): Promise<void> =>
    runUntil(bench, 'posts', { address, alerts: batchAlerts, connections: 16, ...untimed }, alerts);
  return [gateway, memoryAfter('Alertmanager', alerts, () => startAlertmanager(bench), post)];
};

const slopes = (sizes: readonly number[]): readonly Figure[] =>
  sizes.slice(1).flatMap((kept) =>
    [unaryAt, batchAt].map((nameAt): Figure => {
      const [of, to] = [nameAt(kept), nameAt(sizes[0] ?? 0)];
      return { text: `${of} ÷ ${number.format(sizes[0] ?? 0)} kept`, of, to, quantity: 'rate' };
    }),
  );

/** g. What changes as the log grows. */
export const growthCell = (bench: Bench): Cell => {
  const { kept: sizes, keptForMemory } = bench.extent;
  return {
    title: 'g. Growth: rates with alerts already kept, and memory',
    open: async () => {
      const contenders: Contender[] = [];
      for (const kept of sizes) {
        const filled = await filledDirectory(bench, kept);
        const [unary, batch] = [unaryAt(kept), batchAt(kept)];
        contenders.push(onCopy(bench, unary, filled, (gateway) => unaryCalls(bench, unary, gateway, wide)));
        contenders.push(onCopy(bench, batch, filled, (gateway) => batchStreams(bench, batch, gateway, streams)));
      }
      return {
        contenders: [...contenders, ...memories(bench)],
        skipped: hasAlertmanager() ? [] : [alertmanagerIsMissing],
      };
    },
    figures: [
      ...slopes(sizes),
      {
        text: `memory after ${number.format(keptForMemory)} alerts kept ÷ Alertmanager's with as many active`,
        of: memoryOf('gateway', keptForMemory),
        to: memoryOf('Alertmanager', keptForMemory),
        quantity: 'memory',
        aim: { better: 'less', aim: 0.5, reach: 0.2 },
      },
    ],
  };
};
