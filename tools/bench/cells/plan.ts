import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import { DeliveryServiceClient } from '@therapytrain/alerts-api';
import { type Bench, runUntil } from '../bench.ts';
import { batchStreams, trialOf } from '../contenders/contenders.ts';
import { tellingPolicy } from '../contenders/policies.ts';
import { startGateway } from '../contenders/servers.ts';
import { cpuSeconds, freePort } from '../host.ts';
import { batchAlerts } from '../payload.ts';
import type { BatchSettings } from '../scripts/batches.ts';
import type { Cell, Contender } from '../trial.ts';

const load = { connections: 4, window: 4 };
// Each look adds up all that waits, in the thread that is measured.
const glance = 100;

type Kind = 'distinct' | 'storm';

/** A data directory whose alerts are kept and not planned. */
const filled = async (bench: Bench, kind: Kind): Promise<string> => {
  const data = bench.scratch.directory();
  const gateway = await startGateway(bench, { data });
  const settings: Omit<BatchSettings, 'warmUp' | 'seconds'> = {
    address: gateway.address,
    alerts: batchAlerts,
    ...load,
    distinct: kind === 'distinct',
  };
  await runUntil(bench, 'batches', { ...settings, warmUp: 0, seconds: 0 }, bench.extent.planned);
  await gateway.stop();
  // Without a policy they were passed over: as if nothing of it had happened.
  for (const name of ['plan.db', 'plan.db-wal', 'plan.db-journal']) rmSync(join(data, name), { force: true });
  // Its audit log would be ahead of a store that begins anew.
  rmSync(join(data, 'audit'), { recursive: true, force: true });
  return data;
};

/** How many pairs were accepted for the only channel. */
const acceptedBy = (client: DeliveryServiceClient): Promise<number> =>
  new Promise((resolve, reject) => {
    client.getAccounting({}, (error, { accounts } = { accounts: [] }) =>
      error ? reject(error) : resolve(Number(accounts[0]?.accepted ?? 0)),
    );
  });

/** A gateway that is started on a log that it has not planned yet, and plans it. */
const plansBacklog = (bench: Bench, name: string, backlog: string, policy: string): Contender => ({
  name,
  trial: async () => {
    const data = bench.scratch.directory(backlog);
    const gateway = await startGateway(bench, { data, policy });
    const client = new DeliveryServiceClient(gateway.address, credentials.createInsecure());
    try {
      const all = await gateway.newest();
      const from = { at: performance.now(), cpu: cpuSeconds(gateway.pid), accepted: await acceptedBy(client) };
      let accepted = from.accepted;
      while (accepted < all) {
        await sleep(glance);
        accepted = await acceptedBy(client);
      }
      if (accepted !== all) throw new Error(`${all} alerts are kept, and ${accepted} pairs were planned`);
      const seconds = (performance.now() - from.at) / 1_000;
      return trialOf({ count: all - from.accepted, seconds, cpu: cpuSeconds(gateway.pid) - from.cpu });
    } finally {
      client.close();
      await gateway.stop();
      bench.scratch.drop(data);
    }
  },
});

const names = {
  distinct: 'planning, incidents of their own',
  storm: 'planning, a storm of equal alerts',
  keeps: 'ReportAlerts, nothing to plan',
  both: 'ReportAlerts, and planning the storm',
} as const;

/** h. Alerts planned a second. */
export const planCell = (bench: Bench): Cell => ({
  title: 'h. Alerts planned a second, from a log that is kept already; one webhook that is told later',
  open: async () => {
    const policy = tellingPolicy(bench, await freePort(), '1h');
    const [distinct, storm] = [await filled(bench, 'distinct'), await filled(bench, 'storm')];
    return {
      contenders: [
        plansBacklog(bench, names.distinct, distinct, policy),
        plansBacklog(bench, names.storm, storm, policy),
        batchStreams(bench, names.keeps, await startGateway(bench), load),
        batchStreams(bench, names.both, await startGateway(bench, { policy }), load),
      ],
    };
  },
  figures: [
    {
      text: 'planned, incidents of their own ÷ ReportAlerts',
      of: names.distinct,
      to: names.keeps,
      quantity: 'rate',
      aim: { better: 'more', aim: 0.3, reach: 1 },
    },
    {
      text: 'planned, a storm of equal alerts ÷ ReportAlerts',
      of: names.storm,
      to: names.keeps,
      quantity: 'rate',
      aim: { better: 'more', aim: 1 },
    },
    { text: 'ReportAlerts while it plans ÷ with nothing to plan', of: names.both, to: names.keeps, quantity: 'rate' },
  ],
});
