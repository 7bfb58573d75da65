import {
  AcknowledgeIncidentRequest,
  AlertServiceService,
  AssignIncidentRequest,
  CheckPolicyRequest,
  CommentIncidentRequest,
  CreateSilenceRequest,
  DeliveryServiceService,
  ExpireSilenceRequest,
  ExplainAlertRequest,
  GatewayServiceService,
  GetAccountingRequest,
  GetAlertRequest,
  GetIncidentRequest,
  GetPolicyRequest,
  GetStatusRequest,
  IncidentServiceService,
  ListAlertsRequest,
  ListDeadLettersRequest,
  ListDeliveriesRequest,
  ListIncidentsRequest,
  ListSilencesRequest,
  PolicyServiceService,
  PreviewSilenceRequest,
  ReloadPolicyRequest,
  ReplayDeadLettersRequest,
  ReportAlertRequest,
  ReportAlertsRequest,
  ResolveIncidentRequest,
  SilenceServiceService,
  SimulatePolicyRequest,
  StreamAlertsRequest,
  StreamIncidentsRequest,
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
