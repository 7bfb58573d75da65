import { z } from 'zod';
import { duration } from '@therapytrain/alerts-core';
import { clearance, type Secret, secret } from '@therapytrain/alerts-core/channel';
import { allow, isHeaderName, isHeaderValue, urlFault } from '@therapytrain/alerts-http';
import { secretFault } from './sign.ts';

// What the channel itself says, and what HTTP says about the connection (RFC 9110 §7.6.1).
const ours =
  /^(?:webhook-.*|host|content-.*|accept-encoding|date|expect|connection|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/i;

const longestHeader = 8_192;
const mostSecrets = 4;

const howMany = `is not a secret, or 1 to ${mostSecrets} of them`;
const secretList = z
  .union([secret(), z.array(secret()).min(1, howMany).max(mostSecrets, howMany)], howMany)
  .transform((given): readonly Secret[] => (Array.isArray(given) ? given : [given]));

const headerFault = (name: string, value: Secret): string | undefined => {
  if (!isHeaderName(name)) return 'has a name that no header can have';
  if (ours.test(name)) return 'is a header that the channel or HTTP itself writes';
  if (value.reveal().length > longestHeader) return `is longer than ${longestHeader}`;
  return isHeaderValue(value.reveal()) ? undefined : 'has a character that no header can have, or a blank at an end';
};

const fields = z.strictObject({
  url: secret().describe('Where to POST: a public https address, unless `allow` says more. May hold a token.'),
  secret: secretList
    .optional()
    .describe(
      'Signs each body (Standard Webhooks): `whsec_` and 24 to 64 bytes in base64. Several while they are rotated, the current one first.',
    ),
  unsigned: z
    .boolean()
    .default(false)
    .describe('True to send without a signature; no receiver can then tell who sent.'),
  headers: z
    .record(z.string(), secret())
    .default({})
    .describe('Headers of your own, such as `authorization`. Their values are kept out of sight.'),
  timeout: duration()
    .refine((span) => span >= 50 && span <= 120_000, 'is not from 50ms to 2m')
    .prefault('10s')
    .describe('Longest wait for one attempt, from the name to the end of the reply.'),
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
  allow: allow(),
  ca: z.string().optional().describe('Certificates (PEM) that are trusted beside those of the machine.'),
});

type Fields = z.output<typeof fields>;
type Report = (path: readonly (string | number)[], message: string) => void;

const checkSecrets = ({ secret: secrets, unsigned }: Fields, report: Report): void => {
  if (!secrets && !unsigned) report(['secret'], 'is not there: give one, or say `unsigned: true`');
  if (secrets && unsigned) report(['unsigned'], 'is true, but there is a secret');
  secrets?.forEach((each, place) => {
    const fault = secretFault(each);
    if (fault !== undefined) report(secrets.length === 1 ? ['secret'] : ['secret', place], fault);
  });
};

const checkHeaders = ({ headers }: Fields, report: Report): void => {
  const names = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    const fault = names.has(name.toLowerCase()) ? 'is there twice' : headerFault(name, value);
    if (fault !== undefined) report(['headers', name], fault);
    names.add(name.toLowerCase());
  }
};

/** What may be set, and its documentation. */
export const options = fields.superRefine((given, context) => {
  const report: Report = (path, message) => context.addIssue({ code: 'custom', path: [...path], message });
  const fault = urlFault(given.url.reveal(), given.allow);
  if (fault !== undefined) report(['url'], fault);
  checkSecrets(given, report);
  checkHeaders(given, report);
});

/** What is set when a webhook is opened. */
export type WebhookOptions = z.input<typeof options>;
