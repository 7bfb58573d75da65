import { Client, credentials } from '@grpc/grpc-js';
import { ReportAlertResponse } from '@therapytrain/alerts-api';
import { type Bench, createWarmUp, type Measured, runLoad } from '../bench.ts';
import { cpuSeconds } from '../host.ts';
import { h2load, type InFlight } from '../load/h2load.ts';
import { pathOf } from '../load/messages.ts';
import { batchAlerts, reportBody } from '../payload.ts';
import type { BatchSettings } from '../scripts/batches.ts';
import type { Contender, Trial } from '../trial.ts';
import { type Server, verified } from './servers.ts';

/** What a load script counted. */
export interface Counted {
  readonly count: number;
  readonly seconds: number;
}

/** What a contender did, as quantities. */
export interface Tally extends Counted {
  /** CPU seconds of the contender, and of the load where it is one of ours. */
  readonly cpu: number;
  readonly loadCpu?: number;
  readonly refused?: number;
}

/** The quantities of a trial. */
export const trialOf = ({ count, seconds, cpu, loadCpu, refused = 0 }: Tally): Trial => ({
  count,
  rate: count / seconds,
  cpu: (cpu / count) * 1e6,
  ...(loadCpu === undefined ? {} : { load: (loadCpu / count) * 1e6 }),
  ...(refused > 0 ? { refused } : {}),
});

/** The quantities of a trial by one of our loads. */
export const trialBy = ({ result, cpu, loadCpu, refused }: Measured<Counted>): Trial =>
  trialOf({ ...result, cpu, loadCpu, refused });

const identity = (bytes: Buffer): Buffer => bytes;

/** Makes one call by an ordinary client, and rejects unless its status is OK and its answer a receipt. */
export const sampleReport = (address: string): Promise<void> => {
  const client = new Client(address, credentials.createInsecure());
  return new Promise<void>((resolve, reject) => {
    client.makeUnaryRequest(pathOf('ReportAlert'), identity, identity, Buffer.from(reportBody()), (error, answer) => {
      if (error) return reject(error);
      const { alertId, sequence } = ReportAlertResponse.decode(answer ?? Buffer.alloc(0));
      if (alertId.length === 36 && sequence > 0n) resolve();
      else reject(new Error('the answer to a report is not a receipt'));
    });
  }).finally(() => client.close());
};

/** Unary calls by h2load, which cannot tell a receipt from a refusal: with a gateway, its log has to. */
export const unaryCalls = (bench: Bench, name: string, server: Server, inFlight: InFlight): Contender => {
  const warmUp = createWarmUp(bench);
  const run = async (span: number) => {
    const report = await h2load(bench, server.address, 'ReportAlert', reportBody(), inFlight, span);
    if (report.failed > 0) throw new Error(`${report.failed} requests failed`);
    return { ...report, total: report.succeeded };
  };
  const measured = async () => {
    const before = cpuSeconds(server.pid);
    const report = await run(bench.extent.seconds);
    return { ...report, cpu: cpuSeconds(server.pid) - before };
  };
  return {
    name,
    trial: async () => {
      await run(warmUp());
      await sampleReport(server.address);
      const { total, seconds, cpu } = await verified(server, measured, inFlight.connections * inFlight.streams);
      return trialOf({ count: total, seconds, cpu });
    },
  };
};

/** The rows of alerts in the tables of the store, straight into SQLite, in a process of its own. */
export const rawInserts = (bench: Bench, name: string, perCommit: number): Contender => ({
  name,
  trial: async () => {
    const { seconds, warmUp } = bench.extent;
    const settings = { directory: bench.scratch.directory(), perCommit, seconds, warmUp };
    const { result, cpu } = await runLoad<Counted>(bench, 'sqlite-inserts', settings);
    return trialOf({ ...result, cpu });
  },
});

/** How the batches are sent. */
export interface BatchLoad {
  readonly connections: number;
  readonly window: number;
}

/** Batches over `ReportAlerts`. With a gateway, what it answered is compared with its log. */
export const batchStreams = (bench: Bench, name: string, server: Server, load: BatchLoad): Contender => {
  const warmUp = createWarmUp(bench);
  return {
    name,
    trial: async () => {
      const times = { seconds: bench.extent.seconds, warmUp: warmUp() };
      const settings: BatchSettings = { address: server.address, alerts: batchAlerts, ...load, ...times };
      return trialBy(await verified(server, () => runLoad<Counted>(bench, 'batches', settings, server.pid)));
    },
  };
};
