import {
  type Channel,
  defineChannel,
  openChannel,
  type OpenChannel,
  type OpenOptions,
  type Outcome,
  raisedClearance,
} from '@therapytrain/alerts-core/channel';
import { answerOutcome, createHttp, harmlessOutcome, type HttpAnswer } from '@therapytrain/alerts-http';
import type { Clock } from '@therapytrain/alerts-core';
import { options, type WebhookOptions } from './options.ts';
import { render } from './render.ts';
import { signatureHeader } from './sign.ts';

export {
  type PayloadFormat,
  type WebhookCloudEvent,
  type WebhookData,
  webhookJsonSchema,
  type WebhookPayload,
} from './payload.ts';
export type { WebhookOptions } from './options.ts';
export { type ReceivedHeaders, type VerifyOptions, verifyWebhook, webhookRefusals, WebhookRefused } from './verify.ts';

// Nothing of the body is of use; a little is read so that the connection can be kept.
const maxReply = 4_096;

// What these say is true of a POST too. Any other 4xx, and 501, only says that the endpoint has no answer to OPTIONS.
const telling: ReadonlySet<number> = new Set([401, 403, 404, 407, 408, 410, 425, 429]);

const isReachable = (status: number): boolean =>
  (status >= 200 && status < 300) || (status >= 400 && status < 500 && !telling.has(status)) || status === 501;

const checked = (answer: HttpAnswer, clock: Clock, raised: string | undefined): Outcome => {
  if (answer.kind === 'failure') return harmlessOutcome(answer);
  if (!isReachable(answer.status)) return answerOutcome(answer, clock);
  return { kind: 'done', proof: [`status ${answer.status} to OPTIONS`, raised].filter(Boolean).join(', ') };
};

/**
 * POSTs signed JSON to one endpoint, by Standard Webhooks 1.0.0 or as a CloudEvent 1.0. `webhook-id` is the delivery's
 * key on every attempt, so that a receiver can drop doubles.
 */
export const webhook = defineChannel({
  kind: 'webhook',
  options,
  create: (
    { url, secret: secrets = [], headers, timeout, clearance, format, detail, allow, ca },
    { clock },
  ): Channel => {
    const http = createHttp({ allow, ...(ca !== undefined && { ca }) }, { clock });
    const own = (): Record<string, string> =>
      Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.reveal()]));
    return {
      clearance,
      deliver: async (notice, { key, signal }) => {
        const { contentType, body } = render(notice, { key, format, detail });
        const seconds = String(Math.floor(clock.now() / 1_000));
        const about = { 'content-type': contentType, 'webhook-id': key, 'webhook-timestamp': seconds };
        const signed = secrets.length > 0 && { 'webhook-signature': signatureHeader(secrets, key, seconds, body) };
        const sent = { ...own(), ...about, ...signed };
        return answerOutcome(
          await http.post({ url: url.reveal(), headers: sent, body, timeout, signal, maxReply }),
          clock,
        );
      },
      check: async (signal) =>
        checked(
          await http.probe({ url: url.reveal(), headers: own(), timeout, signal, maxReply }),
          clock,
          raisedClearance(clearance),
        ),
      close: () => http.close(),
    };
  },
});

/** Opens a webhook for a program of your own: see `openChannel`. Throws `FIELD_INVALID` that names each option at fault. */
export const openWebhook = (given: WebhookOptions, more?: OpenOptions): OpenChannel =>
  openChannel(webhook, given, more);
