import { duration } from '@therapytrain/alerts-core';
import { type Secret, secret } from '@therapytrain/alerts-core/channel';
import { z } from 'zod';
import { allow } from '../allow.ts';
import { isHeaderName, isHeaderValue } from '../request-fault.ts';
import { urlFault } from '../url-fault.ts';
import { secretFault } from './sign.ts';

// What is written here, and what HTTP says about the connection (RFC 9110 §7.6.1).
const ours =
  /^(?:webhook-.*|host|content-.*|accept-encoding|date|expect|connection|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/i;

const longestHeader = 8_192;
const mostSecrets = 4;

const howMany = `is not a secret, or 1 to ${mostSecrets} of them`;
const secretList = z
  .union([secret(), z.array(secret()).min(1, howMany).max(mostSecrets, howMany)], howMany)
  .transform((given): readonly Secret[] => (Array.isArray(given) ? given : [given]));

/** The options of whatever POSTs to one endpoint and signs by Standard Webhooks: by name, for a schema to list. */
export const endpointOptions = () => ({
  url: secret().describe('Where to POST: a public https address, unless `allow` says more. May hold a token.'),
  secret: secretList.describe(
    'Signs each body (Standard Webhooks): `whsec_` and 24 to 64 bytes in base64. Several while they are rotated, the current one first.',
  ),
  headers: z
    .record(z.string(), secret())
    .default({})
    .describe('Headers of your own, such as `authorization`. Their values are kept out of sight.'),
  timeout: duration()
    .refine((span) => span >= 50 && span <= 120_000, 'is not from 50ms to 2m')
    .prefault('10s')
    .describe('Longest wait for one attempt, from the name to the end of the reply.'),
  allow: allow(),
  ca: z.string().optional().describe('Certificates (PEM) that are trusted beside those of the machine.'),
});

type Parsed = {
  readonly [N in keyof ReturnType<typeof endpointOptions>]: z.output<ReturnType<typeof endpointOptions>[N]>;
};

/** An endpoint, its options parsed. Without a secret what is sent is not signed. */
export type Endpoint = Omit<Parsed, 'secret' | 'ca'> & {
  readonly secret?: Parsed['secret'] | undefined;
  readonly ca?: string | undefined;
};

/** One option at fault: its path, and the rule that it breaks. */
export type ReportFault = (path: readonly (string | number)[], message: string) => void;

const headerFault = (name: string, value: Secret): string | undefined => {
  if (!isHeaderName(name)) return 'has a name that no header can have';
  if (ours.test(name)) return 'is a header that the channel or HTTP itself writes';
  if (value.reveal().length > longestHeader) return `is longer than ${longestHeader}`;
  return isHeaderValue(value.reveal()) ? undefined : 'has a character that no header can have, or a blank at an end';
};

const checkHeaders = ({ headers }: Endpoint, report: ReportFault): void => {
  const names = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    const fault = names.has(name.toLowerCase()) ? 'is there twice' : headerFault(name, value);
    if (fault !== undefined) report(['headers', name], fault);
    names.add(name.toLowerCase());
  }
};

/** Reports what no schema of one option can see: a URL that must not be called, a secret or a header that is none. */
export const checkEndpoint = (given: Endpoint, report: ReportFault): void => {
  const fault = urlFault(given.url.reveal(), given.allow);
  if (fault !== undefined) report(['url'], fault);
  given.secret?.forEach((each, place) => {
    const wrong = secretFault(each);
    if (wrong !== undefined) report(given.secret?.length === 1 ? ['secret'] : ['secret', place], wrong);
  });
  checkHeaders(given, report);
};
