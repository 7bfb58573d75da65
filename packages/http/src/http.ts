import * as nodeHttp from 'node:http';
import * as nodeHttps from 'node:https';
import type { Socket } from 'node:net';
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

/** Calls `sent` when the connection stands and the request goes out on it. */
const watch = (request: nodeHttp.ClientRequest, secure: boolean, ready: WeakSet<Socket>, sent: () => void): void =>
  void request.once('socket', (socket) => {
    if (ready.has(socket)) return sent();
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      ready.add(socket);
      sent();
    });
  });

const headersOf = (
  { headers }: nodeHttp.IncomingMessage,
  wanted: readonly string[],
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    ['retry-after', 'date', ...wanted].flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );

/** Reads what may be read. What goes wrong after the status takes nothing from the status. */
const readBody = (reply: nodeHttp.IncomingMessage, most: number): Promise<Pick<HttpReply, 'body' | 'whole'>> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (whole: boolean): void => resolve({ body: Buffer.concat(chunks).toString('utf8'), whole });
    reply.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= most) return void chunks.push(chunk);
      end(false);
      reply.destroy();
    });
    reply.on('end', () => end(true));
    reply.on('error', () => end(false));
    // Where none of these was told.
    reply.on('close', () => end(false));
  });

const agentsOf = (guard: GuardOptions) => {
  const [plain, secure] = [guardedAgent('http:', guard), guardedAgent('https:', guard)];
  const destroy = (): void => {
    plain.destroy();
    secure.destroy();
  };
  return { plain, secure, destroy };
};

interface Sent {
  readonly method: 'POST' | 'OPTIONS';
  readonly asked: HttpProbe;
  readonly body: Uint8Array | undefined;
}

/** Makes the door. Nothing is connected before the first request. The clock is for the time limits. */
export const createHttp = (options: HttpOptions = {}, { clock = systemClock }: { clock?: Clock } = {}): Http => {
  const agents = agentsOf(options);
  const { allow = {}, maxBody = defaults.maxBody, userAgent = defaults.userAgent } = options;
  const ready = new WeakSet<Socket>();
  const underway = createUnderway(clock);

  /** Resolves with the reply once its head is there. */
  const send = ({ method, asked, body }: Sent, signal: AbortSignal, sent: () => void) =>
    new Promise<nodeHttp.IncomingMessage>((resolve, reject) => {
      const { protocol, hostname, port, pathname, search } = new URL(asked.url);
      const secure = protocol === 'https:';
      const request = (secure ? nodeHttps : nodeHttp).request(
        {
          method,
          protocol,
          // As it is in a URL, an IPv6 address stands in brackets.
          hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
          ...(port !== '' && { port }),
          path: pathname + search,
          headers: { 'accept-encoding': 'identity', 'user-agent': userAgent, ...asked.headers },
          agent: secure ? agents.secure : agents.plain,
        },
        resolve,
      );
      watch(request, secure, ready, sent);
      // What comes after the reply's head is told by the reply.
      request.on('error', reject);
      // A switch of protocols that nobody asked for ends it with neither a reply nor an error.
      request.on('close', () => reject(Object.assign(new Error('no reply'), { code: 'ECONNRESET' })));
      const giveUp = (): void => void request.destroy(new Error('given up'));
      if (signal.aborted) giveUp();
      else signal.addEventListener('abort', giveUp, { once: true });
      request.end(body);
    });

  const attempt = async (sent: Sent, { signal, ended }: Deadline): Promise<HttpAnswer> => {
    const { maxReply = defaults.maxReply, wanted = [] } = sent.asked;
    let stage: HttpStage = 'before sending';
    try {
      const reply = await send(sent, signal, () => (stage = 'after sending'));
      const { body, whole } = await readBody(reply, maxReply);
      return { kind: 'reply', status: reply.statusCode ?? 0, headers: headersOf(reply, wanted), body, whole };
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
      agents.destroy();
    },
  };
};
