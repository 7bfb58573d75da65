import { createReportOne } from '../load/report-one.ts';
import { startSink, type Teller } from '../load/sink.ts';
import { done, endWithBench, settingsOf, tell } from './script.ts';

/** So many reports as fast as they are taken, each of an incident of its own, and the webhooks that follow. */
export interface NotificationSettings {
  readonly teller: Teller;
  readonly address: string;
  /** Where the webhook listens. */
  readonly sink: number;
  readonly count: number;
  /** Reports whose notices are not measured: code is compiled meanwhile. */
  readonly unmeasured: number;
}

const inFlight = 64;

const { teller, address, sink, count, unmeasured } = settingsOf<NotificationSettings>();

endWithBench();
const reportOne = createReportOne(teller, address, 16);

const told = new Set<string | number>();
let wanted = 0;
let onAll: () => void = () => undefined;
await startSink(teller, sink, (key) => {
  told.add(key);
  if (told.size === wanted) onAll();
});

const reportAll = async (first: number, many: number): Promise<void> => {
  wanted = told.size + many;
  const all = new Promise<void>((resolve) => (onAll = resolve));
  let next = first;
  const keepReporting = async (): Promise<void> => {
    while (next < first + many) await reportOne(next++);
  };
  await Promise.all(Array.from({ length: inFlight }, keepReporting));
  await all;
};

await reportAll(0, unmeasured);
tell('begin');
const from = performance.now();
await reportAll(unmeasured, count);
tell('end', { result: { count, seconds: (performance.now() - from) / 1000 } });
done(count + unmeasured);
