import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request of an exporter. */
export interface Received {
  readonly path: string;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

/** A span, as OTLP has it in JSON. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: { readonly code?: number };
}

interface Value {
  readonly stringValue?: string;
  readonly intValue?: number | string;
  readonly arrayValue?: unknown;
}
interface Attribute {
  readonly key: string;
  readonly value: Value;
}
interface Resource {
  readonly attributes: readonly Attribute[];
}
interface TracesBody {
  readonly resourceSpans: readonly {
    readonly resource: Resource;
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<ReceivedSpan, 'attributes' | 'links'> & {
        readonly attributes: readonly Attribute[];
        readonly links?: ReceivedSpan['links'];
      })[];
    }[];
  }[];
}
interface MetricsBody {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly { readonly name: string }[] }[];
  }[];
}

/** A collector on loopback that keeps what it is sent. */
export interface OtlpReceiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** Connections that were opened, whatever came over them. */
  connections(): number;
  /** The spans of all requests in JSON, in the order they came. */
  spans(): readonly ReceivedSpan[];
  /** The attributes of the process that sent them. */
  resource(): Readonly<Record<string, unknown>>;
  /** The names of the metrics of all requests in JSON. */
  metricNames(): ReadonlySet<string>;
  close(): Promise<void>;
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

const record = (attributes: readonly Attribute[]): Record<string, unknown> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value.arrayValue]),
  );

/** Starts a collector. With `answers: false` it takes everything and never answers. */
export const startOtlpReceiver = async ({ answers = true } = {}): Promise<OtlpReceiver> => {
  const received: Received[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      received.push({ path: request.url ?? '', contentType: request.headers['content-type'], body });
      if (answers) response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const json = <T>(path: string): T[] =>
    received.filter((each) => each.path === path).map(({ body }) => JSON.parse(body.toString()) as T);
  const resourceSpans = () => json<TracesBody>('/v1/traces').flatMap((body) => body.resourceSpans);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    connections: () => connections,
    spans: () =>
      resourceSpans()
        .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
        .map((span) => ({ ...span, attributes: record(span.attributes), links: span.links ?? [] })),
    resource: () => record(resourceSpans()[0]?.resource.attributes ?? []),
    metricNames: () =>
      new Set(
        json<MetricsBody>('/v1/metrics')
          .flatMap((body) => body.resourceMetrics)
          .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics.map(({ name }) => name))),
      ),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
