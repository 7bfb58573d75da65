export { type Incident, incidentAlerts, type Silence } from './incident.ts';
export {
  type Claim,
  type Delivery,
  type DeliveryState,
  deliveryStates,
  type Job,
  type JobKind,
  type NewJob,
  type ReviewReason,
  type Settlement,
} from './job.ts';
export type {
  Account,
  AuditEntry,
  Changes,
  Count,
  DeliveryQuery,
  IncidentBatch,
  IncidentQuery,
  NewAuditEntry,
  PairState,
  Settled,
  Store,
} from './store.ts';
export type { Explanation, ExplanationStep } from './explanation.ts';
