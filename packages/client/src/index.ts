export { createAlertClient } from './client.ts';
export { alertClientOptions, type AlertClientOptions } from './options.ts';
export type { AlertClientParts, SpooledReport } from './parts.ts';
export type {
  AlertClient,
  AlertPage,
  GatewayHealth,
  ListOptions,
  ReportOptions,
  ServingStatus,
  Spooled,
  StreamedAlert,
  StreamOptions,
  StreamState,
} from './types.ts';
