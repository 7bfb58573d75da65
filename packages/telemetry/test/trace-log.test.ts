import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { context, createNoopMeter, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { AlertError, type AlertLog, systemPorts, type StampedAlert } from '@therapytrain/alerts-core';
import { draftOf, stamp } from '@therapytrain/alerts-testkit';
import { traceLog } from '../src/index.ts';
import { type CollectingMeter, createCollectingMeter } from './support/collecting-meter.ts';
import { openDiskLog } from './support/disk-log.ts';
import { startTracing, type TestTracing } from './support/tracing.ts';

jest.setTimeout(60_000);

const parent = (digit: number, flags = '01'): string =>
  `00-${String(digit).repeat(32)}-${String(digit).repeat(16)}-${flags}`;
const noopMeter = createNoopMeter();

let disk: Awaited<ReturnType<typeof openDiskLog>>;
let tracing: TestTracing;
let metered: CollectingMeter;
let ports: ReturnType<typeof systemPorts>;

const alertOf = (n: number, traceParent = ''): StampedAlert => {
  const { requestId: _, ...draft } = draftOf(n);
  return stamp({ ...draft, traceParent }, ports);
};

beforeAll(async () => {
  disk = await openDiskLog();
});
afterAll(() => disk.dispose());
beforeEach(() => {
  ports = systemPorts(disk.log.bounds().newestId);
  tracing = startTracing();
  metered = createCollectingMeter();
});
afterEach(async () => {
  await tracing.close();
  await metered.close();
});

test('with nothing to tell, the log itself is given back', () => {
  expect(traceLog(disk.log, trace.getTracer('none'), noopMeter)).toBe(disk.log);
});

test('within a recorded call the span is its child', async () => {
  const log = traceLog(disk.log, tracing.tracer, noopMeter);
  const call = tracing.tracer.startSpan('call');
  await context.with(trace.setSpan(ROOT_CONTEXT, call), () => log.append([alertOf(1), alertOf(2)]));
  expect(tracing.spans()).toMatchObject([
    {
      name: 'AlertLog.append',
      parentSpanContext: { spanId: call.spanContext().spanId },
      attributes: { 'alerts.batch.size': 2 },
      links: [],
    },
  ]);
});

test('outside of a call the span is linked to each sampled trace of its alerts, once', async () => {
  const log = traceLog(disk.log, tracing.tracer, noopMeter);
  await log.append([
    alertOf(1, parent(1)),
    alertOf(2, parent(1)),
    alertOf(3, parent(2, '00')),
    alertOf(4),
    alertOf(5, parent(3)),
  ]);
  const [span] = tracing.spans();
  expect(span?.parentSpanContext).toBeUndefined();
  expect(span?.links.map((link) => link.context.traceId[0])).toEqual(['1', '3']);
});

test('where no alert and no call is sampled there is no span', async () => {
  const log = traceLog(disk.log, tracing.tracer, noopMeter);
  const unsampled = trace.setSpanContext(ROOT_CONTEXT, {
    traceId: '1'.repeat(32),
    spanId: '1'.repeat(16),
    traceFlags: 0,
  });
  await log.append([alertOf(1)]);
  await context.with(unsampled, () => log.append([alertOf(2, parent(2, '00'))]));
  expect(tracing.spans()).toEqual([]);
});

test('a failure is told by its code, and goes through as it is', async () => {
  const thrown = new AlertError('DISK_FULL', 'there is no space left');
  const full: AlertLog = { ...disk.log, append: () => Promise.reject(thrown) };
  const log = traceLog(full, tracing.tracer, metered.meter);
  await expect(log.append([alertOf(1, parent(1))])).rejects.toBe(thrown);
  expect(tracing.spans()).toMatchObject([
    { status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': 'DISK_FULL' }, events: [] },
  ]);
  const metrics = await metered.collect();
  expect(metrics.get('alerts.append.duration')).toEqual([{ attributes: { 'error.type': 'DISK_FULL' }, value: 1 }]);
  expect(metrics.get('alerts.append.batch')).toEqual([{ attributes: {}, value: 1 }]);
});
