import { metricDefinitions } from '@therapytrain/alerts-telemetry';
import { page, table } from './page.ts';

/** Every metric of the gateway. */
export const metricDocs = (): string =>
  page(
    'Metrics',
    'packages/telemetry/src/metrics',
    'Over OTLP as the standard `OTEL_*` variables say, and at `/metrics` for Prometheus with `--metrics HOST:PORT` (dots ' +
      'become underscores there, and the unit is added). Attributes are bounded: a type that no policy declares counts as ' +
      '`other`, and no attribute ever holds an id, an address or a value of an alert.',
    table(
      ['name', 'kind', 'unit', 'what it counts', 'attributes'],
      Object.entries(metricDefinitions).map(([name, { kind, unit, description, attributes }]) => [
        `\`${name}\``,
        kind,
        `\`${unit}\``,
        description,
        Object.entries(attributes)
          .map(([attribute, values]) => `\`${attribute}\`: ${values}`)
          .join('; ') || '–',
      ]),
    ),
  );
