import { afterEach, expect, test } from '@jest/globals';
import { SpanKind, trace } from '@opentelemetry/api';
import { type KeptAlert, withSequence } from '@therapytrain/alerts-core';
import { draftOf, stamp, testPorts } from '@therapytrain/alerts-testkit';
import { linkedSpan, traceDeliveries } from '../src/index.ts';
import { startTracing, type TestTracing } from './support/tracing.ts';

const parent = (digit: number, flags = '01'): string =>
  `00-${String(digit).repeat(32)}-${String(digit).repeat(16)}-${flags}`;
const ports = testPorts();
const keptOf = (n: number, traceParent: string): KeptAlert => ({
  sequence: n,
  encoded: withSequence(stamp({ ...draftOf(n), traceParent }, ports).encoded, n),
});

let tracing: TestTracing | undefined;
afterEach(async () => {
  await tracing?.close();
  tracing = undefined;
});

test('a delivery is one short root span, linked to the sampled spans of its alerts', () => {
  tracing = startTracing();
  const deliver = traceDeliveries(tracing.tracer);
  deliver([
    keptOf(1, parent(1)),
    keptOf(2, ''),
    keptOf(3, parent(3, '00')),
    keptOf(4, parent(4)),
    keptOf(5, parent(4)),
  ]);
  deliver([keptOf(6, ''), keptOf(7, parent(7, '00'))]);
  expect(tracing.spans()).toMatchObject([
    { name: 'alerts.stream.deliver', kind: SpanKind.PRODUCER, attributes: { 'alerts.batch.size': 5 }, ended: true },
  ]);
  const [span] = tracing.spans();
  expect(span?.parentSpanContext).toBeUndefined();
  expect(span?.links.map((link) => link.context.traceId[0])).toEqual(['1', '4']);
});

test('a span has at most 128 links', () => {
  tracing = startTracing();
  const parents = Array.from({ length: 300 }, (_, n) => `00-${String(n).padStart(32, 'a')}-${'b'.repeat(16)}-01`);
  linkedSpan(tracing.tracer, 'batch', parents)?.end();
  expect(tracing.spans()[0]?.links).toHaveLength(128);
});

test('what the sampler does not want, and what nobody records, is no span', () => {
  tracing = startTracing({ sampled: false });
  expect(linkedSpan(tracing.tracer, 'batch', [parent(1)])).toBeUndefined();
  expect(linkedSpan(trace.getTracer('none'), 'batch', [parent(1)])).toBeUndefined();
  expect(linkedSpan(tracing.tracer, 'batch', ['not a traceparent', ''])).toBeUndefined();
});
