export { AlertManager, type AlertManagerOptions, type AlertReporter } from './alert-manager.ts';
export type { IncidentChanges } from './incident-changes.ts';
export {
  type Command,
  createDesk,
  type Desk,
  type ListedSilence,
  type DeskParts,
  type IncidentCommand,
  type SilenceCommand,
  type SilencePreview,
} from './desk.ts';
export { type BreakerState, breakerStates } from './control/breaker.ts';
export { type Control, createControl } from './control/control.ts';
export { type Engine, type EngineParts, startEngine } from './engine.ts';
export { createFlow, createFollowUp, type Flow, type FlowParts, type FollowUp, type FollowUpParts } from './flow.ts';
export type { AlertHandler, HandledAlert, HandlerFailure, HandlerStats } from './handlers.ts';
export { keptAt } from './kept-at.ts';
export { createMemoryLog, type MemoryLogOptions } from './memory-log.ts';
export { createPolicy, defaultPolicy } from './policy/create.ts';
export type { Detection, DetectionCondition, DetectionStep } from './policy/detection.ts';
export { policyDifference, type PolicyChange } from './policy/difference.ts';
export { spanText } from './policy/difference-parts.ts';
export type { PolicyFault } from './policy/document.ts';
export { policyJsonSchema } from './policy/json-schema.ts';
export { matchedRoutes } from './policy/matching.ts';
export type {
  ChannelLimit,
  ChannelSettings,
  Escalation,
  Inhibition,
  Maintenance,
  Policy,
  Receiver,
  Route,
} from './policy/policy.ts';
export { type PolicyReading, readPolicy, type ReadPolicyOptions } from './policy/read.ts';
export { policyText } from './policy/text.ts';
export { policySchema, type PolicySource } from './policy/schema.ts';
export type { SecretSources } from './policy/secrets.ts';
export { detectionSource } from './stages/detect.ts';
export {
  type Script,
  type ScriptedAlert,
  simulate,
  type SimulatedAlert,
  type SimulatedNotice,
  type SimulatedReview,
  type Simulation,
} from './simulate.ts';
export {
  type CaseFailure,
  type CaseResult,
  casesOf,
  type PolicyCase,
  policyCasesSchema,
  runCase,
} from './policy-cases/cases.ts';
export { type DocumentReading, readDocument } from './policy/read-document.ts';
export type {
  Budget,
  Guardrails,
  Playbook,
  PlaybookStep,
  Protected,
  ProtectedGroup,
  ResponderSettings,
  ResponsePolicy,
} from './policy/playbook.ts';
export type { ResolvedResponders } from './policy/playbook-create.ts';
export type { KnownResponder } from './policy/playbook-faults.ts';
export {
  type AimedStep,
  type MatchedPlaybook,
  playbooksOf,
  type TargetFault,
  targetFaults,
} from './stages/playbooks.ts';
export type { SimulatedResponse } from './simulate-responses.ts';
export type { BuiltResponder } from './responding.ts';
export type { KillSwitch, ResponseCommand, ResponseDesk, ResponseQuery } from './response-desk.ts';
export { responseSource } from './stages/response-alerts.ts';
export { isCausedBy, isGraced, nextRung, targetKey } from './stages/response-guard.ts';
export { type ResponseReason, responseReasons } from './stages/response-reasons.ts';
export { createDecisionFeed, type DecisionChanges, type DecisionPage, type WatchedDecisions } from './decision-feed.ts';
export { createTokenBucket, type TokenBucket } from './control/token-bucket.ts';
export { placeSubject } from './stages/kept.ts';
export type { Commitment } from './commitments.ts';
