import { Worker } from 'node:worker_threads';
import { latencyResult } from '../load/latencies.ts';
import type { Pace } from '../load/pace.ts';
import { createReportOne } from '../load/report-one.ts';
import { startSink, type Teller } from '../load/sink.ts';
import { done, endWithBench, type LoadTimes, settingsOf, tell } from './script.ts';

/** Reports that are sent when they are due, each of an incident of its own, and the webhooks that follow. */
export interface ArrivalSettings extends LoadTimes {
  readonly teller: Teller;
  readonly address: string;
  /** Where the webhook listens. */
  readonly sink: number;
  readonly connections: number;
  /** Reports a second. */
  readonly arrivals: number;
}

const { teller, address, sink, connections, arrivals, warmUp, seconds } = settingsOf<ArrivalSettings>();
const now = (): number => performance.timeOrigin + performance.now();

endWithBench();
const reportOne = createReportOne(teller, address, connections);
const every = 1000 / arrivals;
const unmeasured = Math.round(warmUp * arrivals);
const count = unmeasured + Math.round(seconds * arrivals);
const pace: Pace = { first: now() + 200, every, count };
const latencies: number[] = [];
const lateness: number[] = [];

await new Promise<void>((resolve, reject) => {
  // The notice may be here before the answer to the report.
  const reported = new Map<string | number, number>();
  const arrived = new Map<string | number, number>();
  let told = 0;
  const match = (key: string | number): void => {
    const [number, at] = [reported.get(key), arrived.get(key)];
    if (number === undefined || at === undefined) return;
    if (number >= unmeasured) latencies.push(at - (pace.first + number * every));
    if (++told === count) resolve();
  };
  void startSink(teller, sink, (key) => {
    if (arrived.has(key)) return;
    arrived.set(key, now());
    match(key);
  }).catch(reject);
  const pacer = new Worker(new URL('../load/pace.ts', import.meta.url), { workerData: pace });
  pacer.on('message', (number: number) => {
    if (number === unmeasured) tell('begin');
    if (number >= unmeasured) lateness.push(now() - (pace.first + number * every));
    reportOne(number).then((key) => {
      reported.set(key, number);
      match(key);
    }, reject);
  });
  pacer.on('error', reject);
});

tell('end', { result: latencyResult(latencies, lateness, seconds) });
done(count);
