import type { Meter } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { DataPointType, MeterProvider, type MetricData } from '@opentelemetry/sdk-metrics';

/** One series: its attributes and value; of a histogram, its count. */
export interface Series {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly value: number;
}

/** A real meter whose metrics a test collects. */
export interface CollectingMeter {
  readonly meter: Meter;
  collect(): Promise<ReadonlyMap<string, readonly Series[]>>;
  close(): Promise<void>;
}

const seriesOf = (metric: MetricData): Series[] =>
  metric.dataPointType === DataPointType.HISTOGRAM || metric.dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM
    ? metric.dataPoints.map(({ attributes, value }) => ({ attributes, value: value.count }))
    : metric.dataPoints.map(({ attributes, value }) => ({ attributes, value }));

export const createCollectingMeter = (): CollectingMeter => {
  const reader = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({ readers: [reader] });
  return {
    meter: provider.getMeter('test'),
    collect: async () => {
      const { resourceMetrics } = await reader.collect();
      const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
      return new Map(metrics.map((metric) => [metric.descriptor.name, seriesOf(metric)]));
    },
    close: () => provider.shutdown(),
  };
};
