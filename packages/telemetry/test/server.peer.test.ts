import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  Client,
  credentials,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerWritableStream,
  status,
} from '@grpc/grpc-js';
import { SpanStatusCode, trace } from '@opentelemetry/api';
import { waitFor } from '@therapytrain/alerts-testkit';
import { activeTraceParent, traceServer } from '../src/index.ts';
import { type CollectingMeter, createCollectingMeter } from './support/collecting-meter.ts';
import { startTracing, type TestTracing } from './support/tracing.ts';

const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const bytes = (value: Buffer): Buffer => value;
const definition = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.Echo/${name}`,
  requestStream,
  responseStream,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
});
const methods = {
  unary: definition('Unary', false, false),
  stream: definition('Stream', false, true),
  bidi: definition('Bidi', true, true),
};

interface Handlers {
  readonly unary?: handleUnaryCall<Buffer, Buffer>;
  readonly stream?: (call: ServerWritableStream<Buffer, Buffer>) => void | Promise<void>;
  readonly bidi?: (call: ServerDuplexStream<Buffer, Buffer>) => void;
}

let tracing: TestTracing;
let metered: CollectingMeter;
let server: Server;
let client: Client;

const serve = async (handlers: Handlers, tracer = tracing.tracer): Promise<void> => {
  const traced = traceServer('test.Echo', tracer, metered.meter);
  server = new Server();
  server.addService(methods, {
    unary: traced.unary('Unary', handlers.unary ?? ((call, callback) => callback(null, call.request))),
    stream: traced.stream('Stream', handlers.stream ?? ((each) => void each.end())),
    bidi: traced.bidi('Bidi', handlers.bidi ?? ((each) => void each.end())),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
};

const withParent = (): Metadata => {
  const metadata = new Metadata();
  metadata.set('traceparent', parent);
  return metadata;
};

/** Calls `Unary` and gives what came back: the answer, or the status of the error. */
const call = (options = {}): Promise<string | number> =>
  new Promise((resolve) => {
    const answered = (error: { code: number } | null, value?: Buffer): void =>
      resolve(error ? error.code : String(value));
    client.makeUnaryRequest(methods.unary.path, bytes, bytes, Buffer.from('hi'), withParent(), options, answered);
  });

const durations = async () =>
  ((await metered.collect()).get('rpc.server.call.duration') ?? []).map(({ attributes, value }) => [
    attributes['rpc.method'],
    attributes['rpc.status_code'],
    attributes['error.type'],
    value,
  ]);

beforeEach(() => {
  tracing = startTracing();
  metered = createCollectingMeter();
});

afterEach(async () => {
  client.close();
  server.forceShutdown();
  await tracing.close();
  await metered.close();
});

test('a refusal is the fault of the caller, a defect is that of the server', async () => {
  const codes = [status.INVALID_ARGUMENT, status.INTERNAL];
  await serve({ unary: (_call, callback) => callback({ code: codes.shift() ?? 0, details: 'no' }) });
  expect([await call(), await call()]).toEqual([status.INVALID_ARGUMENT, status.INTERNAL]);
  expect(tracing.spans()).toMatchObject([
    { status: { code: SpanStatusCode.UNSET }, attributes: { 'rpc.status_code': 'INVALID_ARGUMENT' } },
    { status: { code: SpanStatusCode.ERROR }, attributes: { 'rpc.status_code': 'INTERNAL', 'error.type': 'INTERNAL' } },
  ]);
  expect(await durations()).toEqual([
    ['test.Echo/Unary', 'INVALID_ARGUMENT', undefined, 1],
    ['test.Echo/Unary', 'INTERNAL', 'INTERNAL', 1],
  ]);
});

test('a handler that throws, and an error without a code, are UNKNOWN as on the wire', async () => {
  let throws = true;
  await serve({
    unary: (_call, callback) => {
      if (throws) throw new Error('patient-4711');
      callback(new Error('patient-4711') as never);
    },
  });
  const first = await call();
  throws = false;
  expect([first, await call()]).toEqual([status.UNKNOWN, status.UNKNOWN]);
  expect(tracing.spans().map(({ attributes }) => attributes['rpc.status_code'])).toEqual(['UNKNOWN', 'UNKNOWN']);
  expect(
    JSON.stringify(tracing.spans().map(({ attributes, events, status: s }) => [attributes, events, s])),
  ).not.toContain('4711');
});

test('a call whose deadline is over counts as that, whatever the handler says later', async () => {
  const calls: Parameters<handleUnaryCall<Buffer, Buffer>>[] = [];
  await serve({ unary: (...args) => void calls.push(args) });
  expect(await call({ deadline: Date.now() + 50 })).toBe(status.DEADLINE_EXCEEDED);
  const [served, callback] = await waitFor(() => calls[0]);
  await waitFor(() => served.cancelled);
  callback(null, Buffer.from('late'));
  expect(await durations()).toEqual([['test.Echo/Unary', 'DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED', 1]]);
});

test('an open stream has ended its span, and is measured when it ends', async () => {
  await serve({ stream: (call) => void call.write(Buffer.from('first')) });
  const stream = client.makeServerStreamRequest(methods.stream.path, bytes, bytes, Buffer.from('hi'), withParent());
  stream.on('error', () => {});
  await once(stream, 'data');
  expect(tracing.spans()).toMatchObject([
    {
      name: 'test.Echo/Stream',
      parentSpanContext: { spanId: 'b7ad6b7169203331' },
      attributes: { 'rpc.status_code': 'OK' },
    },
  ]);
  expect(await durations()).toEqual([]);
  stream.cancel();
  await waitFor(async () => (await durations()).length > 0);
  expect(await durations()).toEqual([['test.Echo/Stream', 'CANCELLED', undefined, 1]]);
});

test.each([
  ['ends', (each: ServerWritableStream<Buffer, Buffer>) => each.end(), 'OK'],
  [
    'is refused',
    (each: ServerWritableStream<Buffer, Buffer>) => each.emit('error', { code: status.OUT_OF_RANGE, details: 'no' }),
    'OUT_OF_RANGE',
  ],
])('a stream that %s is measured once, by how it ended', async (_, handle, code) => {
  await serve({ stream: async (each) => void handle(each) });
  const stream = client.makeServerStreamRequest(methods.stream.path, bytes, bytes, Buffer.from('hi'));
  stream.on('error', () => {}).resume();
  await new Promise((resolve) => stream.on('status', resolve));
  await waitFor(async () => (await durations()).length > 0);
  expect(await durations()).toMatchObject([['test.Echo/Stream', code, undefined, 1]]);
  expect(tracing.spans()).toMatchObject([{ attributes: { 'rpc.status_code': code } }]);
});

test('messages of a stream are handled in the context of its beginning', async () => {
  await serve({ bidi: (each) => void each.on('data', () => each.write(Buffer.from(activeTraceParent()))) });
  const stream = client.makeBidiStreamRequest(methods.bidi.path, bytes, bytes, withParent());
  stream.on('error', () => {});
  stream.write(Buffer.from('hi'));
  const [answer] = (await once(stream, 'data')) as [Buffer];
  const [span] = tracing.spans();
  expect(answer.toString()).toBe(`00-0af7651916cd43dd8448eb211c80319c-${span?.spanContext().spanId}-01`);
  stream.cancel();
});

test.each(['unary', 'bidi'])('without tracing, the span of the caller reaches the handler (%s)', async (kind) => {
  await serve(
    {
      unary: (_call, callback) => callback(null, Buffer.from(activeTraceParent())),
      bidi: (each) => void each.on('data', () => each.write(Buffer.from(activeTraceParent()))),
    },
    trace.getTracer('none'),
  );
  if (kind === 'unary') return expect(await call()).toBe(parent);
  const stream = client.makeBidiStreamRequest(methods.bidi.path, bytes, bytes, withParent());
  stream.on('error', () => {});
  stream.write(Buffer.from('hi'));
  const [answer] = (await once(stream, 'data')) as [Buffer];
  expect(answer.toString()).toBe(parent);
  stream.cancel();
  expect(tracing.spans()).toEqual([]);
});
