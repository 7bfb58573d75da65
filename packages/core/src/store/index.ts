export { type Incident, incidentAlerts, type Silence } from './incident.ts';
export type { Claim, Delivery, DeliveryState, Job, JobKind, NewJob, ReviewReason, Settlement } from './job.ts';
export type {
  Account,
  AuditEntry,
  Changes,
  Count,
  DeliveryQuery,
  IncidentQuery,
  NewAuditEntry,
  PairState,
  Settled,
  Store,
} from './store.ts';
