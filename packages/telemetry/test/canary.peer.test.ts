import { once } from 'node:events';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Metadata } from '@grpc/grpc-js';
import type { ReportAlertRequest } from '@therapytrain/alerts-api';
import { AlertError, type AlertLog, isSeverity, systemPorts } from '@therapytrain/alerts-core';
import { startOtlpReceiver } from '@therapytrain/alerts-testkit';
import {
  createAlertMetrics,
  createLogger,
  type LogFields,
  startTelemetry,
  traceClient,
  traceLog,
} from '../src/index.ts';
import { connect, startAlertServer } from './support/alert-server.ts';
import { openDiskLog } from './support/disk-log.ts';
import { withEnvironment } from './support/environment.ts';

jest.setTimeout(60_000);

// One for each place where a value of a reporter, a peer or a library comes in.
const canaries = {
  message: 'canary-message-7f3a',
  metadataValue: 'canary-value-91bc',
  metadataKey: 'canary_key_20de',
  dedupKey: 'canary-dedup-5e1f',
  type: 'CANARY_TYPE_C0DE',
  header: 'canary-header-44aa',
  traceState: 'canary-state-e2e2',
  baggage: 'canary-baggage-3b3b',
  filter: 'canary-filter-d1d1',
  foreignError: 'canary-error-8a8a',
  errorProperty: 'canary-property-6d6d',
  stack: 'canary-stack-0f0f',
  url: 'canary-token-9c9c',
};

const request = (more: Partial<ReportAlertRequest> = {}): ReportAlertRequest => ({
  requestId: '',
  type: 'AUTH_FAILURE',
  severity: 3,
  message: canaries.message,
  metadata: { userId: canaries.metadataValue, [canaries.metadataKey]: canaries.metadataValue },
  occurredAt: undefined,
  dedupKey: canaries.dedupKey,
  traceParent: '',
  ...more,
});

const headers = (): Metadata => {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${canaries.header}`);
  metadata.set('tracestate', `vendor=${canaries.traceState}`);
  metadata.set('baggage', `user=${canaries.baggage}`);
  return metadata;
};

const foreignError = (): Error =>
  Object.assign(new Error(`cannot write ${canaries.foreignError}\n    at ${canaries.stack} (x.js:1:1)`), {
    config: { headers: { authorization: canaries.errorProperty } },
  });

// A log that breaks when it is told to, with an error as a library would throw it.
const breaking = (log: AlertLog): AlertLog => ({
  ...log,
  append: (alerts) =>
    alerts.some(({ alert }) => alert.severity === 4) ? Promise.reject(foreignError()) : log.append(alerts),
});

let disk: Awaited<ReturnType<typeof openDiskLog>>;
beforeAll(async () => {
  disk = await openDiskLog();
});
afterAll(() => disk.dispose());

/** Does everything there is to see, once, and gives all that was emitted, as text. */
const emitted = async (protocol: string, onPurpose: LogFields = {}): Promise<string> => {
  const receiver = await startOtlpReceiver();
  const lines: string[] = [];
  const logger = createLogger({ level: 'trace', destination: { write: (line) => void lines.push(line) } });
  const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL: protocol };
  const telemetry = await withEnvironment(variables, () =>
    startTelemetry({
      version: '1',
      metrics: '127.0.0.1:0',
      onProblem: (reason) => logger.warn({ reason }, 'telemetry'),
    }),
  );
  const { tracer, meter } = telemetry;
  const metrics = createAlertMetrics(meter, (type) => type === 'AUTH_FAILURE');
  const log = traceLog(breaking(disk.log), tracer, meter);
  const onDefect = (err: unknown): void => logger.error({ err }, 'defect');
  const server = await startAlertServer({ log, ports: systemPorts(log.bounds().newestId), tracer, meter, onDefect });
  const client = connect(server, [traceClient(tracer)]);
  const report = (said: ReportAlertRequest): Promise<void> =>
    new Promise((resolve) => {
      client.reportAlert(said, headers(), (error) => {
        const severity = isSeverity(said.severity) ? said.severity : undefined;
        const result = error ? new AlertError('DEFECT', 'no') : { alertId: 'a', sequence: 1, duplicate: false };
        metrics.reported(said.type, severity, result);
        if (error) logger.warn({ err: error }, 'refused');
        resolve();
      });
    });
  const stream = client.streamAlerts({ filter: '', start: undefined }, headers()).on('error', () => {});
  await once(stream, 'metadata');
  await report(request());
  await report(request({ severity: 4 }));
  await report(request({ type: canaries.type }));
  await report(request({ message: `${canaries.message}\u0000` }));
  await report(request({ metadata: { [canaries.metadataKey]: 'x'.repeat(2_000) + canaries.metadataValue } }));
  await report(request({ traceParent: canaries.message }));
  await once(client.streamAlerts({ filter: canaries.filter, start: undefined }).resume(), 'end').catch(() => {});
  metrics.streamEnded(canaries.filter);
  logger.error({ err: new AggregateError([foreignError()], canaries.foreignError, { cause: foreignError() }) }, 'x');
  logger.info({ metadata: canaries.metadataValue, url: `https://x/?token=${canaries.url}` } as object, 'x');
  logger.info(onPurpose, 'x');
  const scraped = await (await fetch(`http://${telemetry.metricsAddress}/metrics`)).text();
  stream.cancel();
  client.close();
  server.close();
  await telemetry.shutdown();
  await receiver.close();
  const sent = receiver.received.map(({ body }) => body.toString('latin1'));
  expect(sent.join()).toContain('AlertLog.append');
  expect(scraped).toContain('alerts_reports_total');
  expect(lines.join()).toContain('"msg":"defect"');
  return [...lines, ...sent, scraped].join('\n');
};

const hits = (text: string): string[] =>
  Object.entries(canaries)
    .filter(([, canary]) => text.includes(canary))
    .map(([place]) => place);

test.each(['http/json', 'http/protobuf'])(
  'nothing that is emitted over %s, logged or scraped has a planted value',
  async (protocol) => {
    expect(hits(await emitted(protocol))).toEqual([]);
  },
);

test('the search finds a value that is logged on purpose', async () => {
  expect(hits(await emitted('http/json', { reason: canaries.metadataValue }))).toEqual(['metadataValue']);
});
