import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Arrival, ChannelPeer, PeerBehaviour } from '../channel-checks/subject.ts';
import { afterwards, misanswer, refusalOf, replyOf, send, type SlackReply } from './slack-misbehaviour.ts';
import { stringsIn } from './slack-rules.ts';
import { createWorkspace, type SlackChannel, type SlackMessage } from './slack-workspace.ts';

/** How a fake Slack is started. */
export interface SlackPeerOptions {
  /** Default: the channel C0SECURITY, called `security`. A webhook posts to the first. */
  readonly channels?: readonly SlackChannel[];
  /** What the token may. Default: `chat:write`, `channels:history` and `groups:history`. */
  readonly scopes?: readonly string[];
  /** Addresses that messages may link to; any other link is a violation. Default: none. */
  readonly links?: readonly string[];
  /** Slack's own limit is 1 message per second and channel, with a short burst. Default: no limit. */
  readonly rate?: { readonly perSecond: number; readonly burst: number };
}

/** A call as it came, decoded. */
export interface SlackCall {
  /** Such as `chat.postMessage`; `webhook` for an incoming webhook. */
  readonly method: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** The names are in lower case. */
  readonly headers: Readonly<Record<string, unknown>>;
}

/** A fake Slack on loopback. */
export interface SlackPeer extends ChannelPeer {
  /** What to set in place of `https://slack.com/api/`. */
  readonly apiUrl: string;
  /** An incoming webhook; its path is a secret. */
  readonly webhookUrl: string;
  /** The one token that is accepted. */
  readonly token: string;
  /** Everything that the real Slack would refuse, and every special sequence or link that came through; in order. */
  violations(): readonly string[];
  /** Every call, reads too, in order. */
  calls(): readonly SlackCall[];
  /** What stands in the workspace now, in the order it was posted. */
  messages(): readonly SlackMessage[];
  /** Deletes a message, as a person might. */
  remove(ts: string): void;
  /** Answers the method with this, until told otherwise, and does nothing else. */
  says(method: string, reply: Partial<SlackReply> | undefined): void;
}

const has: readonly PeerBehaviour[] = [
  ...(['accept', 'throttle', 'throttle-after', 'fail', 'refuse', 'unauthorised', 'forbidden'] as const),
  ...(['unknown-target', 'gone', 'too-large', 'hang-at-once', 'hang-after', 'drip', 'oversized'] as const),
  ...(['cut-at-once', 'cut-after', 'garbage', 'redirect'] as const),
];

const token = 'xoxb-1234567890-canaryToken5Kq9';
const hookPath = '/services/T0TEAM/B0HOOK/canaryHook7Zw3Lp8';

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

const decoded = (value: string): unknown => {
  if (!/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
};

const argsOf = (request: IncomingMessage, body: Buffer): Record<string, unknown> | undefined => {
  const text = body.toString();
  if (!request.headers['content-type']?.startsWith('application/json')) {
    return Object.fromEntries([...new URLSearchParams(text)].map(([key, value]) => [key, decoded(value)]));
  }
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
};

const rawOf = ({ method, url, rawHeaders }: IncomingMessage, body: Buffer): string => {
  const headers = rawHeaders.flatMap((name, place) => (place % 2 ? [] : [`${name}: ${rawHeaders[place + 1]}`]));
  return [`${method} ${url} HTTP/1.1`, ...headers, '', body.toString('latin1')].join('\r\n');
};

const shown = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

const arrivalOf = (request: IncomingMessage, body: Buffer, args: SlackCall['args']): Arrival => {
  const { text, blocks, metadata, channel } = args;
  const payload = (metadata as SlackMessage['metadata'] | undefined)?.event_payload;
  return {
    raw: rawOf(request, body),
    text: [shown(String(text ?? '')), ...stringsIn([blocks, metadata])].join('\n'),
    id: String(payload?.['delivery_id'] ?? ''),
    recipients: channel === undefined ? [] : [String(channel)],
  };
};

/** A notice, and not a question: what the contract counts as an attempt. */
const isNotice = (method: string, args: SlackCall['args']): boolean =>
  method.startsWith('chat.') || (method === 'webhook' && args['text'] !== '');

const listen = async (
  serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  cuts: () => boolean,
) => {
  const sockets = new Set<Socket>();
  // A request that ends in the middle is the client's affair.
  const server = createServer((request, response) => void serve(request, response).catch(() => undefined));
  server.on('connection', (socket) => {
    if (cuts()) return void socket.destroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => sockets.size,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/**
 * Starts a fake Slack: Web API and an incoming webhook over HTTP, with state, token, scopes, published size limits, rate
 * limits and error words. It notes whatever the real one would refuse, so that a test can demand that there was nothing.
 */
export const startSlackPeer = async ({
  channels = [{ id: 'C0SECURITY', name: 'security' }],
  scopes = ['chat:write', 'channels:history', 'groups:history'],
  links = [],
  ...rest
}: SlackPeerOptions = {}): Promise<SlackPeer> => {
  const violations: string[] = [];
  const workspace = createWorkspace({ channels, scopes, links, ...rest, violated: (what) => violations.push(what) });
  const calls: SlackCall[] = [];
  const arrivals: Arrival[] = [];
  const prescribed = new Map<string, Partial<SlackReply>>();
  let behaviour: PeerBehaviour = 'accept';
  let attempts = 0;

  const work = (method: string, request: IncomingMessage, args: SlackCall['args']): SlackReply => {
    if (method === 'webhook') {
      const [status, body] = workspace.hook(args);
      return { status, body, headers: { 'content-type': 'text/plain' } };
    }
    if (request.headers.authorization !== `Bearer ${token}`) {
      const error = request.headers.authorization === undefined ? 'not_authed' : 'invalid_auth';
      return replyOf({ ok: false, error } as object, []);
    }
    return replyOf(workspace.call(method, args), scopes);
  };

  const answer = (method: string, request: IncomingMessage, response: ServerResponse, body: Buffer): void => {
    const args = argsOf(request, body);
    if (!args) return send(response, { status: 400, body: 'invalid_payload' });
    calls.push({ method, args, headers: request.headers });
    const notice = isNotice(method, args);
    if (notice) attempts++;
    const said = prescribed.get(method);
    if (said) return send(response, { status: 200, body: '', ...said });
    const refusal = refusalOf(behaviour, method);
    if (refusal) return send(response, refusal);
    const reply = work(method, request, args);
    if (notice && /"ok":true|^ok$/.test(reply.body)) arrivals.push(arrivalOf(request, body, args));
    return afterwards.includes(behaviour) ? misanswer(behaviour, request, response) : send(response, reply);
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (behaviour === 'hang-at-once') return;
    const body = await bodyOf(request);
    const { pathname } = new URL(request.url ?? '/', 'http://slack.test');
    if (behaviour === 'redirect' || pathname === '/elsewhere') {
      attempts++;
      return send(response, { status: 302, headers: { location: '/elsewhere' }, body: '' });
    }
    if (pathname === hookPath) return answer('webhook', request, response, body);
    if (pathname.startsWith('/services/')) return send(response, { status: 404, body: 'no_service' });
    return answer(pathname.replace(/^\/api\//, ''), request, response, body);
  };

  const { origin, connections, stop } = await listen(serve, () => behaviour === 'cut-at-once');
  return {
    apiUrl: `${origin}/api/`,
    webhookUrl: `${origin}${hookPath}`,
    token,
    has: new Set(has),
    behave: (next) => void (behaviour = next),
    arrivals: () => arrivals,
    attempts: () => attempts,
    connections,
    violations: () => violations,
    calls: () => calls,
    messages: workspace.messages,
    remove: workspace.remove,
    says: (method, reply) => void (reply ? prescribed.set(method, reply) : prescribed.delete(method)),
    stop,
  };
};
