import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import type { IMetricReader, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { MetricDefinition } from './definitions.ts';
import type { TellProblem } from '../setup/problems.ts';

/** A host and a port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const unitNames: Readonly<Record<string, string>> = { s: 'seconds', By: 'bytes' };

// The serializer of the exporter leaves the unit out of the name, against the compatibility rules of OpenTelemetry and
// against what every dashboard expects.
const withUnit = (name: string, unit: string): string => {
  const unitName = unitNames[unit];
  return unitName === undefined || name.endsWith(unitName) ? name : `${name}.${unitName}`;
};

/** The name of an instrument on `/metrics`: with its unit, and `_total` for a counter. */
export const prometheusName = (name: string, { kind, unit }: Pick<MetricDefinition, 'kind' | 'unit'>): string =>
  `${withUnit(name, unit).replaceAll('.', '_')}${kind === 'counter' ? '_total' : ''}`;

const withUnits = ({ resource, scopeMetrics }: ResourceMetrics): ResourceMetrics => ({
  resource,
  scopeMetrics: scopeMetrics.map(({ scope, metrics }) => ({
    scope,
    metrics: metrics.map((metric) => ({
      ...metric,
      descriptor: { ...metric.descriptor, name: withUnit(metric.descriptor.name, metric.descriptor.unit) },
    })),
  })),
});

/** What Prometheus scrapes: a reader to give to the SDK, and a server. */
export interface PrometheusEndpoint {
  readonly reader: IMetricReader;
  /** Begins to listen, and returns the address with the port that was taken. Rejects with the system's error. */
  listen(address: Address): Promise<string>;
  /** Stops listening and cuts what is open. */
  close(): Promise<void>;
}

const endpointPath = '/metrics';
const contentType = 'text/plain; version=0.0.4; charset=utf-8';
const limits = { maxHeaderSize: 8_192, requestTimeout: 5_000, headersTimeout: 5_000, keepAliveTimeout: 65_000 };
const maxConnections = 32;

const answer = (response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers });
  response.end(body);
};

const listen = (server: Server, { host, port }: Address): Promise<string> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const taken = (server.address() as AddressInfo).port;
      resolve(host.includes(':') ? `[${host}]:${taken}` : `${host}:${taken}`);
    });
  });

/**
 * Makes the endpoint. The exporter has a server of its own, but that one cannot take a free port, answers every method
 * and has no bounds; so only its reader and its text format are used.
 */
export const createPrometheusEndpoint = (onProblem: TellProblem): PrometheusEndpoint => {
  const reader = new PrometheusExporter({ preventServerStart: true });
  const serializer = new PrometheusSerializer('', false, undefined, false, true);
  const scrape = async (response: ServerResponse): Promise<void> => {
    try {
      const { resourceMetrics, errors } = await reader.collect();
      if (errors.length > 0) onProblem('some metrics could not be collected');
      answer(response, 200, serializer.serialize(withUnits(resourceMetrics)), { 'content-type': contentType });
    } catch {
      onProblem('metrics could not be collected');
      answer(response, 503, 'metrics could not be collected\n');
    }
  };
  const server = createServer(limits, ({ method, url }, response) => {
    if (url?.split('?', 1)[0] !== endpointPath) return answer(response, 404, 'there is only /metrics here\n');
    if (method !== 'GET') return answer(response, 405, 'only GET\n', { allow: 'GET' });
    void scrape(response);
  });
  server.maxConnections = maxConnections;
  server.unref();
  return {
    reader,
    listen: (address) => listen(server, address),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
