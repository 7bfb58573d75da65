import { type ClientHttp2Session, connect } from 'node:http2';
import { Worker } from 'node:worker_threads';
import { latencyResult } from '../load/latencies.ts';
import { grpcHeaders } from '../load/messages.ts';
import type { Pace } from '../load/pace.ts';
import { framed, reportBody } from '../payload.ts';
import { done, endWithBench, type LoadTimes, settingsOf, tell } from './script.ts';

/** Unary reports that are sent when they are due, whether or not earlier ones are answered. */
export interface OpenLoopSettings extends LoadTimes {
  readonly address: string;
  readonly connections: number;
  /** Requests a second. */
  readonly arrivals: number;
}

const { address, connections, arrivals, warmUp, seconds } = settingsOf<OpenLoopSettings>();
const body = framed(reportBody());
const now = (): number => performance.timeOrigin + performance.now();

const report = (session: ClientHttp2Session): Promise<void> =>
  new Promise((resolve, reject) => {
    const stream = session.request(grpcHeaders('ReportAlert'));
    stream.on('trailers', ({ 'grpc-status': status }) => {
      if (status === '0') resolve();
      else reject(new Error(`a report ended with status ${String(status)}`));
    });
    stream.on('error', reject);
    stream.resume();
    stream.end(body);
  });

endWithBench();
const sessions = Array.from({ length: connections }, () => connect(`http://${address}`));
const every = 1000 / arrivals;
const unmeasured = Math.round(warmUp * arrivals);
const count = unmeasured + Math.round(seconds * arrivals);
const pace: Pace = { first: now() + 200, every, count };
const latencies: number[] = [];
const lateness: number[] = [];

await new Promise<void>((resolve, reject) => {
  let answered = 0;
  const send = (number: number): void => {
    const due = pace.first + number * every;
    const measured = number >= unmeasured;
    if (number === unmeasured) tell('begin');
    if (measured) lateness.push(now() - due);
    const session = sessions[number % connections];
    if (!session) return;
    report(session).then(() => {
      if (measured) latencies.push(now() - due);
      if (++answered === count) resolve();
    }, reject);
  };
  const pacer = new Worker(new URL('../load/pace.ts', import.meta.url), { workerData: pace });
  pacer.on('message', send);
  pacer.on('error', reject);
});

tell('end', { result: latencyResult(latencies, lateness, seconds) });
done(count);
