import { duration } from '@therapytrain/alerts-core';
import { clearance, secret } from '@therapytrain/alerts-core/channel';
import { allow, urlFault } from '@therapytrain/alerts-http';
import { template } from '@therapytrain/alerts-templates';
import { z } from 'zod';

/** Where Slack takes incoming webhooks: the second is that of its offer for authorities. */
const hookHosts: readonly string[] = ['hooks.slack.com', 'hooks.slack-gov.com'];
const slackApi = 'https://slack.com/api/';

const isHook = (hook: string, api: string): boolean => {
  const url = new URL(hook);
  // Who sets another `apiUrl` (a test, a proxy) has named an origin that may have the webhook too.
  return hookHosts.includes(url.hostname) || (api !== slackApi && url.origin === new URL(api).origin);
};

/** The options of a Slack channel: a bot token and a channel, or an incoming webhook. */
export const options = z
  .strictObject({
    token: secret()
      .refine((token) => /^xox[a-z][.-][\w.-]{1,500}$/.test(token.reveal()), 'is not a Slack token, such as xoxb-…')
      .optional()
      .describe('Bot token (xoxb-…). With it a message is updated and has a thread. Needs `channel`.'),
    channel: z
      .string()
      .regex(/^#?[\p{L}\p{N}_-]{1,80}$/u, 'is not the id or the name of a Slack channel')
      .optional()
      .describe('Where to post: an id (C0123ABCD; better, for it can be read back) or a name (#security).'),
    webhookUrl: secret()
      .optional()
      .describe('Incoming webhook (https://hooks.slack.com/…), in place of `token`: no updates, no threads.'),
    timeout: duration().prefault('10s').describe('Longest time for one attempt, all its calls together.'),
    clearance: clearance(),
    text: template('slack')
      .optional()
      .describe('Template (LiquidJS, sink `slack`) of what is shown under the headline, in Slack’s mrkdwn.'),
    broadcastEscalations: z
      .boolean()
      .default(true)
      .describe('Show an escalation in the channel too, and not in the thread alone.'),
    approvals: z
      .boolean()
      .default(false)
      .describe(
        'Show buttons to approve or reject what people are asked. The gateway must take their presses (`--slack-approvals`).',
      ),
    apiUrl: z
      .string()
      .default(slackApi)
      .describe('Where the Web API is. Only tests, proxies and GovSlack set another; a webhook may be there too.'),
    allow: allow(),
  })
  .superRefine(({ token, webhookUrl, channel, apiUrl, allow: allowed }, { addIssue }) => {
    const refuse = (field: string, message: string): void => addIssue({ code: 'custom', path: [field], message });
    if (token && webhookUrl) refuse('webhookUrl', 'is set beside token; set exactly one of token and webhookUrl');
    if (!token && !webhookUrl) refuse('token', 'is missing; set exactly one of token and webhookUrl');
    if (token && channel === undefined) refuse('channel', 'is missing; a token needs a channel to post to');
    const api = urlFault(apiUrl, allowed);
    if (api !== undefined) return refuse('apiUrl', api);
    if (!webhookUrl) return undefined;
    const hook = urlFault(webhookUrl.reveal(), allowed);
    if (hook !== undefined) return refuse('webhookUrl', hook);
    if (!isHook(webhookUrl.reveal(), apiUrl)) refuse('webhookUrl', `is not on ${hookHosts.join(' or ')}`);
    return undefined;
  });

/** The options, parsed. */
export type SlackOptions = z.output<typeof options>;
