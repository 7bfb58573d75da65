export {
  type Alert,
  AlertError,
  AlertSeverity,
  type AlertSeverityName,
  AlertType,
  type Metadata,
  severityName,
} from '@therapytrain/alerts-core';
export {
  type AlertHandler,
  AlertManager,
  type AlertManagerOptions,
  type HandledAlert,
  type HandlerFailure,
} from '@therapytrain/alerts-manager';
export {
  type EmailNotification,
  NotificationConfig,
  type SlackNotification,
  type WebhookNotification,
} from './notification-config.ts';
export { NotificationHandler, type NotificationOptions } from './notification-handler.ts';
