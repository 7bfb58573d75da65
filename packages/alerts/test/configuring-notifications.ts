import { AlertManager } from '@therapytrain/alerts';

const alertManager = AlertManager.getInstance();

import { NotificationHandler, NotificationConfig } from '@therapytrain/alerts';

// prettier-ignore
const config: NotificationConfig = {
  email: {
    recipients: ['security@example.com']
  },
  webhook: {
    url: 'https://api.example.com/security-webhook',
    headers: { 'X-API-Key': 'your-api-key' }
  },
  slack: {
    webhookUrl: 'https://hooks.slack.com/services/...',
    channel: '#security-alerts'
  }
};

const notificationHandler = new NotificationHandler(config);
alertManager.registerHandler(notificationHandler);
