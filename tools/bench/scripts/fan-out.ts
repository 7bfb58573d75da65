import { connect } from 'node:http2';
import { grpcHeaders } from '../load/messages.ts';
import { openSubscriptions } from '../load/subscriptions.ts';
import { batchBody, framed } from '../payload.ts';
import { done, endWithBench, type LoadTimes, measureLoad, settingsOf } from './script.ts';

/** Subscribers, and one who reports as fast as they receive. */
export interface FanOutSettings extends LoadTimes {
  readonly address: string;
  readonly subscribers: number;
  readonly connections: number;
  /** Alerts in a message. */
  readonly alerts: number;
  /** Messages that are reported and not yet received by all. */
  readonly window: number;
}

const settings = settingsOf<FanOutSettings>();
const { address, subscribers, connections, alerts, window } = settings;
const message = framed(batchBody(alerts));
const perMessage = alerts * subscribers;

endWithBench();
const subscriptions = await openSubscriptions(address, subscribers, connections);
const session = connect(`http://${address}`);
const reports = session.request(grpcHeaders('ReportAlerts'));
reports.resume();
let sent = 0;
let stopped = false;
let drained = (): void => {};
const feed = (): void => {
  if (stopped && subscriptions.received() === sent * perMessage) drained();
  while (!stopped && sent * perMessage - subscriptions.received() <= (window - 1) * perMessage) {
    sent++;
    reports.write(message);
  }
};
const broken = new Promise<never>((_, reject) => {
  reports.on('close', () => reject(new Error('the stream of reports was closed')));
  reports.on('error', reject);
});
subscriptions.onAlerts(feed);
feed();
await Promise.race([measureLoad(settings, subscriptions.received), subscriptions.ended, broken]);
await new Promise<void>((resolve) => {
  drained = resolve;
  stopped = true;
  feed();
});
done(subscriptions.received());
