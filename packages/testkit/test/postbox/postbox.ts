import { request } from 'node:http';
import { severityName, type Clock } from '@therapytrain/alerts-core';
import {
  type Attempt,
  type Channel,
  type Clearance,
  type Notice,
  type Outcome,
  outcomeOf,
  type OutcomeReason,
  raisedClearance,
  type RecipientOutcome,
  withDeadline,
} from '@therapytrain/alerts-core/channel';

/** What a peer answered, or where it ended without an answer. */
export type Reply =
  | { readonly status: number; readonly retryAfter: string | undefined; readonly body: string }
  | { readonly failed: 'before' | 'after' | 'unreadable' };

/** The parts of the smallest channel that meets the contract. A flaw replaces one of them. */
export interface PostboxParts {
  readonly clearance: Clearance;
  readonly render: (notice: Notice<Clearance>) => string;
  readonly idOf: (attempt: Attempt) => string;
  readonly timeout: number;
  readonly clock: Clock;
  readonly waitOf: (retryAfter: string | undefined, now: number) => number | undefined;
  readonly judge: (reply: Reply, waitOf: (retryAfter: string | undefined) => number | undefined) => Outcome;
  readonly owed: (attempt: Attempt) => readonly string[];
}

/** Secret of the postbox, sent with each request. */
export const token = 'postbox-token-8842';

const largest = 64 * 1024;

const call = (method: string, url: string, headers: Record<string, string>, body: string, signal: AbortSignal) =>
  new Promise<Reply>((resolve) => {
    let sent = false;
    const headersToo = { authorization: `Bearer ${token}`, 'content-length': Buffer.byteLength(body), ...headers };
    const calling = request(url, { method, headers: headersToo, agent: false, signal }, (response) => {
      const { statusCode: status = 0, headers: said } = response;
      let text = '';
      const end = (): void => resolve({ status, retryAfter: said['retry-after'], body: text });
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        if (text.length > largest) calling.destroy();
      });
      response.on('end', end).on('error', () => (signal.aborted ? resolve({ failed: 'after' }) : end()));
    });
    calling.on('finish', () => (sent = true));
    calling.on('error', (error: Error & { code?: string }) =>
      resolve({ failed: error.code?.startsWith('HPE_') ? 'unreadable' : sent ? 'after' : 'before' }),
    );
    calling.end(body);
  });

const reasons: Readonly<Record<number, OutcomeReason>> = {
  307: 'unsafe_address',
  401: 'credentials',
  403: 'permission',
  404: 'unknown_target',
  410: 'gone',
  413: 'too_large',
  429: 'throttled',
};

const partialOf = (body: string): Outcome => {
  const recipients = JSON.parse(body) as RecipientOutcome[];
  const settled = recipients.filter(({ state }) => state !== 'deferred').map(({ at }) => at);
  if (settled.length < recipients.length) {
    return outcomeOf('partial', 'some are owed', { recipients, progress: JSON.stringify(settled) });
  }
  const refused = recipients.some(({ state }) => state === 'refused');
  return refused
    ? outcomeOf('unknown_target', 'some were refused', { recipients })
    : { kind: 'done', proof: '207', recipients };
};

/** The parts as they should be. */
export const soundParts = (clock: Clock): PostboxParts => ({
  clearance: 2,
  timeout: 400,
  clock,
  idOf: ({ key }) => key,
  owed: ({ progress }) => {
    const all = ['first', 'second', 'third'];
    try {
      const settled: unknown = JSON.parse(progress ?? '[]');
      return all.filter((_, at) => !(Array.isArray(settled) && settled.includes(at)));
    } catch {
      return all;
    }
  },
  waitOf: (text, now) => {
    if (text === undefined) return undefined;
    const wait = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
    return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), 3_600_000) : undefined;
  },
  judge: (reply, waitOf) => {
    if ('failed' in reply) {
      if (reply.failed === 'before') return outcomeOf('unreachable', 'not reached');
      return outcomeOf(reply.failed === 'after' ? 'answer_lost' : 'answer_unreadable', 'no answer');
    }
    const { status, retryAfter, body } = reply;
    if (status === 207) return partialOf(body);
    if (status >= 200 && status < 300) return { kind: 'done', proof: `status ${status}` };
    const reason = reasons[status] ?? (status >= 500 ? 'peer_failed' : 'refused');
    const after = waitOf(retryAfter);
    return outcomeOf(reason, `status ${status}`, after === undefined ? {} : { after });
  },
  render: (notice) =>
    JSON.stringify({
      headline: notice.headline,
      severity: severityName(notice.severity),
      total: notice.total,
      title: notice.incident?.title,
      by: notice.incident?.by,
      comment: notice.incident?.comment,
      alerts: notice.alerts.map(({ id, message, facts }) => ({ id, message, facts })),
    }),
});

/** One request to one address, under a deadline, and what it means. */
export interface Exchange {
  run(method: string, headers: Record<string, string>, body: string, caller: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
}

/** Opens the way to one address. */
export const createExchange = (
  url: string,
  parts: Pick<PostboxParts, 'clock' | 'timeout' | 'judge' | 'waitOf'>,
): Exchange => {
  const closing = new AbortController();
  return {
    run: (method, headers, body, caller) => {
      if (caller.aborted || closing.signal.aborted) return Promise.resolve(outcomeOf('cancelled', 'given up'));
      const either = AbortSignal.any([caller, closing.signal]);
      return withDeadline(parts.clock, parts.timeout, either, async ({ signal, ended }) => {
        const reply = await call(method, url, headers, body, signal);
        if (ended() && 'failed' in reply) {
          const late = reply.failed === 'before' ? (ended() === 'caller' ? 'cancelled' : 'timed_out') : 'answer_late';
          return outcomeOf(late, 'given up');
        }
        return parts.judge(reply, (text) => parts.waitOf(text, parts.clock.now()));
      });
    },
    close: async () => closing.abort(),
  };
};

/** Posts a notice to one address. Small, and sound: it meets the contract. */
export const createPostbox = (url: string, parts: PostboxParts): Channel => {
  const { run, close } = createExchange(url, parts);
  return {
    clearance: parts.clearance,
    deliver: (notice, attempt) => {
      const headers = { 'webhook-id': parts.idOf(attempt), 'x-recipients': parts.owed(attempt).join(',') };
      return run('POST', headers, parts.render(notice), attempt.signal);
    },
    check: async (signal) => {
      const outcome = await run('OPTIONS', {}, '', signal);
      const raised = raisedClearance(parts.clearance);
      return outcome.kind === 'done' && raised ? { ...outcome, proof: `${outcome.proof}; ${raised}` } : outcome;
    },
    close,
  };
};
