import type { Clock, Millis } from '@therapytrain/alerts-core';
import type { Deadline, Outcome, Secret } from '@therapytrain/alerts-core/channel';
import type { Http, HttpReply } from '@therapytrain/alerts-http';
import { scopeOf } from './caller.ts';
import { failureOutcomeOf, isKnownWord, lateAnswer, statusOutcome, wordOutcome } from './outcomes.ts';
import type { Message } from './render.ts';

/** What a webhook is posted to with. */
export interface HookFacts {
  readonly webhookUrl: Secret;
  readonly channel: string | undefined;
  readonly http: Http;
  readonly clock: Clock;
  readonly timeout: Millis;
}

type Answer = { readonly reply: HttpReply } | { readonly outcome: Outcome };

// What a good webhook answers to an empty message, without posting anything.
const alive = ['no_text', 'missing_text_or_fallback_or_attachments'];

/** Posts to an incoming webhook, which answers with a status and a word. */
export const createHook = ({ webhookUrl, channel, http, clock, timeout }: HookFacts) => {
  const send = async (payload: object, write: boolean, { signal, ended }: Deadline): Promise<Answer> => {
    const answer = await http.post({
      url: webhookUrl.reveal(),
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(payload)),
      timeout,
      signal,
    });
    if (answer.kind === 'reply' && (answer.whole || !ended())) return { reply: answer };
    const failure = answer.kind === 'failure' ? answer : lateAnswer;
    const wrote = write && failure.stage === 'after sending';
    return { outcome: failureOutcomeOf(failure, { write, wrote, ended: ended() }) };
  };

  const refusedBy = (reply: HttpReply, write: boolean): Outcome => {
    const word = reply.body.trim();
    const asked = { clock, scope: scopeOf('webhook', webhookUrl) };
    const isRefusal = reply.status >= 400 && isKnownWord(word);
    return isRefusal ? wordOutcome(word, word, reply, asked) : statusOutcome(reply, write, asked);
  };

  return {
    /** Posts a message. There is no way to look for an earlier one. */
    deliver: async ({ text, blocks, metadata }: Message, doubtful: boolean, deadline: Deadline): Promise<Outcome> => {
      const quiet = { mrkdwn: false, link_names: false, unfurl_links: false, unfurl_media: false };
      const target = channel === undefined ? {} : { channel };
      const answer = await send({ ...target, text, blocks, metadata, ...quiet }, true, deadline);
      if ('outcome' in answer) return answer.outcome;
      const { reply } = answer;
      if (reply.status !== 200 || reply.body.trim() !== 'ok') return refusedBy(reply, true);
      return { kind: 'done', proof: doubtful ? 'webhook ok, possible duplicate' : 'webhook ok' };
    },
    /** Sends an empty message, which a good webhook refuses in its own way and nobody sees. */
    check: async (deadline: Deadline): Promise<Outcome> => {
      const answer = await send({ text: '' }, false, deadline);
      if ('outcome' in answer) return answer.outcome;
      const { reply } = answer;
      return reply.status === 400 && alive.includes(reply.body.trim())
        ? { kind: 'done', proof: 'webhook ok' }
        : refusedBy(reply, false);
    },
  };
};
