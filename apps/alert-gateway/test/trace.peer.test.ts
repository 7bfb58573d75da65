import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Alert, AlertServiceClient } from '@therapytrain/alerts-api';
import { type AlertClient, createAlertClient } from '@therapytrain/alerts-client';
import { activeTraceParent, startTelemetry, traceClient } from '@therapytrain/alerts-telemetry';
import {
  type OtlpReceiver,
  plantedIn,
  type ReceivedSpan,
  startOtlpReceiver,
  waitFor,
} from '@therapytrain/alerts-testkit';
import { credentials } from '@grpc/grpc-js';
import { context, type SpanContext, trace, type Tracer } from '@opentelemetry/api';
import { after, kept, refused, subscribeTo, temporaryDirectory } from './support.ts';
import { type Child, startChild } from './support/child.ts';

const service = 'therapytrain.alerts.v1.AlertService';
const kinds = { INTERNAL: 1, SERVER: 2, CLIENT: 3, PRODUCER: 4 };

const planted = {
  userId: 'planted-user-5f1c',
  ipAddress: '203.0.113.217',
  message: 'planted-message-7f3a',
  secret: '01920e4c-91bc-7d0e-8000-20de5e1f44aa',
  key: 'planted_key_6d6d',
  dedupKey: 'planted-dedup-8a8a',
  type: 'PLANTED_TYPE_C0DE',
};

const saying = {
  type: 'AUTH_FAILURE',
  message: `a login failed: ${planted.message}`,
  metadata: {
    userId: planted.userId,
    ipAddress: planted.ipAddress,
    requestId: planted.secret,
    deep: { [planted.key]: [planted.secret] },
  },
  dedupKey: planted.dedupKey,
};

/** What there is to see when a gateway has been reported to, in the order of the reports. */
interface Run {
  /** The spans that the reporters were in. */
  readonly unary: SpanContext;
  readonly first: SpanContext;
  readonly second: SpanContext;
  readonly streamed: readonly Alert[];
  /** All that was emitted, by the way it took. */
  readonly emitted: Readonly<Record<'otlp' | 'log' | 'stderr' | 'metrics', string>>;
}

let receiver: OtlpReceiver;
let run: Run;

const within = async (tracer: Tracer, work: () => Promise<unknown>): Promise<SpanContext> => {
  const span = tracer.startSpan('login');
  await context.with(trace.setSpan(context.active(), span), work);
  span.end();
  return span.spanContext();
};

const startGatewayProcess = async (): Promise<{ child: Child; address: string; metrics: string }> => {
  const data = await temporaryDirectory('all');
  const child = startChild(
    ['--data', data, '--listen', '127.0.0.1:0', '--metrics', '127.0.0.1:0', '--log-level', 'trace'],
    { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
  );
  after(() => child.signal('SIGKILL'), 'all');
  const address = await child.listening();
  const metrics = await waitFor(() => {
    const line = child.logged().find((each) => each.includes('"serving metrics"'));
    return line && (JSON.parse(line) as { readonly address: string }).address;
  });
  return { child, address, metrics: `http://${metrics}/metrics` };
};

// This process is the reporter. Jest gives each file an environment of its own.
const startReporter = async (address: string) => {
  Object.assign(process.env, {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRICS_EXPORTER: 'none',
  });
  const telemetry = await startTelemetry({ version: '1', serviceName: 'auth-service' });
  const interceptors = [traceClient(telemetry.tracer)];
  const plain = new AlertServiceClient(address, credentials.createInsecure());
  const unary = new AlertServiceClient(address, credentials.createInsecure(), { interceptors });
  const client: AlertClient = createAlertClient({ address }, { interceptors, traceParent: activeTraceParent });
  const close = async (): Promise<void> => {
    await client.close();
    unary.close();
    plain.close();
    await telemetry.shutdown();
  };
  after(close, 'all');
  return { tracer: telemetry.tracer, plain, unary, client, close };
};

// Refusals have their own ways out, and each could take along what was refused.
const beRefused = async (client: AlertServiceClient): Promise<void> => {
  await refused(client, { ...saying, message: planted.message.repeat(1_000) });
  await refused(client, { ...saying, traceParent: planted.secret });
  await refused(client, { ...saying, type: planted.userId });
  await subscribeTo(client, 'now', `message == "${planted.message}" &&`).refused();
};

const observe = async (): Promise<Run> => {
  const { child, address, metrics } = await startGatewayProcess();
  const { tracer, plain, unary, client, close } = await startReporter(address);
  const subscription = subscribeTo(plain, 'now');
  await subscription.begun();
  const byUnary = await within(tracer, () => kept(unary, saying));
  await subscription.upTo(1);
  const first = await within(tracer, () => client.report(saying));
  await subscription.upTo(2);
  const second = await within(tracer, () => client.report(saying));
  await subscription.upTo(3);
  await kept(plain, { ...saying, type: planted.type, severity: 4 });
  await subscription.upTo(4);
  await beRefused(plain);
  const scraped = await (await fetch(metrics)).text();
  subscription.cancel();
  await close();
  child.signal('SIGTERM');
  expect(await child.ended()).toEqual({ code: 0, signal: null });
  return {
    unary: byUnary,
    first,
    second,
    streamed: subscription.alerts.map(({ alert }) => alert),
    emitted: {
      otlp: receiver.received.map(({ body }) => body.toString('latin1')).join('\n'),
      log: child.logged().join('\n'),
      stderr: child.stderr(),
      metrics: scraped,
    },
  };
};

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  after(() => receiver.close(), 'all');
  run = await observe();
});

const spansOf = ({ traceId }: SpanContext): readonly ReceivedSpan[] =>
  receiver.spans().filter((span) => span.traceId === traceId);

const only = (spans: readonly ReceivedSpan[], name: string, kind: number): ReceivedSpan => {
  const found = spans.filter((span) => span.name === name && span.kind === kind);
  expect(found).toHaveLength(1);
  return found[0] as ReceivedSpan;
};

const linkedTo = ({ traceId }: SpanContext): readonly ReceivedSpan[] =>
  receiver.spans().filter(({ links }) => links.some((link) => link.traceId === traceId));

const parentOf = ({ traceId }: SpanContext, spanId: string): string => `00-${traceId}-${spanId}-01`;

describe('an alert that is reported by ReportAlert', () => {
  test('is one trace, from the span of its reporter to the log', () => {
    const spans = spansOf(run.unary);
    // These and no others: neither the subscription nor the delivery is in it.
    expect(spans).toHaveLength(4);
    const called = only(spans, `${service}/ReportAlert`, kinds.CLIENT);
    const served = only(spans, `${service}/ReportAlert`, kinds.SERVER);
    const appended = only(spans, 'AlertLog.append', kinds.INTERNAL);
    expect(only(spans, 'login', kinds.INTERNAL).spanId).toBe(run.unary.spanId);
    expect(called.parentSpanId).toBe(run.unary.spanId);
    expect(served.parentSpanId).toBe(called.spanId);
    expect(appended.parentSpanId).toBe(served.spanId);
  });

  test('is streamed with that trace, and the delivery is linked to it', () => {
    const served = only(spansOf(run.unary), `${service}/ReportAlert`, kinds.SERVER);
    const delivery = only(linkedTo(run.unary), 'alerts.stream.deliver', kinds.PRODUCER);
    expect(delivery.links).toMatchObject([{ traceId: run.unary.traceId, spanId: served.spanId }]);
    expect(delivery.parentSpanId).toBeUndefined();
    expect(run.streamed[0]?.traceParent).toBe(parentOf(run.unary, served.spanId));
  });
});

describe('alerts that are reported by report(), and share a stream', () => {
  test('have the trace of their own reporter; the stream has that of the first', () => {
    const spans = spansOf(run.first);
    expect(spans).toHaveLength(3);
    const called = only(spans, `${service}/ReportAlerts`, kinds.CLIENT);
    const served = only(spans, `${service}/ReportAlerts`, kinds.SERVER);
    expect(called.parentSpanId).toBe(run.first.spanId);
    expect(served.parentSpanId).toBe(called.spanId);
    expect(spansOf(run.second).map(({ name }) => name)).toEqual(['login']);
  });

  test.each(['first', 'second'] as const)('are linked from append and delivery, and streamed with it: %s', (which) => {
    const reporter = run[which];
    const { traceId, spanId } = reporter;
    const linked = linkedTo(reporter);
    expect(linked).toHaveLength(2);
    const appended = only(linked, 'AlertLog.append', kinds.INTERNAL);
    const delivery = only(linked, 'alerts.stream.deliver', kinds.PRODUCER);
    for (const span of [appended, delivery]) {
      expect(span.links).toMatchObject([{ traceId, spanId }]);
      expect(span.parentSpanId).toBeUndefined();
    }
    const alert = run.streamed[which === 'first' ? 1 : 2];
    expect(alert?.traceParent).toBe(parentOf(reporter, spanId));
  });
});

describe('what is in an alert', () => {
  const found = (text: string): string[] => plantedIn(text, planted);

  test('is nowhere in what the gateway emits', () => {
    const { otlp, log, stderr, metrics } = run.emitted;
    expect({ otlp: found(otlp), log: found(log), stderr: found(stderr), metrics: found(metrics) }).toEqual({
      otlp: [],
      log: [],
      stderr: [],
      metrics: [],
    });
  });

  test('was there to be emitted, and would have been found', () => {
    const { otlp, log, metrics } = run.emitted;
    const streamed = JSON.stringify(run.streamed, (_, value: unknown) =>
      typeof value === 'bigint' ? `${value}` : value,
    );
    expect(found(streamed)).toEqual(Object.keys(planted));
    for (const encoding of ['hex', 'base64'] as const)
      for (const before of ['', 'x', 'xx'])
        expect(found(Buffer.from(`${before}${planted.secret}!`).toString(encoding))).toEqual(['secret']);
    const known = { service: 'alert-gateway', append: 'AlertLog.append', type: 'AUTH_FAILURE', other: 'other' };
    expect(plantedIn(otlp, known)).toEqual(Object.keys(known));
    expect(plantedIn(metrics, known)).toEqual(['service', 'type', 'other']);
    expect(plantedIn(log, { text: 'listening', signal: 'SIGTERM' })).toEqual(['text', 'signal']);
  });
});
