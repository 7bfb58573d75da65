export type { Explanation, ExplanationStep } from '@therapytrain/alerts-core';
export { createAlertClient } from './client.ts';
export type {
  ChangeOptions,
  CommentedChangeOptions,
  DeadLetterOptions,
  DeliveryCalls,
  DeliveryListOptions,
  DeliveryPage,
  DeskCalls,
  Explained,
  IncidentCalls,
  IncidentChangeOptions,
  IncidentListOptions,
  IncidentPage,
  ListedAccount,
  ListedDelivery,
  ListedIncident,
  ListedSilence,
  NewSilence,
  PageOptions,
  PreviewedSilence,
  Replayed,
  ReplayOptions,
  SilenceCalls,
  SilenceDraft,
  SilencePage,
} from './desk/types.ts';
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
