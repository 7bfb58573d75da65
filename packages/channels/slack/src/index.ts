import type { Clock, Ports } from '@therapytrain/alerts-core';
import {
  type Channel,
  type Deadline,
  defineChannel,
  openChannel,
  type OpenChannel,
  type OpenOptions,
  type Outcome,
  outcomeOf,
  raisedClearance,
  type Secret,
  withDeadline,
} from '@therapytrain/alerts-core/channel';
import { createHttp, type Http } from '@therapytrain/alerts-http';
import type { z } from 'zod';
import { createBot, isChannelId } from './bot.ts';
import { createCaller, lacks, userAgent } from './caller.ts';
import { createHook } from './hook.ts';
import { options, type SlackOptions } from './options.ts';
import { render } from './render.ts';

export { approvalActions, type ApprovalButtons, approvalButtons, type ApprovalVerb } from './approval-buttons.ts';
export {
  type ApprovalCommand,
  type PressRefusal,
  pressRefusals,
  type SlackApprovalOptions,
  slackApprovals,
  type SlackApprovals,
} from './approvals.ts';
export { createReplayCache, type ReplayCache, type SlackRequest, verifySlackRequest, type Verified } from './verify.ts';

type Deliver = (...given: [...Parameters<Channel['deliver']>, deadline: Deadline]) => Promise<Outcome>;

/** What both ways reach Slack with. */
interface Reach {
  readonly http: Http;
  readonly clock: Clock;
}

/** One of the two ways to Slack. */
interface Way {
  readonly deliver: Deliver;
  readonly check: (deadline: Deadline) => Promise<Outcome>;
}

const withToken = (parsed: SlackOptions, token: Secret, reach: Reach): Way => {
  const { apiUrl, broadcastEscalations, channel = '', timeout, text: words } = parsed;
  const caller = (deadline: Deadline) => createCaller({ token, apiUrl, timeout, ...reach }, deadline);
  const bot = createBot({ channel, broadcastEscalations, words });
  return {
    deliver: (notice, attempt, deadline) => bot(notice, attempt, caller(deadline)),
    check: async (deadline) => {
      const { read } = caller(deadline);
      const tested = await read('auth.test', (client) => client.auth.test());
      if ('outcome' in tested) return tested.outcome;
      const granted = String(tested.reply.headers['x-oauth-scopes'] ?? '')
        .split(/\s*,\s*/)
        .filter(Boolean);
      if (granted.length > 0 && !granted.includes('chat:write')) return lacks('chat:write');
      const blind: Outcome = { kind: 'done', proof: 'auth.test ok; a doubtful delivery cannot be looked for' };
      if (!isChannelId(channel)) return blind;
      const seen = await read('conversations.history', (client) => client.conversations.history({ channel, limit: 1 }));
      if (!('outcome' in seen)) return { kind: 'done', proof: 'auth.test and conversations.history ok' };
      // It may post and not read: then it works, and may tell the same twice.
      const mayPost = seen.word === 'not_in_channel' && granted.includes('chat:write.public');
      return seen.word === 'missing_scope' || mayPost ? blind : seen.outcome;
    },
  };
};

const withHook = ({ channel, timeout, text }: SlackOptions, webhookUrl: Secret, reach: Reach): Way => {
  const hook = createHook({ webhookUrl, channel, timeout, ...reach });
  return {
    deliver: (notice, { key, doubtful = false }, deadline) =>
      hook.deliver(render(notice, key, text), doubtful, deadline),
    check: hook.check,
  };
};

const wayOf = (parsed: SlackOptions, reach: Reach): Way => {
  if (parsed.token) return withToken(parsed, parsed.token, reach);
  if (parsed.webhookUrl) return withHook(parsed, parsed.webhookUrl, reach);
  throw new Error('options without token and webhookUrl cannot be parsed');
};

const create = (parsed: SlackOptions, { clock }: Ports): Channel => {
  const http = createHttp({ allow: parsed.allow, userAgent }, { clock });
  const way = wayOf(parsed, { http, clock });
  const attempt = (signal: AbortSignal, work: (deadline: Deadline) => Promise<Outcome>): Promise<Outcome> =>
    withDeadline(clock, parsed.timeout, signal, async (deadline) =>
      deadline.signal.aborted ? outcomeOf('cancelled', 'given up') : work(deadline),
    );
  return {
    clearance: parsed.clearance,
    deliver: (notice, given) =>
      attempt(given.signal, (deadline) =>
        // Buttons that nobody answers for would only fail.
        way.deliver(parsed.approvals ? notice : { ...notice, asks: [] }, given, deadline),
      ),
    check: async (signal) => {
      const outcome = await attempt(signal, way.check);
      const raised = raisedClearance(parsed.clearance);
      return outcome.kind === 'done' && raised ? { ...outcome, proof: `${outcome.proof}; ${raised}` } : outcome;
    },
    close: () => http.close(),
  };
};

/**
 * Tells people on Slack. With a bot token each incident is one message that is kept up to date and has its story in its
 * thread; with an incoming webhook each notice is a message of its own.
 */
export const slack = defineChannel({ kind: 'slack', options, create });

/**
 * Opens Slack for a program of your own. Throws `FIELD_INVALID` that names every option that breaks a rule. Nothing is
 * connected before the first attempt.
 */
export const openSlack = (given: z.input<typeof options>, more?: OpenOptions): OpenChannel =>
  openChannel(slack, given, more);
