export { type Hidden, type HiddenTotal, type Incident, incidentAlerts, type Silence } from './incident.ts';
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
  AuditQuery,
  AuditSought,
  Changes,
  Count,
  DeliveryQuery,
  IncidentBatch,
  IncidentQuery,
  NewAuditEntry,
  PairState,
  PerTarget,
  Settled,
  Store,
  SubjectKey,
} from './store.ts';
export {
  type Approval,
  type KillSwitch,
  type Response,
  type ResponseFacts,
  type ResponseFactsQuery,
  type ResponseMode,
  responseModes,
  type ResponseQuery,
  type ResponseState,
  responseStateNames,
  responseStates,
  standingStates,
  type Trip,
} from './response.ts';
export type { Explanation, ExplanationStep } from './explanation.ts';
export type { DetectionWindow, WindowCount, WindowKey, WindowsLetGo } from './window.ts';
export type { DecisionBatch, DecisionCount, DecisionQuery, Enforcer, KeptDecision } from './decision.ts';
export { auditSought } from './store.ts';
export { incidentStates } from '../channel/notice.ts';
