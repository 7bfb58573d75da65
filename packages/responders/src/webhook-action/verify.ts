import {
  type ReceivedHeaders,
  type ReceivedSecrets,
  verifySigned,
  type VerifyOptions,
  WebhookRefused,
} from '@therapytrain/alerts-http';
import { type WebhookAction, webhookActionPayload } from './payload.ts';

/**
 * For who receives webhook actions: gives what is asked if it was signed with one of the secrets, not long ago; throws
 * {@link WebhookRefused} if not. `rawBody` is the body byte for byte as it came. The same may come twice: keep the highest
 * fence of each id, answer 409 for a lower one, and bring an id to the asked state rather than count requests.
 */
export const verifyWebhookAction = (
  headers: ReceivedHeaders,
  rawBody: string | Uint8Array,
  secrets: ReceivedSecrets,
  options: VerifyOptions = {},
): WebhookAction => {
  const asked = webhookActionPayload.safeParse(verifySigned(headers, rawBody, secrets, options));
  if (!asked.success) throw new WebhookRefused('PAYLOAD_INVALID');
  return asked.data;
};
