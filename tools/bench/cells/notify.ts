import { type Bench, runLoad } from '../bench.ts';
import { alertmanagerIsMissing, hasAlertmanager, startAlertmanager, tellsAtOnce } from '../contenders/alertmanager.ts';
import { type Counted, trialBy } from '../contenders/contenders.ts';
import { tellingPolicy } from '../contenders/policies.ts';
import { type Server, startGateway } from '../contenders/servers.ts';
import { freePort } from '../host.ts';
import type { OpenLoopResult } from '../load/latencies.ts';
import type { Teller } from '../load/sink.ts';
import type { ArrivalSettings } from '../scripts/arrivals.ts';
import type { NotificationSettings } from '../scripts/notifications.ts';
import type { Cell, Contender, Figure } from '../trial.ts';

const connections = 16;

const tellers = (): readonly Teller[] => (hasAlertmanager() ? ['gateway', 'Alertmanager'] : ['gateway']);

/** Starts one of the two so that it tells a webhook at this port of each incident at once. */
const start = (bench: Bench, teller: Teller, port: number): Promise<Pick<Server, 'pid' | 'address' | 'stop'>> =>
  teller === 'gateway'
    ? startGateway(bench, { policy: tellingPolicy(bench, port, '0s') })
    : startAlertmanager(bench, tellsAtOnce(port));

const nameOf = (teller: Teller, arrivals: number): string => `${teller}, ${arrivals}/s`;

// Both begin anew for each trial: what they keep of the trial before would count.
const arrives = (bench: Bench, teller: Teller, arrivals: number): Contender => ({
  name: nameOf(teller, arrivals),
  trial: async () => {
    const sink = await freePort();
    const server = await start(bench, teller, sink);
    const { address, pid } = server;
    const times = { seconds: bench.extent.seconds, warmUp: bench.extent.warmUp };
    const settings: ArrivalSettings = { teller, address, sink, connections, arrivals, ...times };
    try {
      const { result, cpu } = await runLoad<OpenLoopResult>(bench, 'arrivals', settings, pid);
      const { count, p50, p99, p999, late } = result;
      return { count, cpu: (cpu / count) * 1e6, p50, p99, p999, late };
    } finally {
      await server.stop();
    }
  },
});

const arrivalFigures = (arrivals: number): readonly Figure[] =>
  (['p50', 'p99'] as const).map((quantity) => ({
    text: `report to webhook at ${arrivals}/s ÷ Alertmanager`,
    of: nameOf('gateway', arrivals),
    to: nameOf('Alertmanager', arrivals),
    quantity,
    ...(arrivals === 100 && { aim: { better: 'less', aim: 2, reach: 1 } as const }),
  }));

/** i. From a report to the arrival of its notice. */
export const arrivalCell = (bench: Bench): Cell => ({
  title: 'i. From when a report is due to the arrival of its notice at a local webhook, an incident each',
  open: async () => ({
    contenders: bench.extent.reportsToArrive.flatMap((arrivals) =>
      tellers().map((teller) => arrives(bench, teller, arrivals)),
    ),
    skipped: hasAlertmanager() ? [] : [alertmanagerIsMissing],
  }),
  figures: bench.extent.reportsToArrive.flatMap(arrivalFigures),
});

const tells = (bench: Bench, teller: Teller): Contender => ({
  name: teller,
  trial: async () => {
    const sink = await freePort();
    const server = await start(bench, teller, sink);
    const { told } = bench.extent;
    const settings: NotificationSettings = {
      ...{ teller, address: server.address, sink },
      ...{ count: told, unmeasured: Math.ceil(told / 5) },
    };
    try {
      return trialBy(await runLoad<Counted>(bench, 'notifications', settings, server.pid));
    } finally {
      await server.stop();
    }
  },
});

/** j. Notifications a second. */
export const notificationCell = (bench: Bench): Cell => ({
  title: 'j. Notifications to a local webhook, one of each incident, from the first report to the last arrival',
  open: async () => ({
    contenders: tellers().map((teller) => tells(bench, teller)),
    skipped: hasAlertmanager() ? [] : [alertmanagerIsMissing],
  }),
  figures: [
    {
      text: 'notifications ÷ Alertmanager',
      of: 'gateway',
      to: 'Alertmanager',
      quantity: 'rate',
      aim: { better: 'more', aim: 1, reach: 2 },
    },
    { text: 'notifications, CPU of each ÷ Alertmanager', of: 'gateway', to: 'Alertmanager', quantity: 'cpu' },
  ],
});
