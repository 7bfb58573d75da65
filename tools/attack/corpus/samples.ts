import {
  AcknowledgeDecisionsRequest,
  AcknowledgeIncidentRequest,
  AlertServiceService,
  ApproveResponseRequest,
  AssignIncidentRequest,
  AuditServiceService,
  CheckPolicyRequest,
  CommentIncidentRequest,
  CreateSilenceRequest,
  CreateTokenRequest,
  DeliveryServiceService,
  EraseSubjectRequest,
  ExpireSilenceRequest,
  ExplainAlertRequest,
  ExportReceiptRequest,
  GatewayServiceService,
  GetAccountingRequest,
  GetAlertRequest,
  GetCheckpointRequest,
  GetIncidentRequest,
  GetKillSwitchRequest,
  GetPolicyRequest,
  GetResponseRequest,
  GetStatusRequest,
  IdentityServiceService,
  IncidentServiceService,
  ListAlertsRequest,
  ListAuditEntriesRequest,
  ListDeadLettersRequest,
  ListDeliveriesRequest,
  ListEnforcersRequest,
  ListIncidentsRequest,
  ListResponsesRequest,
  ListSilencesRequest,
  ListTokensRequest,
  PolicyServiceService,
  PreviewSilenceRequest,
  ProveConsistencyRequest,
  ProveEntryRequest,
  RejectResponseRequest,
  ReloadPolicyRequest,
  ReplayDeadLettersRequest,
  ReportAlertRequest,
  ReportAlertsRequest,
  ResolveIncidentRequest,
  ResponseServiceService,
  RevertResponseRequest,
  RevokeTokenRequest,
  SetKillSwitchRequest,
  SignAuditReviewRequest,
  SilenceServiceService,
  SimulatePolicyRequest,
  StreamAlertsRequest,
  StreamDecisionsRequest,
  StreamIncidentsRequest,
  WhoAmIRequest,
} from '@therapytrain/alerts-api';

/** One well-formed request, as bytes, and whom it goes to. */
export interface Sample {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly bytes: Buffer;
  /** The call goes on after its first answer. */
  readonly streams: boolean;
}

interface Method {
  readonly path: string;
  readonly responseStream: boolean;
}

/** Every RPC of the contract. */
export const methods: readonly Method[] = [
  AlertServiceService,
  IncidentServiceService,
  SilenceServiceService,
  DeliveryServiceService,
  PolicyServiceService,
  GatewayServiceService,
  ResponseServiceService,
  IdentityServiceService,
  AuditServiceService,
].flatMap((service) => Object.values(service) as unknown as Method[]);

interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  fromPartial(partial: object): T;
}

const encoded = <T>(codec: Codec<T>, partial: object): Buffer =>
  Buffer.from(codec.encode(codec.fromPartial(partial)).finish());

const id = '019aa000-0000-7000-8000-000000000000';
const time = new Date(Date.UTC(2026, 10, 24));
const page = { pageSize: 10, pageToken: 'dG9rZW4', filter: 'severity >= HIGH' };
const change = { requestId: id, incidentId: id, etag: '3', comment: 'seen', assignee: 'on-call' };
const report = {
  type: 'AUTH_FAILURE',
  severity: 3,
  message: 'a login failed',
  metadata: { userId: 'u', deep: { list: [1, true, null, { a: 'b' }] } },
  occurredAt: time,
  dedupKey: 'd',
};
const response = { requestId: id, responseId: id, comment: 'seen' };
const text = 'receivers: { all: { channels: [] } }\nroutes: [{ when: "severity >= HIGH", receivers: [all] }]\n';

/** What is asked of each method, by its name. A method that is new needs a line of its own; a test says so. */
export const requests: Readonly<Record<string, Buffer>> = {
  ReportAlert: encoded(ReportAlertRequest, report),
  ReportAlerts: encoded(ReportAlertsRequest, { alerts: [report, { ...report, severity: 4, traceParent: 'x' }] }),
  GetAlert: encoded(GetAlertRequest, { alertId: id }),
  ListAlerts: encoded(ListAlertsRequest, page),
  StreamAlerts: encoded(StreamAlertsRequest, { filter: page.filter, start: { $case: 'since', value: time } }),
  ExplainAlert: encoded(ExplainAlertRequest, { subject: { $case: 'draft', value: report } }),
  GetIncident: encoded(GetIncidentRequest, { incidentId: id }),
  ListIncidents: encoded(ListIncidentsRequest, { ...page, states: [1, 2], overdue: true }),
  AcknowledgeIncident: encoded(AcknowledgeIncidentRequest, change),
  ResolveIncident: encoded(ResolveIncidentRequest, change),
  AssignIncident: encoded(AssignIncidentRequest, change),
  CommentIncident: encoded(CommentIncidentRequest, change),
  StreamIncidents: encoded(StreamIncidentsRequest, { cursor: 'Y3Vyc29y' }),
  CreateSilence: encoded(CreateSilenceRequest, {
    when: 'source == "nobody"',
    reason: 'planned work',
    startsAt: time,
    end: { $case: 'length', value: { seconds: 60n, nanos: 1 } },
    upTo: 2,
  }),
  PreviewSilence: encoded(PreviewSilenceRequest, { when: 'source == "nobody"', upTo: 2 }),
  ListSilences: encoded(ListSilencesRequest, { pageSize: 10, pageToken: 'dG9rZW4', states: [1] }),
  ExpireSilence: encoded(ExpireSilenceRequest, { requestId: id, silenceId: id }),
  ListDeliveries: encoded(ListDeliveriesRequest, { ...page, incidentId: id, channel: 'mail', states: [1, 2] }),
  ListDeadLetters: encoded(ListDeadLettersRequest, { ...page, incidentId: id, channel: 'mail' }),
  ReplayDeadLetters: encoded(ReplayDeadLettersRequest, { requestId: id, deliveryIds: [id], dryRun: true }),
  GetAccounting: encoded(GetAccountingRequest, {}),
  GetPolicy: encoded(GetPolicyRequest, {}),
  CheckPolicy: encoded(CheckPolicyRequest, { text }),
  ReloadPolicy: encoded(ReloadPolicyRequest, { requestId: id, expectedVersion: 'v', dryRun: true }),
  SimulatePolicy: encoded(SimulatePolicyRequest, { text, alerts: [{ alert: report, at: time }], until: time }),
  GetStatus: encoded(GetStatusRequest, {}),
  GetResponse: encoded(GetResponseRequest, { responseId: id }),
  ListResponses: encoded(ListResponsesRequest, { pageSize: 10, pageToken: 'dG9rZW4', states: [2, 5], incidentId: id }),
  ApproveResponse: encoded(ApproveResponseRequest, response),
  RejectResponse: encoded(RejectResponseRequest, response),
  RevertResponse: encoded(RevertResponseRequest, response),
  GetKillSwitch: encoded(GetKillSwitchRequest, {}),
  SetKillSwitch: encoded(SetKillSwitchRequest, { requestId: id, on: false, reason: 'a drill' }),
  StreamDecisions: encoded(StreamDecisionsRequest, { cursor: 'Y3Vyc29y', kinds: [1, 4] }),
  AcknowledgeDecisions: encoded(AcknowledgeDecisionsRequest, { enforcer: 'web', cursor: 'Y3Vyc29y', kinds: [1] }),
  ListEnforcers: encoded(ListEnforcersRequest, {}),
  CreateToken: encoded(CreateTokenRequest, {
    requestId: id,
    principal: 'reporter',
    scopes: [1, 2],
    when: 'source == "nobody"',
    expiresAt: time,
  }),
  ListTokens: encoded(ListTokensRequest, {}),
  RevokeToken: encoded(RevokeTokenRequest, { requestId: id, tokenId: '0123456789a' }),
  WhoAmI: encoded(WhoAmIRequest, {}),
  ListAuditEntries: encoded(ListAuditEntriesRequest, { pageSize: 10, action: 'delivery.done', since: time }),
  GetCheckpoint: encoded(GetCheckpointRequest, {}),
  ProveEntry: encoded(ProveEntryRequest, { sequence: 7n, size: 9n }),
  ProveConsistency: encoded(ProveConsistencyRequest, { oldSize: 7n, size: 9n }),
  ExportReceipt: encoded(ExportReceiptRequest, { alertId: id }),
  SignAuditReview: encoded(SignAuditReviewRequest, {
    requestId: id,
    fromSequence: 1n,
    toSequence: 9n,
    summarySha256: 'ab'.repeat(32),
  }),
  EraseSubject: encoded(EraseSubjectRequest, { requestId: id, user: 'u' }),
};

/** The name of a method within its path. */
export const methodOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The samples of all RPCs. Throws for one that has none. */
export const samples = (): readonly Sample[] =>
  methods.map(({ path, responseStream }) => {
    const bytes = requests[methodOf(path)];
    if (!bytes) throw new Error(`there is no sample of ${path}: add one to tools/attack/corpus/samples.ts`);
    return { path, bytes, streams: responseStream };
  });
