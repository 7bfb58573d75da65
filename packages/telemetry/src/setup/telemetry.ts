import { context, diag, DiagLogLevel, type Meter, metrics, propagation, trace, type Tracer } from '@opentelemetry/api';
import {
  defaultResource,
  envDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions';
import { fieldError, type Millis } from '@therapytrain/alerts-core';
import { observeProcess } from '../metrics/process-metrics.ts';
import { type Address, createPrometheusEndpoint, type PrometheusEndpoint } from '../metrics/prometheus.ts';
import { exportersOf } from './environment.ts';
import { metricReaders } from './metric-readers.ts';
import { createProblems, diagLogger, type TellProblem } from './problems.ts';

/** How to start telemetry; what is exported, and to where, is said by the standard `OTEL_*` variables. */
export interface TelemetryOptions {
  /** The version of the program, for `service.version`. */
  readonly version: string;
  /** The name of the program, for `service.name`; `OTEL_SERVICE_NAME` wins. Default `alert-gateway`. */
  readonly serviceName?: string;
  /** `host:port` or `[v6]:port` to serve `/metrics` on; port 0 takes a free one. Not served if left out. */
  readonly metrics?: string | undefined;
  /** Told what is wrong with telemetry itself, at most once a minute for the same problem. Default: nobody. */
  readonly onProblem?: TellProblem;
}

/** Telemetry of a process. */
export interface Telemetry {
  /** Makes spans; a no-op if nothing exports traces. */
  readonly tracer: Tracer;
  /** Makes instruments; a no-op if nothing collects metrics. */
  readonly meter: Meter;
  /** Where `/metrics` is served, with the port that was taken; undefined if it is not. */
  readonly metricsAddress: string | undefined;
  /** Sends what is left, for at most this long (default 5 s), and stops. Never rejects. Called again, does nothing. */
  shutdown(within?: Millis): Promise<void>;
}

const scope = '@therapytrain/alerts-telemetry';
const defaultDeadline = 5_000;

const parseAddress = (text: string): Address => {
  const [, bracketed, plain, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535) throw fieldError([{ field: 'metrics', rule: 'is not host:port' }]);
  return { host, port: Number(port) };
};

const createSdk = (
  options: TelemetryOptions,
  endpoint: PrometheusEndpoint | undefined,
  onProblem: TellProblem,
): NodeSDK =>
  new NodeSDK({
    resource: defaultResource().merge(
      resourceFromAttributes({
        [ATTR_SERVICE_NAME]: options.serviceName ?? 'alert-gateway',
        [ATTR_SERVICE_VERSION]: options.version,
      }),
    ),
    // The detectors of host and process would tell every scraper command line, user and machine.
    ...(!process.env['OTEL_NODE_RESOURCE_DETECTORS'] && {
      resourceDetectors: [envDetector, serviceInstanceIdDetector],
    }),
    ...(exportersOf('TRACES', process.env).length === 0 && { spanProcessors: [] }),
    metricReaders: [...(endpoint ? [endpoint.reader] : []), ...metricReaders(onProblem)],
    logRecordProcessors: [],
  });

const forgetGlobals = (): void => {
  for (const api of [trace, metrics, context, propagation, diag]) api.disable();
};

const inTime = async (work: Promise<unknown>, within: Millis): Promise<boolean> => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, within, false);
  const ended = work.then(
    () => true,
    () => false,
  );
  const result = await Promise.race([ended, promise]);
  clearTimeout(timer);
  return result;
};

/**
 * Starts telemetry, once a process, before anything is wrapped. Silent by default: no connection is attempted unless
 * `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_TRACES_EXPORTER` or one of their kin asks for it. With `OTEL_SDK_DISABLED=true`
 * there is nothing at all, not even `/metrics`. Rejects with `FIELD_INVALID` for an address that is none, and with the
 * system's error where it cannot be listened on.
 */
export const startTelemetry = async (options: TelemetryOptions): Promise<Telemetry> => {
  const onProblem = createProblems(options.onProblem ?? (() => {}));
  const disabled = process.env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true';
  const address = options.metrics === undefined || disabled ? undefined : parseAddress(options.metrics);
  const endpoint = address && createPrometheusEndpoint(onProblem);
  diag.setLogger(diagLogger(onProblem), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const sdk = disabled ? undefined : createSdk(options, endpoint, onProblem);
  sdk?.start();
  const stop = async (): Promise<void> => {
    await Promise.all([sdk?.shutdown(), endpoint?.close()]);
  };
  let metricsAddress: string | undefined;
  try {
    metricsAddress = address && (await endpoint?.listen(address));
  } catch (error) {
    await stop().catch(() => {});
    forgetGlobals();
    throw error;
  }
  const meter = metrics.getMeter(scope, options.version);
  observeProcess(meter);
  let stopped: Promise<void> | undefined;
  return {
    tracer: trace.getTracer(scope, options.version),
    meter,
    metricsAddress,
    shutdown: (within = defaultDeadline) =>
      (stopped ??= (async () => {
        if (!(await inTime(stop(), within)))
          onProblem('telemetry could not be sent, or not in time; what was left is lost');
        forgetGlobals();
      })()),
  };
};
