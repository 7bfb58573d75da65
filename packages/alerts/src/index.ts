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
export {
  type ActionTaken,
  AutomatedResponseHandler,
  type AutomatedResponseOptions,
  refusedResponse,
  type RevertedAction,
} from './automated-response-handler.ts';
export type { RefusalRule, ResponseBudget, ResponseGuardrails } from './response-guardrails.ts';
export type { RateLimiterService, ResponseServices, SecurityAuditService, UserService } from './response-services.ts';
export type { ResponseAction } from './response-steps.ts';
