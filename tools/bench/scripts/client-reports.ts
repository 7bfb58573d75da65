import { Client, credentials } from '@grpc/grpc-js';
import { createAlertClient } from '@therapytrain/alerts-client';
import { pathOf } from '../load/messages.ts';
import { benchDraft, reportBody } from '../payload.ts';
import { done, endWithBench, type LoadTimes, measureLoad, settingsOf } from './script.ts';

/** Concurrent reports by a client as a service would use it. */
export interface ClientSettings extends LoadTimes {
  readonly address: string;
  readonly concurrency: number;
  /** Our client library, or a call of bare grpc-js for each report, with bytes that are encoded already. */
  readonly client: 'library' | 'bare';
}

const settings = settingsOf<ClientSettings>();
const { address, concurrency } = settings;

const identity = (bytes: Buffer): Buffer => bytes;

const bareReports = (): (() => Promise<unknown>) => {
  const client = new Client(address, credentials.createInsecure());
  const body = Buffer.from(reportBody());
  const path = pathOf('ReportAlert');
  return () =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, identity, identity, body, (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });
};

const libraryReports = (): (() => Promise<unknown>) => {
  const client = createAlertClient({ address });
  const draft = benchDraft();
  return () => client.report(draft);
};

endWithBench();
const report = settings.client === 'library' ? libraryReports() : bareReports();
let reported = 0;
let stopped = false;
const keepReporting = async (): Promise<void> => {
  while (!stopped) {
    await report();
    reported++;
  }
};
const reporters = Promise.all(Array.from({ length: concurrency }, keepReporting));
await Promise.race([reporters, measureLoad(settings, () => reported)]);
stopped = true;
await reporters;
done(reported);
