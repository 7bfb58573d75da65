import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { ReportAlertRequest, StreamAlertsResponse } from '@therapytrain/alerts-api';
import { type Alert, type AlertLog, decodeAlert, systemPorts } from '@therapytrain/alerts-core';
import {
  type OtlpReceiver,
  type ReceivedSpan,
  requestIdOf,
  startOtlpReceiver,
  waitFor,
} from '@therapytrain/alerts-testkit';
import { context, trace } from '@opentelemetry/api';
import { activeTraceParent, startTelemetry, type Telemetry, traceClient, traceLog } from '../src/index.ts';
import { type AlertServer, connect, report, startAlertServer } from './support/alert-server.ts';
import { openDiskLog } from './support/disk-log.ts';
import { withEnvironment } from './support/environment.ts';

const kinds = { INTERNAL: 1, SERVER: 2, CLIENT: 3, PRODUCER: 4 };
const service = 'therapytrain.alerts.v1.AlertService';

const request = (more: Partial<ReportAlertRequest> = {}): ReportAlertRequest => ({
  requestId: '',
  type: 'AUTH_FAILURE',
  severity: 3,
  message: 'Authentication failed',
  metadata: { userId: 'u-1' },
  occurredAt: undefined,
  dedupKey: '',
  traceParent: '',
  ...more,
});

// A loaded machine may be slow at starting threads.
jest.setTimeout(60_000);

let disk: Awaited<ReturnType<typeof openDiskLog>>;
let receiver: OtlpReceiver;
let telemetry: Telemetry;
let log: AlertLog;
let server: AlertServer;

const spanOf = (name: string, kind: number): ReceivedSpan => {
  const found = receiver.spans().filter((span) => span.name === name && span.kind === kind);
  expect(found).toHaveLength(1);
  return found[0] as ReceivedSpan;
};

const start = async (variables: Readonly<Record<string, string>> = {}): Promise<void> => {
  telemetry = await withEnvironment(
    { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', ...variables },
    () => startTelemetry({ version: '1.2.3' }),
  );
  log = traceLog(disk.log, telemetry.tracer, telemetry.meter);
  server = await startAlertServer({ log, ports: systemPorts(log.bounds().newestId), ...telemetry });
};

const newestAlert = async (): Promise<Alert> => {
  const [kept] = (await log.readBack(log.bounds().newest, 1)).alerts;
  return decodeAlert(kept?.encoded ?? new Uint8Array());
};

beforeAll(async () => {
  disk = await openDiskLog();
});

afterAll(() => disk.dispose());

beforeEach(async () => {
  receiver = await startOtlpReceiver();
});

afterEach(async () => {
  server.close();
  await telemetry.shutdown();
  await receiver.close();
});

test('a report is one trace from the client to the log, and a delivery is linked to it', async () => {
  await start();
  const client = connect(server, [traceClient(telemetry.tracer)]);
  const stream = client.streamAlerts({ filter: '', start: undefined });
  const delivered: StreamAlertsResponse[] = [];
  stream.on('data', (event: StreamAlertsResponse) => delivered.push(event)).on('error', () => {});
  await once(stream, 'metadata');
  const own = telemetry.tracer.startSpan('login');
  const { sequence } = await context.with(trace.setSpan(context.active(), own), () => report(client, request()));
  own.end();
  await waitFor(() => delivered.length > 0);
  stream.cancel();
  client.close();
  await telemetry.shutdown();

  const { traceId, spanId } = own.spanContext();
  const called = spanOf(`${service}/ReportAlert`, kinds.CLIENT);
  const served = spanOf(`${service}/ReportAlert`, kinds.SERVER);
  const appended = spanOf('AlertLog.append', kinds.INTERNAL);
  const delivery = spanOf('alerts.stream.deliver', kinds.PRODUCER);
  expect(called).toMatchObject({ traceId, parentSpanId: spanId });
  expect(served).toMatchObject({ traceId, parentSpanId: called.spanId });
  expect(served.attributes).toEqual({
    'rpc.system.name': 'grpc',
    'rpc.method': `${service}/ReportAlert`,
    'rpc.status_code': 'OK',
  });
  expect(appended).toMatchObject({ traceId, parentSpanId: served.spanId, attributes: { 'alerts.batch.size': 1 } });
  expect(delivery.traceId).not.toBe(traceId);
  expect(delivery.parentSpanId).toBeUndefined();
  expect(delivery.links).toMatchObject([{ traceId, spanId: served.spanId }]);
  expect(await newestAlert()).toMatchObject({
    sequence: Number(sequence),
    traceParent: `00-${traceId}-${served.spanId}-01`,
  });
  expect(receiver.resource()).toMatchObject({ 'service.name': 'alert-gateway', 'service.version': '1.2.3' });
  expect(Object.keys(receiver.resource()).filter((name) => /^(process|host|os)\./.test(name))).toEqual([]);
});

test('a stream has a short span for its beginning, whether it begins or is refused', async () => {
  await start();
  const client = connect(server, [traceClient(telemetry.tracer)]);
  const stream = client.streamAlerts({ filter: '', start: undefined }).on('error', () => {});
  await once(stream, 'metadata');
  const refused = client.streamAlerts({ filter: 'severity > 1', start: undefined });
  await expect(once(refused.resume(), 'end')).rejects.toMatchObject({ details: 'no filters here' });
  // Both have begun and one is still open: its spans are sent all the same.
  await telemetry.shutdown();
  const spans = receiver.spans().filter(({ name }) => name === `${service}/StreamAlerts`);
  const statuses = (kind: number) =>
    spans.filter((span) => span.kind === kind).map(({ attributes }) => attributes['rpc.status_code']);
  expect(statuses(kinds.SERVER).sort()).toEqual(['INVALID_ARGUMENT', 'OK']);
  expect(statuses(kinds.CLIENT).sort()).toEqual(['INVALID_ARGUMENT', 'OK']);
  stream.cancel();
  client.close();
});

test('alerts that come over a stream keep their own trace, and the append is linked to it', async () => {
  await start();
  const client = connect(server);
  const traceParent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const stream = client.reportAlerts();
  stream.write({ alerts: [request({ traceParent, requestId: requestIdOf(1) })] });
  await once(stream, 'data');
  stream.end();
  await telemetry.shutdown();
  client.close();
  const appended = spanOf('AlertLog.append', kinds.INTERNAL);
  expect(appended.links).toMatchObject([{ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }]);
  expect(appended.parentSpanId).toBeUndefined();
});

test('without tracing, an alert still carries the trace of its reporter, and nothing is sent', async () => {
  await start({ OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' });
  const client = connect(server, [
    (options, next) => {
      const call = next(options);
      const { start: begin } = call;
      call.start = (metadata, listener) => {
        metadata.set('traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
        begin.call(call, metadata, listener);
      };
      return call as never;
    },
  ]);
  await report(client, request());
  client.close();
  expect(activeTraceParent()).toBe('');
  expect((await newestAlert()).traceParent).toBe('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
  await telemetry.shutdown();
  expect(receiver.connections()).toBe(0);
});
