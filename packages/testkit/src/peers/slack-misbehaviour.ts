import type { IncomingMessage, ServerResponse } from 'node:http';
import { namedWait, type PeerBehaviour } from '../channel-checks/subject.ts';

/** An answer of the fake Slack: what a test may also prescribe. */
export interface SlackReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

const json = (body: unknown, status = 200, headers: SlackReply['headers'] = {}): SlackReply => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(body),
});

const text = (body: string, status: number, headers: SlackReply['headers'] = {}): SlackReply => ({
  status,
  headers: { 'content-type': 'text/plain', ...headers },
  body,
});

const words: Partial<Record<PeerBehaviour, readonly [word: string, status: number, ofHook: string]>> = {
  throttle: ['rate_limited', 429, 'rate_limited'],
  fail: ['internal_error', 503, 'service_unavailable'],
  refuse: ['invalid_blocks', 400, 'invalid_blocks'],
  unauthorised: ['invalid_auth', 403, 'invalid_token'],
  forbidden: ['missing_scope', 403, 'action_prohibited'],
  'unknown-target': ['channel_not_found', 404, 'channel_not_found'],
  gone: ['is_archived', 410, 'channel_is_archived'],
  'too-large': ['msg_too_long', 400, 'msg_too_long'],
};

const sparesReads: readonly PeerBehaviour[] = ['refuse', 'too-large', 'gone'];
const sparesTests: readonly PeerBehaviour[] = [...sparesReads, 'forbidden', 'unknown-target'];

const applies = (behaviour: PeerBehaviour, method: string): boolean => {
  if (method === 'auth.test') return !sparesTests.includes(behaviour);
  return !method.startsWith('conversations.') || !sparesReads.includes(behaviour);
};

/** What the misbehaving peer says instead of working; undefined where the behaviour changes nothing for the method. */
export const refusalOf = (behaviour: PeerBehaviour, method: string): SlackReply | undefined => {
  if (!applies(behaviour, method)) return undefined;
  const hook = method === 'webhook';
  const wait = { 'retry-after': String(namedWait / 1_000) };
  if (behaviour === 'throttle-after') {
    return hook ? text('rate_limited', 429, wait) : json({ ok: false, error: 'ratelimited' }, 429, wait);
  }
  const said = words[behaviour];
  if (!said) return undefined;
  const [word, status, ofHook] = said;
  return hook ? text(ofHook, status) : json({ ok: false, error: word });
};

/** Behaviours of a peer that takes the notice, and then does not answer as it should. */
export const afterwards: readonly PeerBehaviour[] = ['hang-after', 'cut-after', 'drip', 'oversized', 'garbage'];

const drip = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 10);
  response.on('close', () => clearInterval(timer));
};

const chunk = 'x'.repeat(64 * 1024);
const chunks = 256;

const pour = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json' });
  let left = chunks;
  const more = (): void => {
    while (left-- > 0) if (!response.write(chunk)) return void response.once('drain', more);
    response.end();
  };
  more();
};

/** Answers, or does not, as the behaviour says, after the notice was taken. */
export const misanswer = (behaviour: PeerBehaviour, request: IncomingMessage, response: ServerResponse): void => {
  if (behaviour === 'cut-after') request.socket.destroy();
  if (behaviour === 'drip') drip(response);
  if (behaviour === 'oversized') pour(response);
  if (behaviour === 'garbage') {
    // A page of the network in between, as guests see it: a good status, and nothing that Slack would say.
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<!doctype html><title>Welcome to the guest network</title>');
  }
};

/** Sends a reply. */
export const send = (response: ServerResponse, { status, headers = {}, body }: SlackReply): void => {
  response.writeHead(status, headers);
  response.end(body);
};

/** A method's answer as Slack sends it. */
export const replyOf = (answer: { readonly retryAfter?: number }, scopes: readonly string[]): SlackReply => {
  const { retryAfter, ...body } = answer;
  const granted = { 'x-oauth-scopes': scopes.join(',') };
  return retryAfter === undefined
    ? json(body, 200, granted)
    : json(body, 429, { ...granted, 'retry-after': String(retryAfter) });
};
