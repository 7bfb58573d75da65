import { responderContract } from '@therapytrain/alerts-testkit';
import { openWebhookAction } from './support/open.ts';

for (const target of ['address', 'user', 'access'] as const) {
  responderContract(`webhook-action on ${target}`, openWebhookAction(target));
}
