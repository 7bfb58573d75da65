import { connect } from 'node:http2';
import { grpcHeaders } from '../load/messages.ts';
import { createResultCounter } from '../load/receipts.ts';
import { batchBody, framed, numberedBatchBody } from '../payload.ts';
import { done, endWithBench, type LoadTimes, measureLoad, settingsOf } from './script.ts';

/** Batches over `ReportAlerts`, sent again as soon as they are answered. */
export interface BatchSettings extends LoadTimes {
  readonly address: string;
  /** Each with a stream. */
  readonly connections: number;
  /** Messages of each stream that wait for their answer. */
  readonly window: number;
  /** Alerts in a message. */
  readonly alerts: number;
  /** True if each alert is of an incident of its own; it costs the load more. Default: all are alike. */
  readonly distinct?: boolean;
}

const settings = settingsOf<BatchSettings>();
const { address, connections, window, alerts } = settings;
const equal = framed(batchBody(alerts));
let numbered = 0;
const nextMessage = (): Buffer => {
  if (!settings.distinct) return equal;
  numbered += alerts;
  return framed(numberedBatchBody(numbered, alerts));
};

let kept = 0;
let refused = 0;
let stopped = false;

const keepReporting = (): Promise<void> => {
  const session = connect(`http://${address}`);
  const stream = session.request(grpcHeaders('ReportAlerts'));
  const count = createResultCounter();
  // The stream is ended when all that was sent is answered, so that what is in the log can be counted exactly.
  let waiting = 0;
  const send = (): void => {
    waiting++;
    stream.write(nextMessage());
  };
  stream.on('data', (part: Buffer) => {
    const { receipts, refusals, messages } = count(part);
    kept += receipts;
    refused += refusals;
    for (let each = 0; each < messages; each++) {
      waiting--;
      if (!stopped) send();
      else if (waiting === 0) stream.end();
    }
  });
  for (let each = 0; each < window; each++) send();
  return new Promise((resolve, reject) => {
    stream.on('trailers', (trailers) => {
      session.close();
      const status = trailers['grpc-status'];
      if (stopped && status === '0') resolve();
      else reject(new Error(`a stream ended with status ${String(status)} ${String(trailers['grpc-message'] ?? '')}`));
    });
    stream.on('error', reject);
  });
};

endWithBench();
const streams = Promise.all(Array.from({ length: connections }, keepReporting));
await Promise.race([streams, measureLoad(settings, () => kept)]);
stopped = true;
await streams;
done(kept, refused);
