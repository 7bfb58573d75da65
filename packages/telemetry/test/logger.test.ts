import { expect, test } from '@jest/globals';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { createLogger, type LogFields, type LogLevel } from '../src/index.ts';

const lines = (level: LogLevel = 'info') => {
  const written: string[] = [];
  const logger = createLogger({ level, destination: { write: (line) => void written.push(line) } });
  return { logger, written, last: () => JSON.parse(written.at(-1) ?? '{}') as Record<string, unknown> };
};

test('a line is JSON with time, level, text and the fields of the list', () => {
  const { logger, written, last } = lines();
  logger.info({ address: '127.0.0.1:50051', version: '1.2.3', count: 3 }, 'listening');
  expect(written.at(-1)).toMatch(/^[^\n]*\n$/);
  expect(last()).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    msg: 'listening',
    address: '127.0.0.1:50051',
    version: '1.2.3',
    count: 3,
  });
});

test('what is not on the list is left out, whatever the types say', () => {
  const { logger, last } = lines();
  const fields = { count: 1, metadata: { userId: 'u-1' }, msg: 'u-1', message: 'u-1', level: 'u-1' } as LogFields;
  logger.warn(fields, 'refused');
  expect(last()).toEqual({ level: 'warn', time: expect.any(String), msg: 'refused', count: 1 });
  logger.warn(new Error('u-1') as LogFields, 'failed');
  expect(last()).toEqual({ level: 'warn', time: expect.any(String), msg: 'failed' });
  logger.warn({ path: { toString: () => 'u-1', toJSON: () => 'u-1' } } as unknown as LogFields, 'failed');
  expect(last()).not.toHaveProperty('path');
});

test('an error is logged without its message', () => {
  const { logger, written, last } = lines();
  logger.error({ err: new RangeError('user u-1 is out of range') }, 'defect');
  expect(last()['err']).toMatchObject({ name: 'RangeError', frames: expect.any(Array) });
  expect(written.join()).not.toContain('u-1');
});

test('controls of every kind are escaped, and a text is never a format', () => {
  const { logger, written, last } = lines();
  logger.info({ reason: 'a\u001b[31m\u009b31m\u202e\u2028b\nc' }, 'text %s %j %o \u0007');
  expect(written.at(-1)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/);
  expect(written.at(-1)?.split('\n')).toHaveLength(2);
  expect(last()['msg']).toBe('text %s %j %o \u0007');
});

test('a long text is cut', () => {
  const { logger, last } = lines();
  logger.info({ path: 'x'.repeat(10_000) }, 'opened');
  expect(last()['path']).toHaveLength(512);
});

test.each<[LogLevel, number]>([
  ['trace', 6],
  ['debug', 5],
  ['info', 4],
  ['warn', 3],
  ['error', 2],
  ['fatal', 1],
  ['silent', 0],
])('level %s lets %i of six through', (level, count) => {
  const { logger, written } = lines(level);
  for (const at of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const) logger[at]({}, 'x');
  expect(written).toHaveLength(count);
});

test('where a span is active, the line has its ids', () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const { logger, last } = lines();
  const span = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
  context.with(trace.setSpanContext(ROOT_CONTEXT, span), () => logger.info({}, 'within'));
  expect(last()).toMatchObject({ trace_id: span.traceId, span_id: span.spanId });
  logger.info({}, 'outside');
  expect(last()).not.toHaveProperty('trace_id');
  context.disable();
});
