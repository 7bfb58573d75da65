/** What OpenTelemetry can export. */
export type Signal = 'TRACES' | 'METRICS';

type Environment = Readonly<Record<string, string | undefined>>;

const listOf = (value: string | undefined): readonly string[] =>
  (value ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

/**
 * The exporters of a signal, by the standard variables. Unlike the SDK's own default it is silent: without an exporter
 * or an endpoint there is none, so that a gateway that was not told to export does not knock at `localhost:4318`.
 */
export const exportersOf = (signal: Signal, environment: Environment): readonly string[] => {
  const named = listOf(environment[`OTEL_${signal}_EXPORTER`]);
  if (named.includes('none')) return [];
  if (named.length > 0) return named;
  const endpoint = environment[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`] ?? environment['OTEL_EXPORTER_OTLP_ENDPOINT'];
  return endpoint?.trim() ? ['otlp'] : [];
};

/** The protocol of a signal over OTLP. */
export const protocolOf = (signal: Signal, environment: Environment): string =>
  environment[`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`]?.trim() ||
  environment['OTEL_EXPORTER_OTLP_PROTOCOL']?.trim() ||
  'http/protobuf';

/** A span of milliseconds that a variable names; undefined if it is not set or makes no sense. */
export const millisOf = (name: string, environment: Environment): number | undefined => {
  const value = Number(environment[name]?.trim() || Number.NaN);
  return value > 0 && Number.isFinite(value) ? value : undefined;
};
