import { Metadata, Server, ServerCredentials, type ServerOptions } from '@grpc/grpc-js';
import { type AlertLog, type Cursor, limits, type Millis, type Ports, type Principal } from '@therapytrain/alerts-core';
import type { Pseudonyms } from '@therapytrain/alerts-core/channel';
import {
  createFlow,
  type DecisionChanges,
  type Desk,
  type Policy,
  type ResponseDesk,
} from '@therapytrain/alerts-manager';
import type { Audit } from './audit/audit.ts';
import { admissionDefaults, type AdmissionOptions, createAdmission, type OnShed } from './admission.ts';
import { connectionDefaults, type ConnectionOptions, type Connections, createConnections } from './connections.ts';
import { countReports, type ReportCounts } from './counting.ts';
import { callDeadline, createDeadlines, requestDeadline } from './deadlines.ts';
import type { PlanningState } from './follow-up.ts';
import type { AccessLog } from './identity/access-log.ts';
import { type Authenticate, takeTheirWord } from './identity/authenticate.ts';
import { createGatekeeper } from './identity/gatekeeper.ts';
import { createRates, type Rate } from './identity/rates.ts';
import type { Tls } from './identity/tls.ts';
import type { TokenBook } from './identity/tokens.ts';
import { createViews, type View, wholeView } from './identity/view.ts';
import type { PolicyInForce } from './policy-in-force.ts';
import { every } from './every.ts';
import { startReadiness } from './readiness.ts';
import { startRetention } from './retention.ts';
import { createAuditRpc } from './rpc/audit.ts';
import { createAlertRpc, type ObserveHandlers, type OnReported } from './rpc/alert-rpc.ts';
import { askingDesk, createDeskRpc } from './rpc/desk-rpc.ts';
import { createExplainAlert } from './rpc/explain-alert.ts';
import { createStatusRpc } from './rpc/gateway-status.ts';
import { createGuard } from './rpc/guard.ts';
import { addHealth, type HealthBoard } from './rpc/health.ts';
import { createIdentityRpc } from './rpc/identity.ts';
import { boundMessagePieces } from './rpc/message-pieces.ts';
import { createPolicyRpc } from './rpc/policies.ts';
import { addReflection } from './rpc/reflection.ts';
import { createResponseRpc } from './rpc/response-rpc.ts';
import type { RpcService } from './rpc/service.ts';
import { createStreamIncidents } from './rpc/stream-incidents.ts';
import { createUnary, type Unary } from './rpc/unary.ts';
import { createTokens, type Tokens } from './stream/cursor.ts';
import type { ChangeHubOptions } from './stream/change-hub.ts';
import { createDecisionHub, type DecisionHub, decisionHubDefaults } from './stream/decision-hub.ts';
import { createHub, hubDefaults, type HubOptions } from './stream/hub.ts';
import {
  createIncidentHub,
  type IncidentHub,
  incidentHubDefaults,
  type IncidentHubOptions,
} from './stream/incident-hub.ts';
import { createTopics } from './stream/topics.ts';

/** What a gateway is made of. */
export interface GatewayParts {
  readonly log: AlertLog;
  /** The policy in force, asked for each decision anew. */
  readonly policy: () => Policy;
  readonly ports: Ports;
  readonly cursorKey: Uint8Array;
  readonly listen: string;
  readonly reflection: boolean;
  readonly version: string;
  readonly observer: GatewayObserver;
  /** What people ask of what was planned. Without one the gateway keeps alerts only, and such calls are refused. */
  readonly desk?: Desk;
  /** What people ask of responses. Without it such calls are refused. */
  readonly responses?: ResponseDesk;
  /** Decisions, for who enforces them. Without them such calls are refused. */
  readonly decisions?: DecisionChanges;
  /** How many alerts are kept and not planned yet. Default: none are planned, so none wait. */
  readonly lag?: () => number;
  /** How far the log is planned: what is not is kept, whatever its age. Default: nothing is planned. */
  readonly planned?: () => Promise<Cursor>;
  /** What may change the policy. Without one `PolicyService` refuses. */
  readonly policies?: PolicyInForce;
  /** The audit log. Without one `AuditService` refuses. */
  readonly audit?: Audit;
  /** How what follows from alerts is doing. */
  readonly planning?: () => PlanningState;
  /** Who may call. Without it everybody is who it says it is: for a gateway of this machine only. */
  readonly identity?: GatewayIdentity;
  /** What stands for values that a reader may not see. Without it all is shown as it is kept. */
  readonly pseudonyms?: Pseudonyms;
  /** Bounds that differ from the defaults; for tests. */
  readonly incidentHub?: Partial<IncidentHubOptions>;
  readonly decisionHub?: Partial<ChangeHubOptions>;
  readonly hub?: Partial<HubOptions>;
  readonly admission?: Partial<AdmissionOptions>;
  readonly connections?: Partial<ConnectionOptions>;
}

/** How a gateway knows who calls. */
export interface GatewayIdentity {
  readonly authenticate: Authenticate;
  readonly tokens: TokenBook;
  /** What one principal may have at a time. */
  readonly limits: () => { readonly inFlight: number; readonly streams: number };
  readonly log: Pick<AccessLog, 'refused' | 'read'>;
  /** TLS; undefined: connections are in the clear. */
  readonly secure?: Tls['secure'];
  /** How often logins from one address may fail. Default: {@link failureRate}. */
  readonly failures?: Rate;
}

/** Logins from one address that may fail before its answers say that it is too often. */
export const failureRate: Rate = { perSecond: 1, burst: 20 };

/** How telemetry sees the gateway. */
export interface GatewayObserver {
  /** Wraps the handlers of a service, by its full name. */
  readonly handlers: (service: string) => ObserveHandlers;
  readonly traceParent: () => string;
  readonly onDefect: (thrown: unknown) => void;
  /** Told of each report that was answered, with type and severity as far as they could be read. */
  readonly onReported: OnReported;
  readonly onShed: OnShed;
  readonly hub: Parameters<typeof createHub>[3];
  readonly onRetained: (count: number, unplanned: number) => void;
  /** Given once, to be asked for what the gateway is like at the moment. */
  readonly watch: (state: () => GatewayState) => void;
}

/** What the gateway is like at the moment. */
export interface GatewayState {
  readonly subscribers: number;
  /** How many alerts the slowest subscriber is behind. */
  readonly slowest: number;
  readonly loopDelay: Millis;
  readonly waiting: number;
  readonly log: ReturnType<AlertLog['bounds']>;
}

/** A gateway that serves. */
export interface Gateway {
  /** The address it listens on, with the port that was taken. */
  readonly address: string;
  /**
   * Ends it: no new work, streams told where to go on, calls finished or cut off after the span. While somebody is
   * connected it says for `notice` before that it is not ready, and serves on, so that work can be sent elsewhere.
   */
  stop(within: Millis, notice?: Millis): Promise<void>;
}

// The bounds of connections and calls that reliability.md §4.2 recommends.
const serverOptions: ServerOptions = {
  'grpc.max_receive_message_length': limits.batchBytes,
  // The answer to a batch whose every alert breaks very many rules is the longest message of all.
  'grpc.max_send_message_length': 4 * limits.batchBytes,
  'grpc.max_concurrent_streams': 128,
  'grpc.max_connection_idle_ms': 300_000,
  'grpc.max_connection_age_ms': 1_800_000,
  'grpc.max_connection_age_grace_ms': 30_000,
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc-node.max_session_memory': 16,
};

/** The metadata key that tells a client which version it speaks to. */
const versionKey = 'alerts-version';

const greeting = (version: string): Metadata => {
  const metadata = new Metadata();
  metadata.set(versionKey, version);
  return metadata;
};

const streamRetryDelay = 1_000;

// The server itself takes its connections for gone as soon as it has said goodbye: it did not accept them.
const shutDown = async (server: Server, gone: Promise<void>, within: Millis, ports: Ports): Promise<void> => {
  const over = new AbortController();
  const ended = new Promise<void>((resolve) => server.tryShutdown(() => resolve())).then(() => gone);
  await Promise.race([ended, ports.clock.sleep(within, over.signal).catch(() => {})]);
  over.abort();
  server.forceShutdown();
};

const retain = ({ log, policy, planned, ports, observer }: GatewayParts) =>
  startRetention({
    log,
    retention: () => policy().retention,
    planned,
    clock: ports.clock,
    onRetained: observer.onRetained,
    onFailure: observer.onDefect,
  });
/** Who calls, before anything of the call is read. */
const keepTheGate = ({ identity, ports, observer }: GatewayParts, connections: Connections) =>
  createGatekeeper({
    authenticate: identity?.authenticate ?? takeTheirWord(),
    clock: ports.clock,
    limits: identity?.limits ?? (() => ({ inFlight: Number.POSITIVE_INFINITY, streams: Number.POSITIVE_INFINITY })),
    failures: createRates(identity?.failures ?? failureRate, ports.clock),
    log: identity?.log ?? { refused: () => {}, read: () => {} },
    proved: connections.proved,
    cut: connections.cut,
    onDefect: observer.onDefect,
  });

const glance: Millis = 1_000;

/** Says in its health while the audit log cannot be written, or is not what it was. */
const watchAudit = ({ audit, ports }: GatewayParts, health: HealthBoard): { stop(): void } => {
  const look = (): void => health.audit(audit?.publisher.mayAct() ?? true);
  look();
  return every(glance, ports.clock, look);
};

interface OtherParts {
  readonly tokens: Tokens;
  readonly views: (principal: Principal) => View;
  readonly unary: Unary;
  readonly greet: () => Metadata;
  readonly counts: () => ReportCounts;
  readonly state: () => GatewayState;
}

/** The services beside `AlertService`. */
const createOtherServices = (
  parts: GatewayParts,
  { tokens, views, unary, greet, counts, state }: OtherParts,
): { readonly services: readonly RpcService[]; readonly hubs: readonly (IncidentHub | DecisionHub)[] } => {
  const { desk, log, decisions, policies, planning, observer, version } = parts;
  const { clock, ids } = parts.ports;
  const options = { ...incidentHubDefaults, ...parts.incidentHub };
  const incidents = desk && createIncidentHub({ desk, tokens, clock, options });
  const decided =
    decisions &&
    createDecisionHub({ decisions, tokens, clock, options: { ...decisionHubDefaults, ...parts.decisionHub } });
  const observe = observer.handlers;
  const streaming = { tokens, greet, views, onDefect: observer.onDefect };
  const streamIncidents = createStreamIncidents({ ...streaming, ...(desk && incidents && { desk, hub: incidents }) });
  const shared = { clock, unary, observe };
  return {
    hubs: [incidents, decided].filter((hub) => hub !== undefined),
    services: [
      ...createDeskRpc({ ...shared, desk, log, tokens, ids, streamIncidents }),
      createResponseRpc({ ...shared, ...streaming, ids, responses: parts.responses, decisions, hub: decided }),
      createPolicyRpc({ ...shared, policies, desk, ids }),
      createIdentityRpc({ ...shared, tokens: parts.identity?.tokens, ids }),
      createAuditRpc({ ...shared, audit: parts.audit, desk, log, tokens, ids }),
      createStatusRpc({ ...shared, version, startedAt: clock.now(), reports: counts, state, planning, policies }),
    ],
  };
};

/** Ties the parts together and serves. */
export const startGateway = async (parts: GatewayParts): Promise<Gateway> => {
  const { log, policy, ports, observer } = parts;
  const { onReported, counts } = countReports(observer.onReported);
  const types = () => policy().types;
  const flow = createFlow({ log, types, ports });
  const admission = createAdmission(
    { ...admissionDefaults, ...parts.admission },
    ports.random,
    observer.onShed,
    parts.lag,
  );
  const hub = createHub(log, ports.clock, { ...hubDefaults, ...parts.hub }, observer.hub);
  const tokens = createTokens(parts.cursorKey);
  const greet = (): Metadata => greeting(parts.version);
  const calls = createDeadlines(ports.clock, callDeadline);
  const views = parts.pseudonyms ? createViews({ types, pseudonyms: parts.pseudonyms }) : () => wholeView;
  const unary = createUnary({ deadlines: calls, greet, views, onDefect: observer.onDefect });
  const rpc = createAlertRpc({
    flow,
    types,
    log,
    hub,
    topics: createTopics(tokens, streamRetryDelay),
    tokens,
    views,
    admission,
    greet,
    traceParent: observer.traceParent,
    onDefect: observer.onDefect,
    onReported,
    observe: observer.handlers('therapytrain.alerts.v1.AlertService'),
    unary,
    explain: askingDesk(parts.desk, createExplainAlert(log)),
  });
  const connections = createConnections({ ...connectionDefaults, ...parts.connections }, ports.clock);
  const requests = createDeadlines(ports.clock, requestDeadline);
  const gatekeeper = keepTheGate(parts, connections);
  boundMessagePieces();
  const server = new Server({
    ...serverOptions,
    interceptors: [createGuard({ requests, called: connections.called }), gatekeeper.interceptor],
  });
  server.addService(rpc.definition, rpc.handlers);
  const state = (): GatewayState => {
    const { loopDelay, alerts } = admission.state();
    return { ...hub.state(), loopDelay, waiting: alerts, log: log.bounds() };
  };
  const { services, hubs } = createOtherServices(parts, { tokens, views, unary, greet, counts, state });
  for (const { definition, handlers } of services) server.addService(definition, handlers);
  const health = addHealth(server, greet);
  if (parts.reflection) addReflection(server);
  const retention = retain(parts);
  observer.watch(state);
  // Nothing of TLS is left to the server: it says neither how old that may be nor which connections a certificate opened.
  const { injectConnection } = server.createConnectionInjector(ServerCredentials.createInsecure());
  const port = await connections.listen(parts.listen, parts.identity?.secure?.(injectConnection) ?? injectConnection);
  const watching = watchAudit(parts, health);
  const readiness = startReadiness(ports.clock, () => admission.state().loopDelay, health.set);
  return {
    address: parts.listen.replace(/:\d+$/, `:${port}`),
    stop: async (within, notice = 0) => {
      readiness.stop();
      if (connections.open() > 0) await ports.clock.sleep(notice);
      const gone = connections.stop();
      rpc.drain();
      for (const each of hubs) each.drain(streamRetryDelay);
      health.endWatches();
      await shutDown(server, gone, within, ports);
      retention.stop();
      watching.stop();
      hub.close();
      for (const each of hubs) each.close();
      calls.close();
      requests.close();
      admission.close();
      gatekeeper.close();
    },
  };
};
