export {
  alertDraft,
  checkDraft,
  sourcePattern,
  tooLarge,
  type Alert,
  type AlertDraft,
  type CheckedDraft,
} from './alert.ts';
export {
  AlertType,
  alertTypePattern,
  builtInAlertTypes,
  createAlertTypes,
  type AlertTypeDefinition,
  type AlertTypes,
  type MetadataKey,
} from './alert-type.ts';
// Lists of words alone, for who speaks the wire and needs no channel.
export { incidentStates, noticeEvents } from './channel/notice.ts';
export { recipientStates } from './channel/outcome.ts';
export { type Backoff, createBackoff, spread } from './backoff.ts';
export { drafts, type CommonDraft, type CommonDrafts } from './drafts.ts';
export {
  AlertError,
  alertErrorCodes,
  fieldError,
  type AlertErrorCode,
  type AlertErrorDetails,
  type FieldViolation,
} from './errors.ts';
export {
  compileExpression,
  type Demand,
  demandsOf,
  ExpressionError,
  firstUnmet,
  type AlertFacts,
  type Expression,
} from './expression.ts';
export { canonicalJson, fingerprint } from './fingerprint.ts';
export { createIds, uuidBytes, uuidPattern } from './ids.ts';
export { limits } from './limits.ts';
export type {
  AlertLog,
  AppendResult,
  Cursor,
  KeptAlert,
  LogBatch,
  LogBounds,
  Receipt,
  Retention,
  StampedAlert,
} from './log.ts';
export {
  createTreeEdge,
  emptyRoot,
  type Hash,
  hashBytes,
  leafHash,
  nodeHash,
  treeHash,
  type TreeEdge,
} from './merkle.ts';
export { metadataFaults, type Metadata, type MetadataFault, type MetadataValue } from './metadata.ts';
export type { Clock, Ids, Instant, Millis, Ports, Random } from './ports.ts';
export { Sensitivity, undeclaredSensitivity, type SensitivityName } from './sensitivity.ts';
export { AlertSeverity, isSeverity, severities, severityName, severityOf, type AlertSeverityName } from './severity.ts';
export { systemClock, systemPorts, systemRandom } from './system-ports.ts';
export { textFault } from './text.ts';
export { byteSize, duration, durationText } from './units.ts';
export { decodeAlert, decodeReport, splitReports } from './wire/decode.ts';
export { decodeDecisionChanges, type DecodedChanges, onlyField } from './wire/decisions.ts';
export { encodeAlert, encodeDecisions, encodedId, encodeReport, withSequence } from './wire/encode.ts';
export { encodeReceipt, joinFields, type EncodedField } from './wire/frame.ts';
export { bytesTag, varintTag, WireReader, wireType } from './wire/reader.ts';
export { scanMessage, type MessageShape } from './wire/scan.ts';
export { contentDigest, sameContent, sameDigest } from './wire/same.ts';
export {
  type Account,
  type Approval,
  type AuditEntry,
  type AuditQuery,
  type AuditSought,
  auditSought,
  type Changes,
  type Claim,
  type Count,
  type Delivery,
  type DeliveryQuery,
  type DeliveryState,
  deliveryStates,
  type DetectionWindow,
  type Explanation,
  type ExplanationStep,
  type Incident,
  type Hidden,
  type HiddenTotal,
  incidentAlerts,
  type IncidentBatch,
  type IncidentQuery,
  type Job,
  type JobKind,
  type KillSwitch,
  type NewAuditEntry,
  type NewJob,
  type PairState,
  type PerTarget,
  type Response,
  type ResponseFacts,
  type ResponseFactsQuery,
  type ResponseMode,
  responseModes,
  type ResponseQuery,
  type ResponseState,
  responseStateNames,
  responseStates,
  type ReviewReason,
  type Settled,
  type Settlement,
  type Silence,
  standingStates,
  type Store,
  type Trip,
  type SubjectKey,
  type WindowCount,
  type WindowKey,
  type WindowsLetGo,
} from './store/index.ts';
export type { DecisionBatch, DecisionCount, DecisionQuery, Enforcer, KeptDecision } from './store/index.ts';
export {
  type Decision,
  type DecisionFeed,
  type DecisionKind,
  decisionKindNames,
  decisionKinds,
} from './responder/decision.ts';
export {
  clearanceOf,
  compileNarrowing,
  isPrincipalName,
  isWithin,
  localPrincipal,
  may,
  type Principal,
  type Proof,
  type Scope,
  scopes,
} from './principal.ts';
export { namesIn } from './expression/names.ts';
export {
  createToken,
  type NewToken,
  tokenDigest,
  tokenIdOf,
  tokenText,
  tokenPrefix,
  type TokenRecord,
  type TokenStore,
} from './token.ts';
