import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Arrival, type ChannelPeer, namedWait, type PeerBehaviour } from '../channel-checks/subject.ts';

/** A real HTTP endpoint on loopback that can be made to misbehave. */
export interface HttpPeer extends ChannelPeer {
  /** Where to post to. Plain http on a port of its own. */
  readonly url: string;
  readonly port: number;
}

/** What a peer that reads what it is given says to it. */
export interface HttpVerdict {
  readonly status: number;
  readonly body: string;
  /** False for what is taken but is no notice that anybody would see. */
  readonly counts: boolean;
}

/** What an HTTP peer does where there is a choice. */
export interface HttpPeerOptions {
  /** Names a notice. Default: the header `webhook-id`. */
  readonly idOf?: (headers: NodeJS.Dict<string | string[]>, json: unknown) => string;
  /** The path of `url`. Default: `/hook`. */
  readonly path?: string;
  /** The status of `accept`. Default: 200. */
  readonly accepted?: number;
  /** The body of `accept`. Default: `ok`. */
  readonly answer?: string;
  /** Judges each body, whatever the behaviour; where the behaviour is `accept` the sender is told. Default: all is well. */
  readonly judge?: (body: string) => HttpVerdict;
  /** Answers of its own to some behaviours, in place of the usual status. */
  readonly says?: Partial<Record<PeerBehaviour, { readonly status: number; readonly body: string }>>;
  /** What `drip` gives in drops: the body, or already the headers. Default: the body, after a status of 200. */
  readonly drips?: 'body' | 'headers';
}

const statuses: Partial<Record<PeerBehaviour, number>> = {
  throttle: 429,
  'throttle-after': 429,
  'throttle-until': 429,
  fail: 500,
  refuse: 400,
  unauthorised: 401,
  forbidden: 403,
  'unknown-target': 404,
  gone: 410,
  'too-large': 413,
  redirect: 307,
};

const behaviours: ReadonlySet<PeerBehaviour> = new Set<PeerBehaviour>([
  ...['accept', 'hang-at-once', 'hang-after', 'drip', 'oversized', 'cut-at-once', 'cut-after', 'garbage'],
  ...Object.keys(statuses),
] as PeerBehaviour[]);

const dripEvery = 10;
const oversize = 16 * 1024 * 1024;
const block = Buffer.alloc(64 * 1024, 'x');

const stringsOf = (json: unknown): readonly string[] => {
  if (typeof json === 'string') return [json];
  if (typeof json === 'number') return [String(json)];
  if (typeof json !== 'object' || json === null) return [];
  return Object.values(json).flatMap(stringsOf);
};

const jsonOf = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
};

const headOf = ({ method, url, httpVersion, rawHeaders }: IncomingMessage): string => {
  const fields = rawHeaders.flatMap((name, place) => (place % 2 ? [] : [`${name}: ${rawHeaders[place + 1]}\r\n`]));
  return `${method} ${url} HTTP/${httpVersion}\r\n${fields.join('')}\r\n`;
};

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

const arrivalOf = (request: IncomingMessage, body: Buffer, { idOf = webhookId }: HttpPeerOptions): Arrival => {
  const text = body.toString('utf8');
  const json = jsonOf(text);
  return {
    raw: `${Buffer.from(headOf(request), 'latin1').toString('latin1')}${body.toString('latin1')}`,
    text: [request.url ?? '', ...(json === undefined ? [text] : stringsOf(json))].join('\n'),
    id: idOf(request.headers, json),
    recipients: [],
  };
};

const webhookId = (headers: NodeJS.Dict<string | string[]>): string => String(headers['webhook-id'] ?? '');

const drip = (response: ServerResponse): void => {
  const timer = setInterval(() => response.write('.'), dripEvery);
  response.on('close', () => clearInterval(timer));
};

const dripHeaders = ({ socket }: ServerResponse): void => {
  if (!socket) return;
  socket.write('HTTP/1.1 200 OK\r\nx-slow: ');
  const timer = setInterval(() => socket.write('.'), dripEvery);
  socket.on('close', () => clearInterval(timer));
};

const flood = (response: ServerResponse): void => {
  let left = oversize;
  const more = (): void => {
    while (left > 0) {
      left -= block.length;
      if (!response.write(block)) return void response.once('drain', more);
    }
  };
  more();
};

const sayStatus = (
  behaviour: PeerBehaviour,
  response: ServerResponse,
  options: HttpPeerOptions,
  verdict: HttpVerdict | undefined,
): void => {
  const now = Date.now();
  // Node keeps the text of the date for up to a second; a wait until a date is told by both.
  response.setHeader('date', new Date(now).toUTCString());
  if (behaviour === 'throttle-after') response.setHeader('retry-after', String(namedWait / 1_000));
  if (behaviour === 'throttle-until') response.setHeader('retry-after', new Date(now + namedWait).toUTCString());
  if (behaviour === 'redirect') response.setHeader('location', '/elsewhere');
  const { accepted = 200, answer: body = 'ok' } = options;
  const usual = { status: statuses[behaviour] ?? accepted, body: behaviour === 'accept' ? body : 'no' };
  const said = (behaviour === 'accept' ? verdict : undefined) ?? options.says?.[behaviour] ?? usual;
  response.writeHead(said.status, { 'content-type': 'text/plain' });
  response.end(said.body);
};

const answer = (
  behaviour: PeerBehaviour,
  response: ServerResponse,
  options: HttpPeerOptions,
  verdict: HttpVerdict | undefined,
): void => {
  if (behaviour === 'hang-at-once' || behaviour === 'hang-after') return;
  if (behaviour === 'cut-at-once' || behaviour === 'cut-after') return void response.socket?.destroy();
  if (behaviour === 'drip') return options.drips === 'headers' ? dripHeaders(response) : drip(response);
  if (behaviour === 'oversized') return flood(response);
  if (behaviour === 'garbage') return void response.socket?.end('220 this is another protocol\r\n');
  sayStatus(behaviour, response, options, verdict);
};

const closed = async (server: Server, sockets: Set<Socket>): Promise<void> => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  if (!server.listening) return;
  await new Promise<void>((resolve) => server.close(() => resolve()));
};

/**
 * Starts an HTTP endpoint on 127.0.0.1 that takes POSTs as notices. OPTIONS and HEAD are answered as the behaviour says,
 * and are no notices. What `hang-at-once` and `cut-at-once` are given on a connection that was there before is not
 * recorded either.
 */
export const startHttpPeer = async (options: HttpPeerOptions = {}): Promise<HttpPeer> => {
  const arrivals: Arrival[] = [];
  const sockets = new Set<Socket>();
  let behaviour: PeerBehaviour = 'accept';
  let attempts = 0;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const doing = behaviour;
    const notice = request.method === 'POST';
    if (notice) attempts++;
    const body = await bodyOf(request);
    const verdict = notice ? options.judge?.(body.toString('utf8')) : undefined;
    if (notice && !doing.endsWith('at-once') && verdict?.counts !== false) {
      arrivals.push(arrivalOf(request, body, options));
    }
    answer(doing, response, options, verdict);
  };
  const server = createServer((request, response) => {
    // A request that breaks off while it is read is no arrival.
    handle(request, response).catch(() => response.socket?.destroy());
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    if (behaviour === 'cut-at-once') socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${options.path ?? '/hook'}`,
    port,
    has: behaviours,
    behave: (next) => void (behaviour = next),
    arrivals: () => arrivals,
    attempts: () => attempts,
    connections: () => sockets.size,
    stop: () => closed(server, sockets),
  };
};
