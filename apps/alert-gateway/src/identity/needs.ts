import type { Scope } from '@therapytrain/alerts-core';

/** What a call needs: a scope; `proved`, that the caller has proved who it is; or `open`, nothing at all. */
export type Need = Scope | 'proved' | 'open';

const service = (name: string, methods: Readonly<Record<string, Need>>): readonly (readonly [string, Need])[] =>
  Object.entries(methods).map(([method, need]) => [`/${name}/${method}`, need]);

const ours = (name: string, methods: Readonly<Record<string, Need>>) =>
  service(`therapytrain.alerts.v1.${name}`, methods);

const reflection = { ServerReflectionInfo: 'proved' } as const;

/**
 * The scope that each method needs, by its path. The one table: what does not stand here nobody may call, and a test
 * fails for a method of the contract without a row.
 */
export const needs: ReadonlyMap<string, Need> = new Map([
  ...ours('AlertService', {
    ReportAlert: 'alerts.write',
    ReportAlerts: 'alerts.write',
    GetAlert: 'alerts.read',
    ListAlerts: 'alerts.read',
    StreamAlerts: 'alerts.read',
    ExplainAlert: 'alerts.read',
  }),
  ...ours('IncidentService', {
    GetIncident: 'alerts.read',
    ListIncidents: 'alerts.read',
    StreamIncidents: 'alerts.read',
    AcknowledgeIncident: 'incidents.write',
    ResolveIncident: 'incidents.write',
    AssignIncident: 'incidents.write',
    CommentIncident: 'incidents.write',
  }),
  ...ours('SilenceService', {
    ListSilences: 'alerts.read',
    PreviewSilence: 'silences.write',
    CreateSilence: 'silences.write',
    ExpireSilence: 'silences.write',
  }),
  ...ours('DeliveryService', {
    ListDeliveries: 'alerts.read',
    ListDeadLetters: 'alerts.read',
    GetAccounting: 'alerts.read',
    ReplayDeadLetters: 'incidents.write',
  }),
  // Its text names recipients, and what changes it decides who is told.
  ...ours('PolicyService', {
    GetPolicy: 'admin',
    CheckPolicy: 'admin',
    ReloadPolicy: 'admin',
    SimulatePolicy: 'admin',
  }),
  ...ours('ResponseService', {
    GetResponse: 'alerts.read',
    ListResponses: 'alerts.read',
    GetKillSwitch: 'alerts.read',
    ApproveResponse: 'responses.approve',
    RejectResponse: 'responses.approve',
    RevertResponse: 'responses.approve',
    SetKillSwitch: 'responses.approve',
    StreamDecisions: 'decisions.read',
    AcknowledgeDecisions: 'decisions.read',
    ListEnforcers: 'decisions.read',
  }),
  ...ours('AuditService', {
    ListAuditEntries: 'audit.read',
    GetCheckpoint: 'audit.read',
    ProveEntry: 'audit.read',
    ProveConsistency: 'audit.read',
    ExportReceipt: 'audit.read',
    SignAuditReview: 'audit.read',
    EraseSubject: 'admin',
  }),
  ...ours('GatewayService', { GetStatus: 'proved' }),
  ...ours('IdentityService', { CreateToken: 'admin', ListTokens: 'admin', RevokeToken: 'admin', WhoAmI: 'proved' }),
  // Probes of orchestrators prove nothing. A watch stays open, so that whoever holds one must be somebody.
  ...service('grpc.health.v1.Health', { Check: 'open', List: 'open', Watch: 'proved' }),
  ...service('grpc.reflection.v1.ServerReflection', reflection),
  ...service('grpc.reflection.v1alpha.ServerReflection', reflection),
]);
