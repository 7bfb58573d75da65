import {
  type AlertClient,
  type DeskCalls,
  type Explanation,
  type GatewayStatus,
  type IncidentEvent,
  type ListedAccount,
  type DecisionEvent,
  type KillSwitchState,
  type ListedDelivery,
  type ListedEnforcer,
  type ListedIncident,
  type ListedResponse,
  type ListedSilence,
  type ListedToken,
  type PolicyInForce,
  type ReloadedPolicy,
} from '@therapytrain/alerts-client';
import { AlertError, AlertSeverity } from '@therapytrain/alerts-core';
import { epoch } from '@therapytrain/alerts-testkit';

/** What a gateway in memory holds. A test may read and change it. */
export interface SmallContents {
  incidents: ListedIncident[];
  silences: ListedSilence[];
  deliveries: ListedDelivery[];
  accounts: ListedAccount[];
  explanation: Explanation;
  policy: PolicyInForce;
  /** What a reload answers, one after the other; one that throws refuses. */
  reloads: (() => ReloadedPolicy)[];
  status: GatewayStatus;
  /** What a stream of incidents tells before it waits. */
  events: IncidentEvent[];
  responses: ListedResponse[];
  killSwitch: KillSwitchState;
  /** What a stream of decisions tells before it waits. */
  decisions: DecisionEvent[];
  enforcers: ListedEnforcer[];
  /** What was asked for, in order. */
  readonly asked: (readonly [call: string, ...given: unknown[]])[];
}

/** The n-th id of a kind. */
export const idOf = (kind: 'incident' | 'silence' | 'delivery' | 'response', n: number): string =>
  `0193f1c2-7b2a-7000-8000-${{ incident: '1', silence: '2', delivery: '3', response: '4' }[kind]}${String(n).padStart(11, '0')}`;

/** The n-th incident, opened so many minutes ago. */
export const incidentOf = (n: number, said: Partial<ListedIncident> = {}): ListedIncident => ({
  id: idOf('incident', n),
  etag: '1',
  state: 'OPEN',
  title: `Authentication failure ${n}`,
  severity: AlertSeverity.HIGH,
  count: n,
  firstSeen: epoch - 60_000 * n,
  lastSeen: epoch - 1_000,
  openedAt: epoch - 60_000 * n,
  updatedAt: epoch - 1_000,
  acknowledgedAt: undefined,
  resolvedAt: undefined,
  by: '',
  comment: '',
  assignee: '',
  acknowledgeBy: undefined,
  escalations: 0,
  told: [],
  type: 'AUTH_FAILURE',
  source: 'login',
  ...said,
});

/** The n-th silence; it ends in two hours. */
export const silenceOf = (n: number, said: Partial<ListedSilence> = {}): ListedSilence => ({
  id: idOf('silence', n),
  when: 'source == "edge"',
  author: 'alice',
  reason: 'load test',
  from: epoch,
  until: epoch + 7_200_000,
  upTo: AlertSeverity.HIGH,
  createdAt: epoch,
  hiddenAlerts: 0,
  hiddenIncidents: 0,
  ...said,
});

/** The n-th delivery. */
export const deliveryOf = (n: number, said: Partial<ListedDelivery> = {}): ListedDelivery => ({
  id: idOf('delivery', n),
  incident: idOf('incident', 1),
  target: 'mail',
  event: 'opened',
  severity: AlertSeverity.HIGH,
  state: 'dead',
  attempts: 5,
  due: epoch,
  createdAt: epoch - 120_000,
  settledAt: epoch,
  lastReason: 'refused',
  detail: '550',
  proof: '',
  pairs: 1,
  policy: '0123456789ab',
  doubtful: false,
  ...said,
});

/** The n-th response. */
export const responseOf = (n: number, said: Partial<ListedResponse> = {}): ListedResponse => ({
  id: idOf('response', n),
  version: 1,
  state: 'waiting',
  mode: 'approve',
  playbook: 'brute-force',
  step: 0,
  responder: 'block-address',
  target: { kind: 'address', value: `192.0.2.${n}`, resource: '' },
  args: {},
  severity: AlertSeverity.HIGH,
  incident: idOf('incident', 1),
  source: 'login',
  summary: 'the address is refused by every service for 1 h',
  reason: '',
  createdAt: epoch - 60_000 * n,
  updatedAt: epoch - 60_000 * n,
  span: 3_600_000,
  from: undefined,
  until: epoch + 600_000,
  approvers: 1,
  approvals: [],
  by: '',
  extensions: 0,
  policy: '0123456789ab',
  enforcing: 0,
  enforcers: 0,
  ...said,
});

const page = <T>(items: readonly T[], { pageSize = 50, pageToken = '' }: { pageSize?: number; pageToken?: string }) => {
  const from = Number(pageToken || '0');
  const to = from + pageSize;
  return { items: items.slice(from, to), nextPageToken: to < items.length ? String(to) : '' };
};

type Options = Parameters<typeof page>[1];

async function* streamOf<E>(events: readonly E[], signal?: AbortSignal): AsyncGenerator<E> {
  yield* events;
  await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
}

/** A token of a gateway in memory. */
export const tokenOf = (said: Partial<ListedToken> = {}): ListedToken => ({
  ...{ id: 'aaaaaaaaaaa', principal: 'ward-7', scopes: ['alerts.write'], when: '', createdBy: 'admin' },
  ...{ createdAt: epoch - 3_600_000, expiresAt: epoch + 86_400_000, revokedAt: undefined, lastUsedAt: undefined },
  ...said,
});

/** The policy of a gateway in memory. */
export const policyOf = (said: Partial<PolicyInForce> = {}): PolicyInForce => ({
  version: '0123456789ab',
  loadedAt: epoch - 60_000,
  file: '/etc/alerts/policy.yaml',
  text: 'routes: []\n',
  refused: undefined,
  ...said,
});

/** How a gateway in memory is doing. */
export const statusOf = (said: Partial<GatewayStatus> = {}): GatewayStatus => ({
  version: '1.0.0',
  startedAt: epoch - 3_600_000,
  serverTime: epoch,
  reports: { kept: 1_000, duplicate: 0, refused: 0, shed: 0 },
  newestSequence: 1_000,
  oldestSequence: 0,
  logBytes: 4_096,
  waiting: 0,
  loopDelay: 1,
  subscribers: 2,
  slowest: 0,
  planning: { lag: 0, busy: 0, channels: [] },
  policy: { version: '0123456789ab', loadedAt: epoch - 60_000, refused: undefined },
  ...said,
});

const incidentCalls = (has: SmallContents): DeskCalls['incidents'] => {
  const change = async (call: string, id: string, changes: Partial<ListedIncident>, given: unknown) => {
    has.asked.push([call, id, given]);
    const found = has.incidents.find((each) => each.id === id);
    if (!found) throw new AlertError('INCIDENT_NOT_FOUND', 'no incident of this id is known');
    const next = { ...found, ...changes, etag: String(Number(found.etag) + 1) };
    has.incidents = has.incidents.map((each) => (each.id === id ? next : each));
    return next;
  };
  return {
    list: async (options = {}) => {
      has.asked.push(['incidents', options]);
      const { states } = options;
      const chosen = has.incidents.filter(({ state }) => !states?.length || states.includes(state));
      const { items, nextPageToken } = page(chosen, options as Options);
      return { incidents: items, nextPageToken };
    },
    get: async (id) => ({ incident: await change('incident', id, {}, undefined), alerts: [] }),
    acknowledge: (id, options = {}) => change('acknowledge', id, { state: 'ACKNOWLEDGED' }, options),
    resolve: (id, options = {}) => change('resolve', id, { state: 'RESOLVED' }, options),
    assign: (id, assignee) => change('assign', id, { assignee }, assignee),
    comment: (id, comment) => change('comment', id, { comment }, comment),
    stream: (options = {}) => streamOf(has.events, options.signal),
  };
};

const silenceCalls = (has: SmallContents): DeskCalls['silences'] => ({
  create: async (silence) => {
    has.asked.push(['create', silence]);
    const made = silenceOf(has.silences.length + 1, { when: silence.when, reason: silence.reason });
    has.silences.push(made);
    return made;
  },
  preview: async (draft) => {
    has.asked.push(['preview', draft]);
    return { alerts: 12, incidents: has.incidents };
  },
  list: async (options = {}) => {
    const { items, nextPageToken } = page(has.silences, options as Options);
    return { silences: items, nextPageToken };
  },
  expire: async (id) => {
    const found = has.silences.find((each) => each.id === id);
    if (!found) throw new AlertError('SILENCE_NOT_FOUND', 'no silence of this id stands');
    has.silences = has.silences.filter((each) => each !== found);
    return { ...found, until: epoch };
  },
});

const deliveryCalls = (has: SmallContents): DeskCalls['deliveries'] => ({
  list: async (options = {}) => {
    has.asked.push(['deliveries', options]);
    const { ids = [] } = options;
    const chosen = has.deliveries.filter(({ id }) => ids.length === 0 || ids.includes(id));
    const { items, nextPageToken } = page(chosen, options as Options);
    return { deliveries: items, nextPageToken };
  },
  deadLetters: async (options = {}) => {
    const dead = has.deliveries.filter(({ state }) => state === 'dead');
    const { items, nextPageToken } = page(dead, options as Options);
    return { deliveries: items, nextPageToken };
  },
  replay: async ({ ids = [], channel, dryRun }) => {
    has.asked.push(['replay', ids, channel, dryRun ?? false]);
    const isChosen = ({ id, target, state }: ListedDelivery) =>
      state === 'dead' && (ids.length > 0 ? ids.includes(id) : target === channel);
    const chosen = has.deliveries.filter(isChosen);
    if (dryRun) return { deliveries: chosen, more: false };
    has.deliveries = has.deliveries.map((each) => (isChosen(each) ? { ...each, state: 'waiting' as const } : each));
    return { deliveries: chosen.map((each) => ({ ...each, state: 'waiting' as const })), more: false };
  },
});

const responseCalls = (has: SmallContents): Pick<DeskCalls, 'responses' | 'killSwitch' | 'decisions'> => {
  const change = async (call: string, id: string, changes: Partial<ListedResponse>, given: unknown) => {
    has.asked.push([call, id, given]);
    const found = has.responses.find((each) => each.id === id);
    if (!found) throw new AlertError('RESPONSE_NOT_FOUND', 'no response of this id is known');
    const next = { ...found, ...changes };
    has.responses = has.responses.map((each) => (each.id === id ? next : each));
    return next;
  };
  return {
    responses: {
      list: async (options = {}) => {
        has.asked.push(['responses', options]);
        const { items, nextPageToken } = page(has.responses, options as Options);
        return { responses: items, nextPageToken };
      },
      get: (id) => change('response', id, {}, undefined),
      approve: (id, options) => change('approve', id, { state: 'planned' }, options),
      reject: (id, options) => change('reject', id, { state: 'rejected' }, options),
      revert: (id, options) => change('revert', id, { state: 'reverting' }, options),
    },
    killSwitch: {
      get: async () => has.killSwitch,
      set: async (on, reason) => {
        has.asked.push(['kill switch', on, reason]);
        return (has.killSwitch = { on, reason, by: 'alice', at: epoch });
      },
    },
    decisions: {
      stream: (options = {}) => {
        has.asked.push(['decisions', options.kinds]);
        return streamOf(has.decisions, options.signal);
      },
      cache: () => {
        throw new Error('no command keeps decisions');
      },
      acknowledge: async () => undefined,
      enforcers: async () => has.enforcers,
    },
  };
};

const nothing = (): Promise<never> =>
  Promise.reject(new AlertError('NOT_CONFIGURED', 'this gateway has no audit log', { facts: { needs: 'audit' } }));

const auditCalls: DeskCalls['audit'] = {
  ...{ list: nothing, leaves: nothing, checkpoint: nothing, proveEntry: nothing, proveConsistency: nothing },
  ...{ receipt: nothing, signReview: nothing, eraseSubject: nothing },
};

/** A client of a gateway that lives in memory: what people ask of its desk, and nothing else. */
export const createSmallClient = (given: Partial<SmallContents> = {}) => {
  const has: SmallContents = {
    incidents: [],
    silences: [],
    deliveries: [],
    accounts: [],
    explanation: { alertId: '', policy: '0123456789ab', incident: '', steps: [] },
    policy: policyOf(),
    reloads: [],
    status: statusOf(),
    events: [],
    responses: [],
    killSwitch: { on: false, by: '', reason: '', at: undefined },
    decisions: [],
    enforcers: [],
    asked: [],
    ...given,
  };
  const calls: DeskCalls = {
    incidents: incidentCalls(has),
    silences: silenceCalls(has),
    deliveries: deliveryCalls(has),
    policy: {
      get: async () => has.policy,
      check: async () => ({ faults: [], lints: [], version: has.policy.version, changes: [] }),
      reload: async (options = {}) => {
        has.asked.push(['reload', options]);
        const next = has.reloads.shift();
        if (!next) throw new Error('no further reload was expected');
        return next();
      },
      simulate: async () => ({ version: has.policy.version, alerts: [], later: [] }),
    },
    ...responseCalls(has),
    identity: {
      whoAmI: async () => ({
        ...{ principal: 'admin', scopes: ['admin'], when: '', proof: 'token', expiresAt: epoch + 86_400_000 },
      }),
      createToken: async (options) => {
        has.asked.push(['createToken', options]);
        const { principal, scopes, when = '', expiresAt } = options;
        return { token: tokenOf({ principal, scopes, when, expiresAt }), text: 'ttat_the_whole_token' };
      },
      listTokens: async () => [tokenOf(), tokenOf({ id: 'bbbbbbbbbbb', revokedAt: epoch - 60_000 })],
      revokeToken: async (id) => {
        has.asked.push(['revokeToken', id]);
        return tokenOf({ id, revokedAt: epoch });
      },
    },
    audit: auditCalls,
    status: async () => has.status,
    accounting: async () => has.accounts,
    explain: async (what) => {
      has.asked.push(['explain', what]);
      return has.explanation;
    },
  };
  return {
    client: {
      ...calls,
      health: async () => ({ status: 'SERVING', service: 'SERVING', version: '1.0.0', roundTrip: 1 }),
      list: async () => ({ alerts: [], nextPageToken: '' }),
      close: async () => undefined,
    } as unknown as AlertClient,
    has,
  };
};
