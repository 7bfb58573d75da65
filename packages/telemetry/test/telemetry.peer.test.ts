import { request as httpRequest } from 'node:http';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, expect, jest, test } from '@jest/globals';
import { createNoopMeter } from '@opentelemetry/api';
import { AlertError } from '@therapytrain/alerts-core';
import { startOtlpReceiver } from '@therapytrain/alerts-testkit';
import { createAlertMetrics, isTracing, startTelemetry, type Telemetry, type TelemetryOptions } from '../src/index.ts';
import { withEnvironment } from './support/environment.ts';

jest.setTimeout(60_000);

const started: Telemetry[] = [];
const start = async (
  variables: Readonly<Record<string, string>>,
  options: Partial<TelemetryOptions> = {},
): Promise<Telemetry> => {
  const telemetry = await withEnvironment(variables, () => startTelemetry({ version: '1.2.3', ...options }));
  started.push(telemetry);
  return telemetry;
};

afterEach(async () => {
  for (const telemetry of started.splice(0)) await telemetry.shutdown();
});

const get = (address: string, path = '/metrics', method = 'GET') => fetch(`http://${address}${path}`, { method });

test('told nothing, telemetry is a no-op and connects nowhere', async () => {
  const problems: string[] = [];
  const telemetry = await start({}, { onProblem: (problem) => problems.push(problem) });
  expect(isTracing(telemetry.tracer)).toBe(false);
  expect(telemetry.meter).toBe(createNoopMeter());
  expect(telemetry.metricsAddress).toBeUndefined();
  await telemetry.shutdown();
  expect(problems).toEqual([]);
});

test('OTEL_SDK_DISABLED turns everything off', async () => {
  const receiver = await startOtlpReceiver();
  const telemetry = await start(
    { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
    { metrics: '127.0.0.1:0' },
  );
  telemetry.tracer.startSpan('x').end();
  await telemetry.shutdown();
  expect(telemetry.metricsAddress).toBeUndefined();
  expect(receiver.connections()).toBe(0);
  await receiver.close();
});

test('traces and metrics go out over OTLP while metrics are scraped too', async () => {
  const receiver = await startOtlpReceiver();
  const telemetry = await start(
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_SERVICE_NAME: 'mine',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    },
    { metrics: '127.0.0.1:0' },
  );
  createAlertMetrics(telemetry.meter, () => true).delivered(7);
  telemetry.tracer.startSpan('work').end();
  expect(await (await get(telemetry.metricsAddress ?? '')).text()).toContain('alerts_stream_deliveries_total 7');
  await telemetry.shutdown();
  expect(receiver.spans()).toMatchObject([{ name: 'work' }]);
  expect(receiver.resource()).toMatchObject({ 'service.name': 'mine', 'deployment.environment.name': 'test' });
  expect(receiver.metricNames()).toContain('alerts.stream.deliveries');
  await receiver.close();
});

test('the default protocol is protobuf', async () => {
  const receiver = await startOtlpReceiver();
  const telemetry = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  telemetry.tracer.startSpan('work').end();
  await telemetry.shutdown();
  expect(new Set(receiver.received.map(({ contentType }) => contentType))).toEqual(new Set(['application/x-protobuf']));
  expect(receiver.received.map(({ path }) => path).sort()).toEqual(['/v1/metrics', '/v1/traces']);
  await receiver.close();
});

test('what Prometheus scrapes parses, and each name has one type', async () => {
  const telemetry = await start({}, { metrics: '127.0.0.1:0' });
  const metrics = createAlertMetrics(telemetry.meter, () => true);
  metrics.reported('AUTH_FAILURE', 3, { alertId: 'a', sequence: 1, duplicate: false });
  const response = await get(telemetry.metricsAddress ?? '');
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const types = new Map<string, string>();
  const samples: string[] = [];
  for (const line of (await response.text()).split('\n').filter((each) => each !== '')) {
    const [, name, type] = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (name && type) {
      expect(types.has(name)).toBe(false);
      types.set(name, type);
    } else if (!line.startsWith('#')) {
      expect(line).toMatch(/^[a-z_:][a-z0-9_:]*(\{[a-z_]+="[^"\n]*"(,[a-z_]+="[^"\n]*")*\})? -?[0-9.e+]+$/i);
      samples.push(line);
    }
  }
  expect(types.get('alerts_reports_total')).toBe('counter');
  expect(types.get('process_memory_usage_bytes')).toBe('gauge');
  expect(samples).toContain('alerts_reports_total{type="AUTH_FAILURE",severity="HIGH",outcome="kept"} 1');
  expect(samples.some((line) => /^target_info\{.*service_name="alert-gateway".*\} 1$/.test(line))).toBe(true);
  expect(samples.join('\n')).not.toMatch(/process_(command|owner|executable)|host_name/);
});

test('there is only GET /metrics', async () => {
  const { metricsAddress = '' } = await start({}, { metrics: '127.0.0.1:0' });
  expect((await get(metricsAddress, '/')).status).toBe(404);
  expect((await get(metricsAddress, '/metrics/x')).status).toBe(404);
  expect((await get(metricsAddress, '/metrics', 'POST')).status).toBe(405);
  expect((await get(metricsAddress, '/metrics?name=x')).status).toBe(200);
  const [host, port] = metricsAddress.split(':');
  const response = await new Promise<number | undefined>((resolve) => {
    httpRequest({ host, port, path: '//[', method: 'GET' }, (answer) => resolve(answer.statusCode)).end();
  });
  expect(response).toBe(404);
});

test.each(['', '9464', ':9464', 'localhost', '127.0.0.1:99999', '127.0.0.1:9464/x', '::1:9464', 'a b:1'])(
  'refuses "%s" as the address of metrics',
  async (metrics) => {
    const refused = start({}, { metrics });
    await expect(refused).rejects.toBeInstanceOf(AlertError);
    await expect(refused).rejects.toMatchObject({ code: 'FIELD_INVALID' });
  },
);

test('an address that is taken fails the start, and nothing is left behind', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  await expect(start({}, { metrics: `127.0.0.1:${port}` })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  other.close();
  await once(other, 'close');
  const again = await start({}, { metrics: `127.0.0.1:${port}` });
  expect(again.metricsAddress).toBe(`127.0.0.1:${port}`);
});

test('shutdown gives up at its deadline, tells it, and does not wait for scrapers', async () => {
  const receiver = await startOtlpReceiver({ answers: false });
  const problems: string[] = [];
  const telemetry = await start(
    { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
    { metrics: '127.0.0.1:0', onProblem: (problem) => problems.push(problem) },
  );
  const [host, port] = (telemetry.metricsAddress ?? '').split(':');
  const idle = connect(Number(port), host);
  await once(idle, 'connect');
  telemetry.tracer.startSpan('work').end();
  const since = performance.now();
  await telemetry.shutdown(200);
  expect(performance.now() - since).toBeLessThan(5_000);
  expect(problems).toContain('telemetry could not be sent, or not in time; what was left is lost');
  idle.destroy();
  await receiver.close();
});

test('what is wrong with the collector is told, once', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as { port: number };
  closed.close();
  const problems: string[] = [];
  const telemetry = await start(
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_EXPORTER_OTLP_TIMEOUT: '300',
    },
    { onProblem: (problem) => problems.push(problem) },
  );
  telemetry.tracer.startSpan('work').end();
  await telemetry.shutdown();
  expect(problems.length).toBeGreaterThan(0);
  expect(new Set(problems).size).toBe(problems.length);
});
