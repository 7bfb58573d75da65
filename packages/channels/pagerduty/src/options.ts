import { duration } from '@therapytrain/alerts-core';
import { clearance, secret } from '@therapytrain/alerts-core/channel';
import { allow, urlFault } from '@therapytrain/alerts-http';
import { z } from 'zod';

/** What may be set, and its documentation. */
export const options = z
  .strictObject({
    routingKey: secret()
      .refine((key) => /^[0-9A-Za-z]{32}$/.test(key.reveal()), 'is not a routing key of 32 letters and digits')
      .describe('The integration key of an Events API v2 integration on the service (or of an orchestration).'),
    url: z
      .string()
      .default('https://events.pagerduty.com/v2/enqueue')
      .describe('Where events go. For accounts in the EU: https://events.eu.pagerduty.com/v2/enqueue.'),
    timeout: duration()
      .prefault('10s')
      .describe('Longest wait for one attempt, from the name to the end of the reply.'),
    clearance: clearance(),
    allow: allow(),
  })
  .superRefine(({ url, allow: allowed }, context) => {
    const fault = urlFault(url, allowed);
    if (fault !== undefined) context.addIssue({ code: 'custom', path: ['url'], message: fault });
  });

/** What is set when the channel is opened. */
export type PagerdutyOptions = z.input<typeof options>;
