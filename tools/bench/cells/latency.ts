import { type Bench, createWarmUp, runLoad } from '../bench.ts';
import { type Server, startBare, startGateway, verified } from '../contenders/servers.ts';
import type { OpenLoopResult } from '../load/latencies.ts';
import { batchAlerts } from '../payload.ts';
import type { OpenLoopSettings } from '../scripts/open-loop.ts';
import type { Cell, Contender, Figure } from '../trial.ts';

const connections = 16;

const nameOf = (who: string, arrivals: number): string => `${who}, ${arrivals}/s`;

const openLoop = (bench: Bench, who: string, server: Server, arrivals: number): Contender => {
  const warmUp = createWarmUp(bench);
  return {
    name: nameOf(who, arrivals),
    trial: async () => {
      const times = { seconds: bench.extent.seconds, warmUp: warmUp() };
      const settings: OpenLoopSettings = { address: server.address, connections, arrivals, ...times };
      const load = () => runLoad<OpenLoopResult>(bench, 'open-loop', settings, server.pid);
      const { result, cpu } = await verified(server, load);
      const { count, p50, p99, p999, late } = result;
      return { count, cpu: (cpu / count) * 1e6, p50, p99, p999, late };
    },
  };
};

const figuresFor = (arrivals: number): readonly Figure[] =>
  (['p50', 'p99'] as const).map((quantity) => ({
    text: `ReportAlert at ${arrivals}/s ÷ bare unary echo`,
    of: nameOf('gateway', arrivals),
    to: nameOf('bare echo', arrivals),
    quantity,
  }));

/** f. Latency when reports come as they come. */
export const latencyCell = (bench: Bench): Cell => ({
  title: `f. ReportAlert, latency at a fixed rate of arrival on ${connections} connections, from when each was due`,
  open: async () => {
    const [gateway, bare] = [await startGateway(bench), await startBare(bench, { batch: batchAlerts })];
    return {
      contenders: bench.extent.arrivals.flatMap((arrivals) => [
        openLoop(bench, 'gateway', gateway, arrivals),
        openLoop(bench, 'bare echo', bare, arrivals),
      ]),
    };
  },
  figures: bench.extent.arrivals.flatMap(figuresFor),
});
