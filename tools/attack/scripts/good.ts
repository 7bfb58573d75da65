import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { createAlertClient } from '@therapytrain/alerts-client';
import { AlertError, AlertSeverity, AlertType } from '@therapytrain/alerts-core';
import type { Pace } from '../../bench/load/pace.ts';
import { endWithBench, settingsOf, tell } from '../../bench/scripts/script.ts';
import { quantile } from '../../bench/statistics.ts';
import { connect, listAlerts } from '../../torture/client.ts';
import type { GoodSettings, GoodWindow } from '../good-client.ts';
import { readSecured, securedChannel, securedClient } from '../secured.ts';

// Somebody who behaves, and reports when it is time to, whether or not earlier reports are answered; beside it somebody
// who comes anew each time, as one does whose connection was cut.
const { address, arrivals, newcomers, acked, secured: directory } = settingsOf<GoodSettings>();
const secured = directory === undefined ? undefined : readSecured(directory);
const now = (): number => performance.timeOrigin + performance.now();

interface Open {
  readonly latencies: number[];
  readonly arrivals: number[];
  readonly failed: Record<string, number>;
  readonly pending: Set<Promise<void>>;
}

const newWindow = (): Open => ({ latencies: [], arrivals: [], failed: {}, pending: new Set() });
const fail = ({ failed }: Open, why: string): void => void (failed[why] = (failed[why] ?? 0) + 1);

// One to a message: the bare server answers each message with as many receipts as it was told.
const client = createAlertClient({
  address,
  source: 'good',
  ...securedClient(secured),
  batch: { maxAlerts: 1, maxBatches: 64 },
});
let open = newWindow();

const report = async (into: Open, number: number, due: number): Promise<void> => {
  try {
    const receipt = await client.report({
      type: AlertType.SYSTEM_HEALTH,
      severity: AlertSeverity.HIGH,
      message: `all is well (${number})`,
    });
    into.latencies.push(now() - due);
    if ('alertId' in receipt) appendFileSync(acked, `${receipt.alertId}\n`);
  } catch (error) {
    into.latencies.push(now() - due);
    fail(into, error instanceof AlertError ? error.code : 'thrown');
  }
};

const answered = ['UNIMPLEMENTED', 'RESOURCE_EXHAUSTED'];

const comeAnew = async (into: Open): Promise<void> => {
  const from = now();
  const anew = connect(address, securedChannel(secured));
  try {
    await listAlerts(anew, 1);
  } catch (error) {
    // A server that keeps no alerts says so; that is an answer.
    const text = error instanceof Error ? error.message : '';
    if (!answered.some((each) => text.includes(each))) fail(into, 'newcomer');
  }
  into.arrivals.push(now() - from);
  anew.close();
};

const track = (into: Open, work: Promise<void>): void => {
  into.pending.add(work);
  void work.finally(() => into.pending.delete(work));
};

endWithBench();
const pace: Pace = { first: now() + 200, every: 1_000 / arrivals, count: 100_000_000 };
const pacer = new Worker(new URL('../../bench/load/pace.ts', import.meta.url), { workerData: pace });
pacer.on('message', (number: number) => {
  const due = pace.first + number * pace.every;
  track(open, report(open, number, due));
});
const coming = setInterval(() => track(open, comeAnew(open)), 1_000 / newcomers);

const longest = (values: readonly number[]): number => values.reduce((most, each) => Math.max(most, each), 0);

const close = async (): Promise<GoodWindow> => {
  const closing = open;
  open = newWindow();
  // Whoever still waits is counted with the wait that it had; each call ends by its own deadline.
  while (closing.pending.size > 0) await pause(10);
  const { latencies, arrivals: anew, failed } = closing;
  return {
    count: latencies.length,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    longest: longest(latencies),
    newcomers: anew.length,
    longestNewcomer: longest(anew),
    failed,
  };
};

process.on('message', ({ kind }: { readonly kind: string }) => {
  if (kind === 'window') void close().then((window) => tell('window', { window }));
  if (kind !== 'stop') return;
  clearInterval(coming);
  void pacer
    .terminate()
    .then(close)
    .then(() => client.close())
    .then(() => process.send?.({ kind: 'stopped' }, () => process.exit(0)));
});
tell('ready');
