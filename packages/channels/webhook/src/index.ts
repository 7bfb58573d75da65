import {
  type Channel,
  defineChannel,
  openChannel,
  type OpenChannel,
  type OpenOptions,
  raisedClearance,
} from '@therapytrain/alerts-core/channel';
import { answerOutcome, createSignedDoor } from '@therapytrain/alerts-http';
import { options, type WebhookOptions } from './options.ts';
import { render } from './render.ts';

export {
  type PayloadFormat,
  type WebhookCloudEvent,
  type WebhookData,
  webhookJsonSchema,
  type WebhookPayload,
} from './payload.ts';
export type { WebhookOptions } from './options.ts';
export { verifyWebhook } from './verify.ts';
export { type ReceivedHeaders, type VerifyOptions, webhookRefusals, WebhookRefused } from '@therapytrain/alerts-http';

/**
 * POSTs signed JSON to one endpoint, by Standard Webhooks 1.0.0 or as a CloudEvent 1.0. `webhook-id` is the delivery's
 * key on every attempt, so that a receiver can drop doubles.
 */
export const webhook = defineChannel({
  kind: 'webhook',
  options,
  create: ({ clearance, format, detail, ...endpoint }, { clock }): Channel => {
    const door = createSignedDoor(endpoint, { clock });
    return {
      clearance,
      deliver: async (notice, { key, signal }) =>
        answerOutcome(await door.post({ id: key, ...render(notice, { key, format, detail }), signal }), clock),
      check: async (signal) => {
        const outcome = await door.check(signal);
        const raised = raisedClearance(clearance);
        return outcome.kind === 'done' && raised ? { ...outcome, proof: `${outcome.proof}, ${raised}` } : outcome;
      },
      close: () => door.close(),
    };
  },
});

/** Opens a webhook for a program of your own: see `openChannel`. Throws `FIELD_INVALID` that names each option at fault. */
export const openWebhook = (given: WebhookOptions, more?: OpenOptions): OpenChannel =>
  openChannel(webhook, given, more);
