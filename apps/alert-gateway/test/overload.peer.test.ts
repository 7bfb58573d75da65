import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { AlertServiceClient } from '@therapytrain/alerts-api';
import { type AlertLog, AlertSeverity, severities } from '@therapytrain/alerts-core';
import { Secret } from '@therapytrain/alerts-core/channel';
import { createPolicy, policySchema, startEngine } from '@therapytrain/alerts-manager';
import { createMemoryStore, testPorts, waitFor } from '@therapytrain/alerts-testkit';
import { blindObserver } from '../src/observer.ts';
import type { GatewayState } from '../src/gateway.ts';
import { after, openGateway, type Refusal, refusalOf, report, reportMany } from './support.ts';
import { saying } from './support/calls.ts';
import { healthOf } from './support/health.ts';

const { LOW, CRITICAL } = AlertSeverity;
const names = { 1: 0, 2: 0, 3: 0, 4: 0 };
const calm = { slowLoop: Number.POSITIVE_INFINITY, stuckLoop: Number.POSITIVE_INFINITY };

/** A disk on which each commit takes a while, so that it is known what is too much. */
const slowDisk =
  (millis: number) =>
  (log: AlertLog): AlertLog => ({
    ...log,
    append: async (alerts) => {
      await pause(millis);
      return log.append(alerts);
    },
  });

const checkRefusal = (refusal: Refusal, trailers: boolean): void => {
  expect(refusal).toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'OVERLOADED', domain: 'alerts.therapytrain' });
  expect(refusal.retryAfter).toBeGreaterThanOrEqual(250);
  expect(refusal.retryAfter).toBeLessThanOrEqual(2_000);
  if (trailers) expect(refusal.trailers?.get('grpc-retry-pushback-ms')).toEqual([String(refusal.retryAfter)]);
};

test('ten times too much is shed, the least severe first, and nothing that was acknowledged is lost', async () => {
  const shed = { ...names };
  let state = (): GatewayState | undefined => undefined;
  const observer = {
    ...blindObserver,
    onShed: (severity: AlertSeverity, count: number) => void (shed[severity] += count),
    watch: (ask: () => GatewayState) => void (state = ask),
  };
  // 10 at a time, and 20 ms each: some 500 a second at the most.
  const admission = { ...calm, maxAlerts: 10, maxBytes: 1_000_000 };
  const gateway = await openGateway({ admission, observer, wrap: slowDisk(20) });
  const acked = { ...names };
  const refused = { ...names };
  const sequences: number[] = [];
  let over = false;
  const caller = async (client: AlertServiceClient, severity: AlertSeverity): Promise<void> => {
    while (!over) {
      const { response, refusal } = await report(client, { severity });
      if (response) {
        acked[severity]++;
        sequences.push(Number(response.sequence));
        continue;
      }
      checkRefusal(refusal, true);
      refused[severity]++;
      // Comes back sooner than it was told to, or it would not be too much.
      await pause((refusal.retryAfter ?? 0) / 10);
    }
  };
  const connections = severities.map(() => gateway.connect({ 'grpc.use_local_subchannel_pool': 1 }));
  const callers = connections.flatMap((client) =>
    Array.from({ length: 25 }, (_, at) => caller(client, severities[at % 4] ?? LOW)),
  );
  const health = healthOf(gateway.gateway.address);
  const delays: number[] = [];
  const until = performance.now() + 2_000;
  while (performance.now() < until || acked[CRITICAL] < 100 || refused[LOW] < 200) {
    const began = performance.now();
    expect((await health.check()).response).toEqual({ status: 'SERVING' });
    delays.push(performance.now() - began);
    await pause(20);
  }
  over = true;
  await Promise.all(callers);

  expect(shed).toEqual(refused);
  const part = severities.map((each) => acked[each] / (acked[each] + refused[each]));
  const [low = 1, medium = 1, high = 1, critical = 0] = part;
  // admission.test.ts holds it to the exact order; here chance has a part in who comes when there is room.
  expect(critical).toBeGreaterThan(1.5 * Math.max(low, medium, high));
  expect(low).toBeLessThan(1.3 * Math.min(medium, high));
  // In this process are a hundred callers too, and the machine may be busy with others: the median is what it answers in.
  delays.sort((one, other) => one - other);
  expect(delays[Math.floor(delays.length / 2)]).toBeLessThan(1_000);

  // Back to normal, and what was acknowledged is what is kept.
  await waitFor(() => state()?.waiting === 0, { what: 'nothing on its way', deadline: 5_000 });
  expect(sequences.sort((one, other) => one - other)).toEqual(Array.from(sequences, (_, at) => at + 1));
  expect(gateway.log.bounds().newest).toBe(sequences.length);
  for (let at = 0; at < 20; at++) expect((await report(gateway.client, { severity: LOW })).refusal).toBeUndefined();
});

test('of a batch that is too much the most severe are kept, and the others are told when to come back', async () => {
  const gateway = await openGateway({ inMemory: true, admission: { ...calm, maxAlerts: 20 } });
  const batch = Array.from({ length: 60 }, (_, at) => saying({ severity: severities[at % 4] ?? LOW }));
  const { answers, refusal } = await reportMany(gateway.client, [batch]);
  expect(refusal).toBeUndefined();
  const kept = { ...names };
  for (const [at, { result }] of (answers[0]?.results ?? []).entries()) {
    if (result?.$case === 'receipt') kept[severities[at % 4] ?? LOW]++;
    else if (result) checkRefusal(refusalOf(result.value), false);
  }
  // Of 20: LOW and MEDIUM until half and two thirds are taken, HIGH until four fifths, CRITICAL all.
  expect(kept).toEqual({ 1: 3, 2: 4, 3: 5, 4: 8 });
  expect(gateway.log.bounds().newest).toBe(20);
});

test('the severity that a report does not say is that of its type', async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => void (release = resolve));
  const wrap = (log: AlertLog): AlertLog => ({
    ...log,
    append: async (alerts) => {
      await held;
      return log.append(alerts);
    },
  });
  const gateway = await openGateway({ inMemory: true, wrap, admission: { ...calm, maxAlerts: 10 } });
  const first = Array.from({ length: 7 }, () => report(gateway.client, { severity: CRITICAL }));
  const turnedAway = async (type: string): Promise<boolean> =>
    Promise.race([
      report(gateway.client, { type }).then(({ refusal }) => refusal?.reason === 'OVERLOADED'),
      pause(1_000, false),
    ]);
  // UNUSUAL_ACCESS is MEDIUM, for which there is no room any more; AUTH_FAILURE is HIGH.
  await waitFor(() => turnedAway('UNUSUAL_ACCESS'), { what: 'a shed report' });
  expect(await turnedAway('AUTH_FAILURE')).toBe(false);
  release();
  for (const { refusal } of await Promise.all(first)) expect(refusal).toBeUndefined();
});

test('while planning lags, the least severe are sent away and told when to come back, and reporting goes on', async () => {
  const shed: [AlertSeverity, string][] = [];
  const policy = createPolicy(
    policySchema.parse({
      channels: { mail: { kind: 'email' } },
      receivers: { security: { channels: ['mail'] } },
      routes: [{ receivers: ['security'] }],
    }),
  );
  const ports = testPorts();
  const store = createMemoryStore(ports);
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => void (release = resolve));
  let lag = (): number => 0;
  const gateway = await openGateway({
    inMemory: true,
    admission: { ...calm, maxLag: 10 },
    lag: () => lag(),
    observer: { ...blindObserver, onShed: (severity, _, reason) => void shed.push([severity, reason]) },
  });
  const engine = startEngine({
    log: gateway.log,
    // The planner's commit waits, as on a disk that is slow.
    store: { ...store, commit: (changes) => held.then(() => store.commit(changes)) },
    ports,
    policy: () => policy,
    channel: () => undefined,
    pseudonymKey: new Secret('the key of a script, of no worth at all'),
    onError: (error) => expect(error).toBeUndefined(),
  });
  after(() => engine.stop());
  lag = () => engine.planner.lag();
  for (let n = 0; n < 10; n++) expect((await report(gateway.client, { severity: LOW })).refusal).toBeUndefined();
  await waitFor(() => engine.planner.lag() === 10, { what: 'a planner that is behind' });
  const first = await report(gateway.client, { severity: LOW });
  if (first.refusal) checkRefusal(first.refusal, true);
  expect(first.response).toBeUndefined();
  for (let n = 0; n < 50; n++) expect((await report(gateway.client, { severity: CRITICAL })).response).toBeDefined();
  for (const severity of severities) {
    const { refusal } = await report(gateway.client, { severity });
    expect([severity, refusal?.reason]).toEqual([severity, severity === CRITICAL ? undefined : 'OVERLOADED']);
  }
  expect(new Set(shed.map(([, reason]) => reason))).toEqual(new Set(['plan_lag']));
  release();
  await engine.planner.idle();
  expect((await report(gateway.client, { severity: LOW })).refusal).toBeUndefined();
});
