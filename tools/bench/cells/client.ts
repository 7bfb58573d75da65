import { type Bench, createWarmUp, runLoad } from '../bench.ts';
import { type Counted, trialBy, unaryCalls } from '../contenders/contenders.ts';
import { type Server, startBare, startGateway, verified } from '../contenders/servers.ts';
import { batchAlerts } from '../payload.ts';
import type { ClientSettings } from '../scripts/client-reports.ts';
import type { Cell, Contender } from '../trial.ts';

const concurrency = 256;
const byH2load = { connections: 16, streams: 16 };

const reports = (bench: Bench, name: string, server: Server, client: ClientSettings['client']): Contender => {
  const warmUp = createWarmUp(bench);
  return {
    name,
    trial: async () => {
      const times = { seconds: bench.extent.seconds, warmUp: warmUp() };
      const settings: ClientSettings = { address: server.address, concurrency, client, ...times };
      return trialBy(await verified(server, () => runLoad<Counted>(bench, 'client-reports', settings, server.pid)));
    },
  };
};

/** c. The client library. */
export const clientCell = (bench: Bench): Cell => ({
  title: `c. The client library, ${concurrency} concurrent report(), durable`,
  open: async () => {
    const [gateway, bare] = [await startGateway(bench), await startBare(bench, { batch: batchAlerts })];
    return {
      contenders: [
        reports(bench, 'gateway, client library', gateway, 'library'),
        reports(bench, 'bare unary echo, bare client', bare, 'bare'),
        unaryCalls(bench, 'bare unary echo, h2load', bare, byH2load),
      ],
    };
  },
  figures: [
    {
      text: 'client library ÷ bare unary echo by h2load, 256 in flight',
      of: 'gateway, client library',
      to: 'bare unary echo, h2load',
      quantity: 'rate',
      aim: { better: 'more', aim: 2, reach: 5 },
    },
    {
      text: 'client library ÷ bare unary echo by a bare grpc-js client, 256 in flight',
      of: 'gateway, client library',
      to: 'bare unary echo, bare client',
      quantity: 'rate',
    },
  ],
});
