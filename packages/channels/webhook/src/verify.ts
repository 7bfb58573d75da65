import {
  type ReceivedHeaders,
  type ReceivedSecrets,
  verifySigned,
  type VerifyOptions,
  WebhookRefused,
} from '@therapytrain/alerts-http';
import { payloads, type WebhookCloudEvent, type WebhookPayload } from './payload.ts';

/**
 * For who receives webhooks: gives the payload if it was signed with one of the secrets, not long ago; throws
 * {@link WebhookRefused} if not. `rawBody` is the body byte for byte as it came, before any JSON is read. The same
 * webhook may come twice, from us or from who has overheard it: remember each `webhook-id` for longer than the
 * tolerance, and answer a known one with 2xx without acting on it.
 */
export const verifyWebhook = (
  headers: ReceivedHeaders,
  rawBody: string | Uint8Array,
  secrets: ReceivedSecrets,
  options: VerifyOptions = {},
): WebhookPayload | WebhookCloudEvent => {
  const json = verifySigned(headers, rawBody, secrets, options);
  const isCloudEvent = typeof json === 'object' && json !== null && 'specversion' in json;
  const payload = (isCloudEvent ? payloads.cloudevents : payloads.standard).safeParse(json);
  if (!payload.success) throw new WebhookRefused('PAYLOAD_INVALID');
  return payload.data;
};
