import { expect, test } from '@jest/globals';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { activeTraceParent, isTracing } from '../src/index.ts';
import { formatTraceParent, isSampled, parseTraceParent } from '../src/trace-context.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

test.each([
  ['sampled', `00-${traceId}-${spanId}-01`, true],
  ['not sampled', `00-${traceId}-${spanId}-00`, false],
  ['with a flag that is not known', `00-${traceId}-${spanId}-fe`, false],
])('reads a traceparent that is %s, and writes the same', (_, text, sampled) => {
  const span = parseTraceParent(text);
  expect(span).toMatchObject({ traceId, spanId, isRemote: true });
  expect(span && isSampled(span)).toBe(sampled);
  expect(span && formatTraceParent(span)).toBe(text);
});

test.each([
  ['empty', ''],
  ['of another version', `01-${traceId}-${spanId}-01`],
  ['in upper case', `00-${traceId.toUpperCase()}-${spanId}-01`],
  ['with a trace id of zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
  ['with a span id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
  ['with more behind it', `00-${traceId}-${spanId}-01-more`],
  ['with a line behind it', `00-${traceId}-${spanId}-01\n`],
  ['too short', `00-${traceId}-${spanId.slice(1)}-01`],
])('does not read a traceparent that is %s', (_, text) => {
  expect(parseTraceParent(text)).toBeUndefined();
});

test('outside of any call there is no traceparent', () => {
  expect(activeTraceParent()).toBe('');
  expect(trace.getSpan(context.active())).toBeUndefined();
});

test('the tracer of a process that exports nothing does not trace', () => {
  expect(isTracing(trace.getTracer('test'))).toBe(false);
  expect(trace.getSpan(ROOT_CONTEXT)).toBeUndefined();
});
