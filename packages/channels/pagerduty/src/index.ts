import type { Clock } from '@therapytrain/alerts-core';
import {
  type Channel,
  defineChannel,
  openChannel,
  type OpenChannel,
  type OpenOptions,
  type Outcome,
  outcomeOf,
  raisedClearance,
} from '@therapytrain/alerts-core/channel';
import { answerOutcome, createHttp, type HttpAnswer } from '@therapytrain/alerts-http';
import { options, type PagerdutyOptions } from './options.ts';
import { render, renderCheck } from './render.ts';

export type { PagerdutyOptions } from './options.ts';

const maxReply = 4_096;

const jsonOf = (
  body: string,
): { readonly status?: unknown; readonly errors?: unknown; readonly dedup_key?: unknown } => {
  try {
    const json: unknown = JSON.parse(body);
    return typeof json === 'object' && json !== null ? json : {};
  } catch {
    return {};
  }
};

/** What an answer means: 202 with `success` is taken; 400 says what is wrong, and a wrong key is said there too. */
const outcomeOfAnswer = (answer: HttpAnswer, clock: Clock): Outcome => {
  if (answer.kind === 'failure' || answer.status === 429 || answer.status >= 500) return answerOutcome(answer, clock);
  const { status, errors, dedup_key: dedupKey } = jsonOf(answer.body);
  if (answer.status === 202 && status === 'success') {
    const named = typeof dedupKey === 'string' && /^[\w.:-]{1,255}$/.test(dedupKey) ? ` as ${dedupKey}` : '';
    return { kind: 'done', proof: `status 202${named}` };
  }
  if (answer.status === 202) return outcomeOf('answer_unreadable', 'status 202 without "success"');
  const aboutKey = Array.isArray(errors) && errors.some((each) => String(each).includes('routing_key'));
  return aboutKey ? outcomeOf('credentials', `status ${answer.status}, routing_key`) : answerOutcome(answer, clock);
};

/** Triggers, acknowledges and resolves at PagerDuty (Events API v2). What is told twice is one there, by its dedup key. */
export const pagerduty = defineChannel({
  kind: 'pagerduty',
  options,
  create: ({ url, routingKey, timeout, clearance, allow }, { clock, ids }): Channel => {
    const http = createHttp({ allow }, { clock });
    const post = async (event: object, signal: AbortSignal): Promise<Outcome> => {
      const body = Buffer.from(JSON.stringify({ routing_key: routingKey.reveal(), ...event }));
      const headers = { 'content-type': 'application/json' };
      return outcomeOfAnswer(await http.post({ url, headers, body, timeout, signal, maxReply }), clock);
    };
    return {
      clearance,
      deliver: (notice, { key, signal }) => post(render(notice, key), signal),
      check: async (signal) => {
        const outcome = await post(renderCheck(ids.next()), signal);
        const raised = raisedClearance(clearance);
        return outcome.kind === 'done' && raised ? { ...outcome, proof: `${outcome.proof}; ${raised}` } : outcome;
      },
      close: () => http.close(),
    };
  },
});

/** Opens the channel for a program of your own. Throws `FIELD_INVALID` that names each option at fault. */
export const openPagerduty = (given: PagerdutyOptions, more?: OpenOptions): OpenChannel =>
  openChannel(pagerduty, given, more);
