import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createNoopMeter } from '@opentelemetry/api';
import {
  AlertError,
  type AlertErrorCode,
  alertErrorCodes,
  AlertSeverity,
  type AppendResult,
} from '@therapytrain/alerts-core';
import fc from 'fast-check';
import { createAlertMetrics, type GatewayFigures, metricDefinitions } from '../src/index.ts';
import { observeProcess } from '../src/metrics/process-metrics.ts';
import { type CollectingMeter, createCollectingMeter } from './support/collecting-meter.ts';

const declared = new Set(['AUTH_FAILURE', 'SYSTEM_HEALTH']);
const declares = (type: string): boolean => declared.has(type);
const kept: AppendResult = { alertId: 'a', sequence: 1, duplicate: false };
const duplicate: AppendResult = { alertId: 'a', sequence: 1, duplicate: true };
const refused = (code: AlertErrorCode): AppendResult => new AlertError(code, 'no');
const figures: GatewayFigures = {
  subscribers: 3,
  slowest: 40,
  loopDelay: 250,
  waiting: 7,
  log: { oldest: 10, newest: 50, bytes: 4_096 },
};

let metered: CollectingMeter;
beforeEach(() => {
  metered = createCollectingMeter();
});
afterEach(() => metered.close());

test('each report is counted by type, severity, outcome and reason', async () => {
  const { reported } = createAlertMetrics(metered.meter, declares);
  reported('AUTH_FAILURE', AlertSeverity.HIGH, kept);
  reported('AUTH_FAILURE', AlertSeverity.HIGH, kept);
  reported('AUTH_FAILURE', AlertSeverity.CRITICAL, kept);
  reported('AUTH_FAILURE', AlertSeverity.HIGH, duplicate);
  reported('SYSTEM_HEALTH', undefined, refused('FIELD_INVALID'));
  reported(undefined, undefined, refused('MESSAGE_MALFORMED'));
  reported('SYSTEM_HEALTH', AlertSeverity.LOW, refused('OVERLOADED'));
  expect((await metered.collect()).get('alerts.reports')).toEqual([
    { attributes: { type: 'AUTH_FAILURE', severity: 'HIGH', outcome: 'kept' }, value: 2 },
    { attributes: { type: 'AUTH_FAILURE', severity: 'CRITICAL', outcome: 'kept' }, value: 1 },
    { attributes: { type: 'AUTH_FAILURE', severity: 'HIGH', outcome: 'duplicate' }, value: 1 },
    {
      attributes: { type: 'SYSTEM_HEALTH', severity: 'UNSPECIFIED', outcome: 'refused', reason: 'FIELD_INVALID' },
      value: 1,
    },
    {
      attributes: { type: 'other', severity: 'UNSPECIFIED', outcome: 'refused', reason: 'MESSAGE_MALFORMED' },
      value: 1,
    },
    { attributes: { type: 'SYSTEM_HEALTH', severity: 'LOW', outcome: 'shed', reason: 'OVERLOADED' }, value: 1 },
  ]);
});

test('whatever reporters say, the number of series is bounded, and nothing is lost', async () => {
  const { reported, shed, streamEnded } = createAlertMetrics(metered.meter, declares);
  let count = 0;
  const type = fc.oneof(fc.string(), fc.constantFrom('AUTH_FAILURE', '__proto__', 'constructor', undefined));
  const result = fc.constantFrom(kept, duplicate, refused('FIELD_INVALID'), refused('DISK_FULL'));
  fc.assert(
    fc.property(type, fc.integer({ min: -9, max: 9 }), result, fc.string(), (said, severity, outcome, text) => {
      reported(said, severity as AlertSeverity, outcome);
      shed(severity as AlertSeverity);
      streamEnded(text);
      count++;
    }),
    { numRuns: 1_000 },
  );
  const metrics = await metered.collect();
  const reports = metrics.get('alerts.reports') ?? [];
  expect(reports.length).toBeLessThanOrEqual(2 * 5 * 4);
  expect(reports.reduce((sum, { value }) => sum + value, 0)).toBe(count);
  expect(metrics.get('alerts.overload.shed')?.length).toBeLessThanOrEqual(2 * 9 + 1);
  expect(metrics.get('alerts.stream.ended')).toEqual([{ attributes: { reason: 'other' }, value: count }]);
});

test('streams, overload and retention are counted, and the gateway is asked for its figures', async () => {
  const metrics = createAlertMetrics(metered.meter, declares);
  metrics.watch(() => figures);
  metrics.delivered(64);
  metrics.delivered(36);
  metrics.removed(5);
  metrics.shed(AlertSeverity.LOW);
  metrics.shed(AlertSeverity.LOW, 9, 'heap');
  metrics.streamEnded('SUBSCRIBER_TOO_SLOW');
  const collected = await metered.collect();
  const valueOf = (name: string) => collected.get(name)?.map(({ value }) => value);
  expect(valueOf('alerts.stream.deliveries')).toEqual([100]);
  expect(valueOf('alerts.retention.removed')).toEqual([5]);
  expect(collected.get('alerts.overload.shed')).toEqual([
    { attributes: { severity: 'LOW', reason: 'load' }, value: 1 },
    { attributes: { severity: 'LOW', reason: 'heap' }, value: 9 },
  ]);
  expect(collected.get('alerts.stream.ended')).toEqual([{ attributes: { reason: 'SUBSCRIBER_TOO_SLOW' }, value: 1 }]);
  expect(valueOf('alerts.stream.subscribers')).toEqual([3]);
  expect(valueOf('alerts.stream.lag')).toEqual([40]);
  expect(valueOf('alerts.eventloop.delay')).toEqual([0.25]);
  expect(valueOf('alerts.append.waiting')).toEqual([7]);
  expect(valueOf('alerts.log.size')).toEqual([4_096]);
  expect(valueOf('alerts.log.newest')).toEqual([50]);
  expect(valueOf('alerts.log.oldest')).toEqual([10]);
});

test('counters go on from collection to collection', async () => {
  const { delivered } = createAlertMetrics(metered.meter, declares);
  delivered(1);
  await metered.collect();
  delivered(2);
  expect((await metered.collect()).get('alerts.stream.deliveries')).toEqual([{ attributes: {}, value: 3 }]);
});

test('every attribute that is collected is declared in the table', async () => {
  const metrics = createAlertMetrics(metered.meter, declares);
  metrics.watch(() => figures);
  for (const code of Object.keys(alertErrorCodes) as AlertErrorCode[]) {
    metrics.reported('AUTH_FAILURE', AlertSeverity.HIGH, refused(code));
    metrics.streamEnded(code);
  }
  metrics.reported('AUTH_FAILURE', AlertSeverity.HIGH, kept);
  metrics.shed(AlertSeverity.HIGH);
  observeProcess(metered.meter);
  for (const [name, series] of await metered.collect()) {
    expect(Object.keys(metricDefinitions)).toContain(name);
    const { attributes } = metricDefinitions[name as keyof typeof metricDefinitions];
    for (const each of series) {
      expect(Object.keys(attributes)).toEqual(expect.arrayContaining(Object.keys(each.attributes)));
    }
  }
});

test('with the no-op meter nothing is counted', () => {
  const metrics = createAlertMetrics(createNoopMeter(), () => {
    throw new Error('not asked');
  });
  expect(() => metrics.reported('AUTH_FAILURE', AlertSeverity.HIGH, kept)).not.toThrow();
});
