import { cpSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { AlertSeverity, type Store } from '@therapytrain/alerts-core';
import { type Attempt, type Channel, type Outcome, Secret } from '@therapytrain/alerts-core/channel';
import { createFlow, createMemoryLog, createPolicy, policySchema, startEngine } from '@therapytrain/alerts-manager';
import { openSqliteStore } from '@therapytrain/alerts-store-sqlite';
import { assertBalanced, epoch, testPorts, waitFor } from '@therapytrain/alerts-testkit';
import { after, temporaryDirectory } from './support.ts';

const policy = createPolicy(
  policySchema.parse({
    channels: { mail: { kind: 'email' } },
    receivers: { security: { channels: ['mail'] } },
    routes: [{ receivers: ['security'] }],
  }),
);

const channelOf = (deliver: (attempt: Attempt) => Promise<Outcome>): Channel => ({
  clearance: 2,
  deliver: (_, attempt) => deliver(attempt),
  check: async () => ({ kind: 'done' }),
  close: async () => undefined,
});

test('what a killed process was telling is told at once by the next, and marked as doubtful', async () => {
  const ports = testPorts();
  const log = createMemoryLog();
  const start = (store: Store, channel: Channel) => {
    const engine = startEngine({
      ...{ log, store, ports, policy: () => policy, channel: () => channel },
      pseudonymKey: new Secret('the key of a script, of no worth at all'),
      onError: (error) => expect(error).toBeUndefined(),
    });
    after(async () => {
      await engine.stop();
      await store.close();
    });
  };
  const directory = await temporaryDirectory();
  const first: Attempt[] = [];
  start(
    await openSqliteStore({ directory, clock: ports.clock }),
    channelOf((attempt) => {
      first.push(attempt);
      return new Promise((resolve) =>
        attempt.signal.addEventListener('abort', () =>
          resolve({ kind: 'retry', reason: 'cancelled', detail: 'stopped' }),
        ),
      );
    }),
  );
  const flow = createFlow({ log, types: () => policy.types, ports });
  const draft = { type: 'AUTH_FAILURE', severity: AlertSeverity.HIGH, message: 'x', metadata: { userId: 'anna' } };
  await flow.report(draft, 'sign-in');
  await waitFor(() => first.length === 1, { what: 'an attempt under way' });

  // What a kill leaves behind at this moment: the claim is durable, its end is not.
  const left = await temporaryDirectory();
  cpSync(directory, left, { recursive: true });
  const store = await openSqliteStore({ directory: left, clock: ports.clock });
  const second: Attempt[] = [];
  start(
    store,
    channelOf(async (attempt) => {
      second.push(attempt);
      return { kind: 'done', proof: 'took it' };
    }),
  );
  const settled = async () => (await store.deliveries({ states: ['done'], limit: 9 })).length === 1;
  await waitFor(settled, { what: 'the next attempt' });
  // No time has passed: the lease of 30 s is not waited for.
  expect(ports.clock.now()).toBe(epoch);
  expect(second).toMatchObject([{ key: first[0]?.key, number: 2, doubtful: true }]);
  await assertBalanced(store);
});
