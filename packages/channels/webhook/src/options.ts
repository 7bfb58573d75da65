import { z } from 'zod';
import { clearance } from '@therapytrain/alerts-core/channel';
import { checkEndpoint, endpointOptions } from '@therapytrain/alerts-http';

const { url, secret, headers, timeout, allow, ca } = endpointOptions();

const fields = z.strictObject({
  url,
  secret: secret.optional().describe(secret.description ?? ''),
  unsigned: z
    .boolean()
    .default(false)
    .describe('True to send without a signature; no receiver can then tell who sent.'),
  headers,
  timeout,
  clearance: clearance(),
  format: z
    .enum(['standard', 'cloudevents'], 'is not one of standard, cloudevents')
    .default('standard')
    .describe('`standard`: the payload of Standard Webhooks. `cloudevents`: CloudEvents 1.0 in structured JSON.'),
  detail: z
    .enum(['thin', 'full'], 'is not one of thin, full')
    .default('thin')
    .describe(
      '`thin`: what happened, with ids to read on. `full`: also the messages and facts that the clearance allows.',
    ),
  allow,
  ca,
});

/** What may be set, and its documentation. */
export const options = fields.superRefine((given, context) => {
  const report = (path: readonly (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path: [...path], message });
  checkEndpoint(given, report);
  if (!given.secret && !given.unsigned) report(['secret'], 'is not there: give one, or say `unsigned: true`');
  if (given.secret && given.unsigned) report(['unsigned'], 'is true, but there is a secret');
});

/** What is set when a webhook is opened. */
export type WebhookOptions = z.input<typeof options>;
