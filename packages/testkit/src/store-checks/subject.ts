import assert from 'node:assert/strict';
import type {
  Account,
  Claim,
  Decision,
  Delivery,
  DeliveryState,
  DetectionWindow,
  Incident,
  NewAuditEntry,
  NewJob,
  Response,
  Silence,
  Store,
} from '@therapytrain/alerts-core';
import type { Check } from '../contract.ts';
import type { TestPorts } from '../test-ports.ts';

/** A store to be held to the contract. It is empty at first. */
export interface StoreSubject {
  readonly store: Store;
  /** The ids and times of what the checks keep. The store's own time is this too. */
  readonly ports: TestPorts;
  /** Closes the store and opens the same data again. */
  readonly reopen?: () => Promise<Store>;
  /** Opens what a crash at this moment would leave behind, without closing the store first. */
  readonly crash?: () => Promise<Store>;
  /** Lets go of everything, also of the stores that `reopen` and `crash` opened. */
  readonly dispose: () => Promise<void>;
}

/** Opens an empty store. */
export type OpenStore = () => Promise<StoreSubject>;

/** One promise of the contract, and how to see whether it is kept. */
export type StoreCheck = Check<StoreSubject>;

/** The subject's store after a restart. */
export const reopened = ({ reopen }: StoreSubject): Promise<Store> => {
  assert.ok(reopen, 'the subject of a durable store must have reopen()');
  return reopen();
};

/** The subject's store after a crash. */
export const crashed = ({ crash }: StoreSubject): Promise<Store> => {
  assert.ok(crash, 'the subject of a durable store must have crash()');
  return crash();
};

const keyDigits = 32;

/** The n-th key of an incident. */
export const keyOf = (n: number): string => n.toString(16).padStart(keyDigits, '0');

/** An incident that was just opened. */
export const incidentOf = ({ clock, ids }: TestPorts, changes: Partial<Incident> = {}): Incident => ({
  id: ids.next(),
  key: keyOf(1),
  version: 1,
  state: 'OPEN',
  title: 'Authentication failure',
  severity: 2,
  count: 1,
  firstSeen: clock.now() - 5,
  lastSeen: clock.now() - 5,
  openedAt: clock.now(),
  updatedAt: clock.now(),
  facts: {
    type: 'AUTH_FAILURE',
    severity: 2,
    message: 'Übermäßig viele Versuche 🔒 "\\\u0007',
    source: 'gate',
    metadata: { userId: 'u-1', attempts: 3, ratio: 0.1, nested: { list: [null, true, 'x'] }, none: null },
    fingerprint: keyOf(1),
    dedupKey: '',
    occurredAt: clock.now() - 5,
    receivedAt: clock.now(),
  },
  newest: [7, 3],
  by: '',
  comment: '',
  assignee: '',
  acknowledgedAt: undefined,
  resolvedAt: undefined,
  acknowledgeBy: undefined,
  escalations: 0,
  told: ['mail'],
  ...changes,
});

/** The incident as its next change leaves it. */
export const next = (incident: Incident, changes: Partial<Incident>): Incident => ({
  ...incident,
  ...changes,
  version: incident.version + 1,
});

/** The incident as somebody who resolves it at this time leaves it. */
export const resolvedAt = (incident: Incident, at: number): Incident =>
  next(incident, { state: 'RESOLVED', resolvedAt: at, updatedAt: at, by: 'ann' });

/** A delivery that is due now, in a slot of its own, and stands for one pair. */
export const jobOf = ({ clock, ids }: TestPorts, changes: Partial<NewJob> = {}): NewJob => {
  const id = ids.next();
  return {
    id,
    kind: 'delivery',
    incident: '019b76da-a800-7000-8000-00000000aaaa',
    target: 'mail',
    event: 'opened',
    severity: 2,
    due: clock.now(),
    slot: `slot/${id}`,
    pairs: 1,
    policy: '0123456789ab',
    ...changes,
  };
};

/** A silence that lasts for an hour from now. */
export const silenceOf = ({ clock, ids }: TestPorts, changes: Partial<Silence> = {}): Silence => ({
  id: ids.next(),
  when: "type == 'AUTH_FAILURE'",
  author: 'ann',
  reason: 'a test of the locks',
  from: clock.now(),
  until: clock.now() + 3_600_000,
  upTo: 3,
  createdAt: clock.now(),
  ...changes,
});

/** The window of the n-th group of a detection. */
export const windowOf = (n: number, changes: Partial<DetectionWindow> = {}): DetectionWindow => ({
  detection: 'brute-force',
  group: keyOf(n),
  state: '{"entries":[[1,0,7,"id","AUTH_FAILURE","ü🔒"]]}',
  touched: n,
  expires: Date.UTC(2026, 0, 1) + n,
  ...changes,
});

/** A response that a playbook planned now, against a user. */
export const responseOf = ({ clock, ids }: TestPorts, changes: Partial<Response> = {}): Response => ({
  id: ids.next(),
  version: 1,
  state: 'planned',
  mode: 'enforce',
  playbook: 'brute-force',
  step: 0,
  responder: 'lock',
  target: { kind: 'user', value: 'Übel "1"', resource: '' },
  args: { reason: 'x', perMinute: 3 },
  severity: 3,
  incident: '019b76da-a800-7000-8000-00000000aaaa',
  source: 'gate',
  origin: '198.51.100.4',
  summary: 'the user cannot sign in for 5 min',
  reason: '',
  createdAt: clock.now(),
  updatedAt: clock.now(),
  span: 300_000,
  rung: 0,
  from: undefined,
  until: undefined,
  asked: undefined,
  approvers: 0,
  approvals: [],
  by: '',
  extensions: 0,
  policy: '0123456789ab',
  ...changes,
});

/** A decision that is in force for an hour from now. */
export const decisionOf = ({ clock, ids }: TestPorts, changes: Partial<Decision> = {}): Decision => ({
  id: ids.next(),
  kind: 'block_address',
  target: '2001:db8::7/64',
  resource: '',
  perMinute: 0,
  from: clock.now(),
  until: clock.now() + 3_600_000,
  playbook: 'brute-force',
  incident: '019b76da-a800-7000-8000-00000000aaaa',
  ...changes,
});

const knownWindows = ['brute-force', 'other'].flatMap((detection) =>
  Array.from({ length: 10 }, (_, n) => ({ detection, group: keyOf(n) })),
);

const windowsOf = async (store: Store): Promise<readonly DetectionWindow[]> => {
  const placeOf = ({ detection, group }: DetectionWindow): string => `${detection} ${group}`;
  return (await store.windows(knownWindows)).toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
};

/** The n-th entry of an audit. */
export const entryOf = ({ clock }: TestPorts, n: number): NewAuditEntry => ({
  at: clock.now(),
  actor: 'gateway',
  action: 'incident.opened',
  subject: `incident-${n}`,
  facts: { n, name: `name ${n}` },
});

/** Schedules jobs and counts their pairs as accepted, as a plan does. */
export const schedule = (store: Store, ...jobs: readonly NewJob[]): Promise<void> =>
  store.commit({
    jobs,
    counts: jobs
      .filter(({ kind }) => kind === 'delivery')
      .map(({ target, pairs }) => ({ channel: target, state: 'accepted', pairs })),
  });

type By = Parameters<Store['claim']>[0];

/** How long the claims of the checks last, unless they say otherwise. */
export const lease = 30_000;

/** Claims as a worker with time for everything does. */
export const claim = ({ store, ports }: Pick<StoreSubject, 'store' | 'ports'>, by: Partial<By> = {}) => {
  const now = by.now ?? ports.clock.now();
  return store.claim({
    now,
    until: now + lease,
    limit: 1_000,
    perTarget: perTarget(1_000),
    except: [],
    unaided: [],
    ...by,
  });
};

/** The same bound for every channel, but for those that are named. */
export const perTarget = (all: number, of: Readonly<Record<string, number>> = {}): By['perTarget'] => ({
  default: all,
  of,
});

/** Claims what is due, which is to be one job. */
export const claimOne = async (subject: Pick<StoreSubject, 'store' | 'ports'>): Promise<Claim> => {
  const [one, ...others] = await claim(subject);
  assert.ok(one && others.length === 0, 'one job is due');
  return one;
};

/** The jobs' ids of claims, or the ids of whatever has one. */
export const idsOf = (each: readonly ({ readonly id: string } | Claim)[]): string[] =>
  each.map((one) => ('job' in one ? one.job.id : one.id));

/** The settlement of a delivery that was made. */
export const done = { state: 'done', proof: '250 queued' } as const;

/** The settlement of a delivery that will never be made. */
export const dead = { state: 'dead', reason: 'refused', detail: '550' } as const;

/** The settlement of a delivery that is tried again after this time. */
export const waiting = (due: number) =>
  ({ state: 'waiting', due, reason: 'throttled', detail: '429', doubtful: false }) as const;

/** The delivery of an id; fails if there is none. */
export const deliveryOf = async (store: Store, id: string): Promise<Delivery> => {
  const found = (await store.deliveries({ limit: 10_000 })).find((each) => each.id === id);
  assert.ok(found, 'the delivery is listed');
  return found;
};

/** The state of each delivery, by id. */
export const statesOf = async (store: Store): Promise<Record<string, DeliveryState>> =>
  Object.fromEntries((await store.deliveries({ limit: 10_000 })).map(({ id, state }) => [id, state]));

/** The accounting of a channel; fails if it was never counted. */
export const accountOf = async (store: Store, channel = 'mail'): Promise<Account> => {
  const found = (await store.accounting()).find((each) => each.channel === channel);
  assert.ok(found, 'the channel has an account');
  return found;
};

/** Fails unless all that was accepted is accounted for, in every channel. */
export const assertBalanced = async (store: Store): Promise<void> => {
  for (const { channel, accepted, delivered, suppressed, digested, dead: lost, pending } of await store.accounting()) {
    const sum = delivered + suppressed + digested + lost + pending;
    assert.equal(accepted, sum, `the accounting of ${channel} balances`);
  }
};

/** Everything that a store tells, to compare two of them, or one with what it was. */
export const allOf = async (store: Store): Promise<Record<string, unknown>> => ({
  cursor: await store.cursor(),
  incidents: await store.incidents({ limit: 10_000 }),
  changed: (await store.changedIncidents(0, 10_000)).incidents,
  silences: await store.silences(0),
  hidden: await store.hidden(['any']),
  deliveries: await store.deliveries({ limit: 10_000 }),
  nextDue: await store.nextDue(),
  accounting: await store.accounting(),
  audit: await store.audit(0, 10_000),
  windows: await windowsOf(store),
  windowCounts: await store.windowCounts(),
  responses: await store.responses({ limit: 10_000 }),
  killSwitch: await store.killSwitch(),
  decisions: await store.decisions({ at: 0, limit: 10_000 }),
  decisionCounts: await store.decisionCounts(0),
  changedDecisions: await store.changedDecisions(0, 10_000),
  newestDecisionChange: await store.newestDecisionChange(),
  enforcers: await store.enforcers(),
  facts: await store.responseFacts({
    targets: [{ kind: 'user', value: '0', resource: '' }],
    ...{ changedSince: Number.MAX_SAFE_INTEGER, origins: [], sources: ['gate'], madeSince: 0, now: 0 },
  }),
});
