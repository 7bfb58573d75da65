import { openWebhook, type WebhookOptions } from '@therapytrain/alerts-channel-webhook';

/** Tells a receiver of a failed login: `done`, or why not. */
export const tell = async (options: WebhookOptions): Promise<string> => {
  const hook = openWebhook(options); // { url: 'https://hooks.example.com/alerts', secret: process.env.WEBHOOK_SECRET }
  const outcome = await hook.send({
    type: 'AUTH_FAILURE',
    message: 'Failed login attempt of anna.berg',
    metadata: { userId: 'anna.berg' }, // goes out as a pseudonym, in the message too
  });
  await hook.close();
  return outcome.kind === 'done' ? 'done' : `${outcome.kind}: ${outcome.reason}, ${outcome.detail}`;
};
