import type { AlertError, AppendResult, StampedAlert } from '@therapytrain/alerts-core';
import { packedSize } from './pack.ts';

// A second commit is prepared while the first waits for the disk; a third would only make latency.
const inFlight = 2;
const commitAlerts = 2_048;
const commitBytes = 4 * 1024 * 1024;

/** One call of `append`, waiting for its results. */
export interface Call {
  readonly alerts: readonly StampedAlert[];
  /** How many bytes they take in a packed buffer. */
  readonly size: number;
  readonly resolve: (results: readonly AppendResult[]) => void;
  readonly reject: (error: AlertError) => void;
}

/** The calls that share one commit. */
export interface Commit {
  readonly calls: readonly Call[];
  readonly count: number;
  readonly size: number;
}

/** Gathers calls into commits: a lone one goes at once, a crowd shares one while another waits for the disk. */
export interface Batches {
  /** Resolves or rejects when whoever owns the commit of this call says so. */
  add(alerts: readonly StampedAlert[]): Promise<readonly AppendResult[]>;
  /** Takes the oldest commit in flight back: it has ended. */
  ended(): Commit;
  /** Rejects everything that waits or is in flight. */
  fail(error: AlertError): void;
  /** Resolves when nothing waits and nothing is in flight. */
  settled(): Promise<void>;
}

const noCommit: Commit = { calls: [], count: 0, size: 0 };

// As many calls as fit one commit, but one at least.
const firstOf = (waiting: readonly Call[]): Commit => {
  let { count, size } = noCommit;
  let end = 0;
  for (const call of waiting) {
    const fits = count + call.alerts.length <= commitAlerts && size + call.size <= commitBytes;
    if (end > 0 && !fits) break;
    count += call.alerts.length;
    size += call.size;
    end++;
  }
  return { calls: waiting.slice(0, end), count, size };
};

/** Makes the gatherer; `send` starts a commit. */
export const createBatches = (send: (commit: Commit) => void): Batches => {
  let waiting: Call[] = [];
  let flying: Commit[] = [];
  let idlers: (() => void)[] = [];
  let planned = false;
  const pump = (): void => {
    planned = false;
    while (flying.length < inFlight && waiting.length > 0) {
      const commit = firstOf(waiting);
      waiting = waiting.slice(commit.calls.length);
      flying.push(commit);
      send(commit);
    }
    if (flying.length > 0) return;
    for (const resolve of idlers) resolve();
    idlers = [];
  };
  // All that arrives in one turn of the event loop goes together.
  const plan = (): void => {
    if (planned) return;
    planned = true;
    setImmediate(pump);
  };
  return {
    add: (alerts) =>
      new Promise((resolve, reject) => {
        waiting.push({ alerts, size: packedSize(alerts), resolve, reject });
        if (flying.length < inFlight) plan();
      }),
    ended: () => {
      plan();
      return flying.shift() ?? noCommit;
    },
    fail: (error) => {
      const calls = [...flying.flatMap((commit) => commit.calls), ...waiting];
      flying = [];
      waiting = [];
      for (const { reject } of calls) reject(error);
      plan();
    },
    settled: () =>
      new Promise((resolve) => {
        idlers.push(resolve);
        plan();
      }),
  };
};
