import { openEmail } from '@therapytrain/alerts-channel-email';
import { openSlack } from '@therapytrain/alerts-channel-slack';
import { openWebhook, type WebhookOptions } from '@therapytrain/alerts-channel-webhook';
import type { OpenChannel, OpenOptions } from '@therapytrain/alerts-core/channel';

type OpenEmailOptions = Parameters<typeof openEmail>[0];
type SlackOptions = Parameters<typeof openSlack>[0];

/** By e-mail. The server comes from SMTP_HOST, SMTP_PORT, SMTP_SECURE, SMTP_USER, SMTP_PASS and SMTP_FROM, or from here. */
export interface EmailNotification extends Omit<OpenEmailOptions, 'recipients' | 'template'> {
  readonly recipients: readonly string[];
  /** LiquidJS: the plain text of the mail, or its parts (`subject`, `text`, `html`). Default: built in. */
  readonly template?: string | NonNullable<OpenEmailOptions['template']>;
}

/** By HTTP. Signed if there is a `secret`. */
export type WebhookNotification = Omit<WebhookOptions, 'unsigned'>;

/** By Slack: with an incoming webhook, or with a `token`. */
export type SlackNotification = SlackOptions;

/** Whom to tell. Every option of the channels' packages may stand here too. */
export interface NotificationConfig {
  readonly email?: EmailNotification;
  readonly webhook?: WebhookNotification;
  readonly slack?: SlackNotification;
}

/** The configuration is a type; it is a value too, so that who imports it as one is understood by every compiler. */
export const NotificationConfig = {
  /** Throws `FIELD_INVALID` that names each option and environment variable at fault. Sends and connects nothing. */
  check: (config: NotificationConfig): void => void openChannels(config, {}),
} as const;

const emailOf = ({ recipients, template, ...rest }: EmailNotification): OpenEmailOptions => ({
  ...rest,
  recipients: [...recipients],
  ...(template !== undefined && { template: typeof template === 'string' ? { text: template } : template }),
});

/**
 * Opens the channels of a configuration, by their names. Throws `FIELD_INVALID` that names each option and environment
 * variable at fault. Nothing is connected.
 */
export const openChannels = (config: NotificationConfig, more: OpenOptions): ReadonlyMap<string, OpenChannel> => {
  const { email, webhook, slack } = config;
  const channels = new Map<string, OpenChannel>();
  if (email) channels.set('email', openEmail(emailOf(email), more));
  if (webhook) channels.set('webhook', openWebhook({ ...webhook, unsigned: webhook.secret === undefined }, more));
  if (slack) channels.set('slack', openSlack(slack, more));
  return channels;
};
