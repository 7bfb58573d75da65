import { createHash } from 'node:crypto';
import type { Clock, Millis } from '@therapytrain/alerts-core';
import { type Deadline, type Outcome, outcomeOf, type Secret } from '@therapytrain/alerts-core/channel';
import type { Http, HttpAnswer, HttpReply } from '@therapytrain/alerts-http';
import { type FetchFunction, type Logger, LogLevel, WebClient } from '@slack/web-api';
import { type Asked, failureOutcomeOf, isWord, lateAnswer, statusOutcome, wordOutcome } from './outcomes.ts';

/** Why a call came to nothing. */
export interface Refused {
  readonly outcome: Outcome;
  /** Slack's error word, where it said one. */
  readonly word?: string;
}

/** What a call gave. */
export type Called<T> = { readonly data: T; readonly reply: HttpReply } | Refused;

/** Calls a method. */
export type Run<T> = (client: WebClient) => Promise<T>;

/** Calls methods of the Web API, within one attempt. Never rejects for what the peer does. */
export interface Caller {
  /** Calls a method that a person may see the effect of. */
  write<T>(method: string, run: Run<T>): Promise<Called<T>>;
  /** Calls a method that changes nothing, so that its loss is never `ambiguous`. */
  read<T>(method: string, run: Run<T>): Promise<Called<T>>;
}

/** What calls are made with. */
export interface CallerFacts {
  readonly token: Secret;
  readonly apiUrl: string;
  readonly http: Http;
  readonly clock: Clock;
  readonly timeout: Millis;
}

/** A name for all who share a limit: those with the same credentials, which it does not give away. */
export const scopeOf = (method: string, credentials: Secret): string =>
  `slack:${method}:${createHash('sha256').update(credentials.reveal()).digest('hex').slice(0, 12)}`;

const nothing = (): void => undefined;

// The library logs whole requests and replies. Nothing of them may be seen.
const silent: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  setLevel: nothing,
  getLevel: () => LogLevel.ERROR,
  setName: nothing,
};

/** The name that we go by; the library's own would tell the program's and the system's. */
export const userAgent = 'therapytrain-alerts-channel-slack';

// A page of a hundred messages of the size that we post.
const longestReply = 4 * 1024 * 1024;
// The library unpacks `application/gzip` without a bound, so it is not told of the type.
const wanted = ['x-oauth-scopes', 'x-accepted-oauth-scopes'];

type FetchReply = Awaited<ReturnType<FetchFunction>>;

const fetchReply = ({ status, headers, body }: HttpReply): FetchReply => ({
  ok: status === 200,
  status,
  statusText: '',
  url: '',
  headers: new Headers({ ...headers }),
  text: async () => body,
  json: async () => JSON.parse(body) as unknown,
  arrayBuffer: async () => new ArrayBuffer(0),
});

interface Said {
  readonly ok: boolean;
  readonly error?: unknown;
  readonly needed?: unknown;
}

/** What Slack said, where the answer is one of Slack's: the library takes any text for an error word. */
const saidIn = ({ body }: HttpReply): Said | undefined => {
  try {
    const parsed: unknown = JSON.parse(body);
    const said = typeof parsed === 'object' && parsed !== null ? (parsed as Said) : undefined;
    return typeof said?.ok === 'boolean' ? said : undefined;
  } catch {
    return undefined;
  }
};

const detailOf = (word: string, { needed }: Said): string =>
  word === 'missing_scope' && typeof needed === 'string' && /^[a-z:._,]{1,80}$/.test(needed)
    ? `missing_scope: ${needed}`
    : word;

const refusedBy = (reply: HttpReply, write: boolean, asked: Asked): Refused => {
  const said = saidIn(reply);
  if (!said || said.ok || !isWord(said.error) || (reply.status !== 200 && reply.status !== 429)) {
    return { outcome: statusOutcome(reply, write, asked) };
  }
  return { outcome: wordOutcome(said.error, detailOf(said.error, said), reply, asked), word: said.error };
};

const clientOf = ({ token, apiUrl }: CallerFacts, fetch: FetchFunction): WebClient =>
  new WebClient(token.reveal(), {
    slackApiUrl: apiUrl,
    allowAbsoluteUrls: false,
    logger: silent,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    headers: { 'User-Agent': userAgent },
    fetch,
  });

/** Makes the caller of one attempt. Each call has a client of its own, so that none waits in the queue of another. */
export const createCaller = (facts: CallerFacts, deadline: Deadline): Caller => {
  const { token, http, clock, timeout } = facts;
  const { signal } = deadline;
  let wrote = false;
  const call = async <T>(method: string, write: boolean, run: Run<T>): Promise<Called<T>> => {
    let answer: HttpAnswer | undefined;
    const client = clientOf(facts, async (url, { headers = {}, body } = {}) => {
      const request = { url: String(url), headers, body: Buffer.from(String(body ?? '')) };
      answer = await http.post({ ...request, timeout, signal, maxReply: longestReply, wanted });
      if (answer.kind === 'failure') throw new Error('there was no answer');
      return fetchReply(answer);
    });
    const ended = await run(client).then(
      (data) => ({ data }),
      (error: unknown) => ({ error }),
    );
    // Before anything was asked only a defect of ours can have thrown.
    if (!answer) throw 'error' in ended ? ended.error : new Error('nothing was asked');
    wrote ||= write && (answer.kind === 'reply' || answer.stage === 'after sending');
    const cutOff = answer.kind === 'reply' && !answer.whole && deadline.ended() !== undefined;
    if (answer.kind === 'failure' || cutOff) {
      const failure = answer.kind === 'failure' ? answer : lateAnswer;
      return { outcome: failureOutcomeOf(failure, { write, wrote, ended: deadline.ended() }) };
    }
    if ('data' in ended) return { data: ended.data, reply: answer };
    return refusedBy(answer, write, { clock, scope: scopeOf(method, token) });
  };
  return {
    write: (method, run) => call(method, true, run),
    read: (method, run) => call(method, false, run),
  };
};

/** The outcome where credentials lack what the attempt needs. */
export const lacks = (scope: string): Outcome => outcomeOf('permission', `missing_scope: ${scope}`);
