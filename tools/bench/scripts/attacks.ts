import { appendFile } from 'node:fs/promises';
import { Agent, request as post } from 'node:http';
import { Worker } from 'node:worker_threads';
import { type Actor, attackLine, attackPost, attackReport, crowdSecAgent, sharedTime } from '../load/attackers.ts';
import type { Pace } from '../load/pace.ts';
import { createCaller } from '../load/report-one.ts';
import { done, endWithBench, type LoadTimes, settingsOf, tell } from './script.ts';

/** Reports of attackers that are sent when they are due, each of another address. */
export interface AttackSettings extends LoadTimes {
  readonly actor: Actor;
  /** Where to report: host:port, or the log's path for fail2ban. */
  readonly to: string;
  /** What CrowdSec knows a reporter by. */
  readonly token: string;
  /** Reports a second. */
  readonly arrivals: number;
}

/** When the reports were due, by the time that all processes share. */
export interface AttackResult {
  readonly first: number;
  readonly every: number;
  readonly lateness: readonly number[];
}

const { actor, to, token, arrivals, warmUp, seconds } = settingsOf<AttackSettings>();
const connections = 4;

const time = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

let refused = 0;

const toCrowdSec = (): ((number: number) => Promise<unknown>) => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const headers = { ...crowdSecAgent, 'content-type': 'application/json', authorization: `Bearer ${token}` };
  return (number) =>
    new Promise<void>((resolve, reject) => {
      const posted = post(`http://${to}/v1/alerts`, { method: 'POST', agent, headers }, (response) => {
        response.resume().on('end', () => {
          // Where its database is locked it says 500, and does not try again.
          if (response.statusCode !== 201) refused++;
          resolve();
        });
      });
      posted.on('error', reject);
      posted.end(attackPost(number, time()));
    });
};

const reporterOf: Readonly<Record<Actor, () => (number: number) => Promise<unknown>>> = {
  gateway: () => {
    const call = createCaller(to, connections);
    return (number) => call(number, attackReport(number));
  },
  CrowdSec: toCrowdSec,
  fail2ban: () => (number) => appendFile(to, attackLine(number, time())),
};

endWithBench();
const report = reporterOf[actor]();
const every = 1000 / arrivals;
const unmeasured = Math.round(warmUp * arrivals);
const count = unmeasured + Math.round(seconds * arrivals);
const now = (): number => performance.timeOrigin + performance.now();
const pace: Pace = { first: now() + 200, every, count };
// Both go on with the monotonic clock, so that what lies between them stays the same.
const first = pace.first + sharedTime() - now();
const lateness: number[] = [];

await new Promise<void>((resolve, reject) => {
  let answered = 0;
  const pacer = new Worker(new URL('../load/pace.ts', import.meta.url), { workerData: pace });
  pacer.on('message', (number: number) => {
    if (number === unmeasured) tell('begin');
    if (number >= unmeasured) lateness.push(sharedTime() - (first + number * every));
    report(number).then(() => {
      if (++answered === count) resolve();
    }, reject);
  });
  pacer.on('error', reject);
});

tell('end', { result: { first, every, lateness } satisfies AttackResult });
done(count, refused);
