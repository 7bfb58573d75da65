import { OTLPMetricExporter as GrpcExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import {
  ConsoleMetricExporter,
  type IMetricReader,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { exportersOf, millisOf, protocolOf } from './environment.ts';
import type { TellProblem } from './problems.ts';

const otlpExporter = (onProblem: TellProblem): PushMetricExporter => {
  switch (protocolOf('METRICS', process.env)) {
    case 'grpc':
      return new GrpcExporter();
    case 'http/json':
      return new JsonExporter();
    case 'http/protobuf':
      return new ProtobufExporter();
    default:
      onProblem('the OTLP protocol of metrics is not known; http/protobuf is used');
      return new ProtobufExporter();
  }
};

const periodic = (exporter: PushMetricExporter): IMetricReader => {
  const exportIntervalMillis = millisOf('OTEL_METRIC_EXPORT_INTERVAL', process.env) ?? 60_000;
  const timeout = millisOf('OTEL_METRIC_EXPORT_TIMEOUT', process.env) ?? 30_000;
  return new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis,
    exportTimeoutMillis: Math.min(timeout, exportIntervalMillis),
  });
};

/**
 * The readers that the standard variables ask for. The SDK would make them, but only where it is given none: metrics
 * could then go out over OTLP or be scraped, and not both.
 */
export const metricReaders = (onProblem: TellProblem): IMetricReader[] =>
  exportersOf('METRICS', process.env).flatMap((name) => {
    switch (name) {
      case 'otlp':
        return [periodic(otlpExporter(onProblem))];
      case 'console':
        return [periodic(new ConsoleMetricExporter())];
      default:
        onProblem('an exporter of OTEL_METRICS_EXPORTER is not known; there are otlp, console and none');
        return [];
    }
  });
