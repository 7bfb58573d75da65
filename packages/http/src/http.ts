import * as nodeHttp from 'node:http';
import * as nodeHttps from 'node:https';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { Axios, type AxiosResponse } from 'axios';
import { type Clock, type Millis, systemClock } from '@therapytrain/alerts-core';
import type { Deadline } from '@therapytrain/alerts-core/channel';
import { failureOf, type HttpAnswer, type HttpReply, type HttpStage } from './answer.ts';
import { failureFrom } from './failures.ts';
import { guardedAgent, type GuardOptions } from './guarded-agent.ts';
import { requestFault } from './request-fault.ts';
import { createUnderway } from './underway.ts';
import { urlFault } from './url-fault.ts';

/** What every request says. */
export interface HttpProbe {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The longest wait for everything together (name, connection, TLS, reply with its body), in milliseconds. */
  readonly timeout: Millis;
  readonly signal: AbortSignal;
  /** The most bytes of the reply's body that are read. Default: 64 KiB. */
  readonly maxReply?: number;
  /** Headers of the reply to give back, in lower case, beside `retry-after` and `date`. */
  readonly wanted?: readonly string[];
}

/** A request with a body, which is sent byte for byte. */
export interface HttpRequest extends HttpProbe {
  readonly body: Uint8Array;
}

/** How the door is built. */
export interface HttpOptions extends GuardOptions {
  /** The most bytes that a request may carry. Default: 1 MiB. */
  readonly maxBody?: number;
  /** The header `user-agent`, unless a request has its own. */
  readonly userAgent?: string;
}

/** The one door out over HTTP. */
export interface Http {
  /** POSTs once, and says how it ended. Never throws, follows no redirect, uses no proxy. */
  post(request: HttpRequest): Promise<HttpAnswer>;
  /** Asks with OPTIONS, which changes nothing (RFC 9110 §9.2.1) and is taken for an event by nobody. Never throws. */
  probe(request: HttpProbe): Promise<HttpAnswer>;
  /** Ends what is under way, and every connection. What is asked for afterwards ends `cancelled`. */
  close(): Promise<void>;
}

const defaults = { maxReply: 64 * 1024, maxBody: 1024 * 1024, userAgent: 'therapytrain-alerts' } as const;

/** Node's own client, watched: `sent` is called when the connection stands and the request goes out on it. */
const watchedTransport = (ready: WeakSet<Socket>, sent: () => void) => ({
  request: (options: nodeHttps.RequestOptions, onReply: (reply: nodeHttp.IncomingMessage) => void) => {
    const secure = options.protocol === 'https:';
    const request = (secure ? nodeHttps : nodeHttp).request(options, onReply);
    request.once('socket', (socket) => {
      if (ready.has(socket)) return sent();
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        ready.add(socket);
        sent();
      });
    });
    return request;
  },
});

const headersOf = ({ headers }: AxiosResponse, wanted: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    ['retry-after', 'date', ...wanted].flatMap((name) => {
      const value: unknown = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );

/** Reads what may be read. What goes wrong after the status takes nothing from the status. */
const readBody = async (stream: Readable): Promise<Pick<HttpReply, 'body' | 'whole'>> => {
  const chunks: Buffer[] = [];
  const text = (): string => Buffer.concat(chunks).toString('utf8');
  try {
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return { body: text(), whole: true };
  } catch {
    return { body: text(), whole: false };
  }
};

const replyFrom = async (response: AxiosResponse<Readable>, wanted: readonly string[]): Promise<HttpReply> => ({
  kind: 'reply',
  status: response.status,
  headers: headersOf(response, wanted),
  ...(await readBody(response.data)),
});

/** What axios would do of its own accord, switched off. */
const clientOf = ({ maxBody = defaults.maxBody, ...guard }: HttpOptions) => {
  const httpAgent = guardedAgent('http:', guard);
  const httpsAgent = guardedAgent('https:', guard);
  // Not `axios.create`, which would take over the defaults that another user of axios has set in this process.
  const client = new Axios({
    adapter: 'http',
    httpAgent,
    httpsAgent,
    proxy: false,
    maxRedirects: 0,
    decompress: false,
    maxBodyLength: maxBody,
    responseType: 'stream',
    validateStatus: () => true,
    transformRequest: [],
    transformResponse: [],
  });
  const destroy = (): void => {
    httpAgent.destroy();
    httpsAgent.destroy();
  };
  return { client, destroy };
};

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

interface Sent {
  readonly method: 'POST' | 'OPTIONS';
  readonly asked: HttpProbe;
  readonly body: Uint8Array | undefined;
}

/** Makes the door. Nothing is connected before the first request. The clock is for the time limits. */
export const createHttp = (options: HttpOptions = {}, { clock = systemClock }: { clock?: Clock } = {}): Http => {
  const { client, destroy } = clientOf(options);
  const { allow = {}, maxBody = defaults.maxBody, userAgent = defaults.userAgent } = options;
  const ready = new WeakSet<Socket>();
  const underway = createUnderway(clock);

  const attempt = async ({ method, asked, body }: Sent, { signal, ended }: Deadline): Promise<HttpAnswer> => {
    let stage: HttpStage = 'before sending';
    try {
      const response = await client.request<Readable>({
        method,
        url: new URL(asked.url).href,
        headers: { 'accept-encoding': 'identity', 'user-agent': userAgent, ...asked.headers },
        ...(body && { data: bufferOf(body) }),
        maxContentLength: asked.maxReply ?? defaults.maxReply,
        signal,
        transport: watchedTransport(ready, () => (stage = 'after sending')),
      });
      return await replyFrom(response, asked.wanted ?? []);
    } catch (error) {
      return failureFrom(error, stage, ended());
    }
  };

  const ask = async (sent: Sent): Promise<HttpAnswer> => {
    const { url, headers = {} } = sent.asked;
    const unsafe = urlFault(url, allow);
    if (unsafe !== undefined) return failureOf('unsafe_address', 'before sending', `the URL ${unsafe}`);
    const fault = requestFault(headers, sent.body?.byteLength ?? 0, maxBody);
    return fault ?? underway.run(sent.asked, (deadline) => attempt(sent, deadline));
  };

  return {
    post: (request) => ask({ method: 'POST', asked: request, body: request.body }),
    probe: (request) => ask({ method: 'OPTIONS', asked: request, body: undefined }),
    close: async () => {
      await underway.close();
      destroy();
    },
  };
};
