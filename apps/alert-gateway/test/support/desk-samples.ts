import { AlertSeverity, type Delivery, type Incident, type Silence } from '@therapytrain/alerts-core';

/** The n-th id of a kind; ids ascend with their number. */
export const idOf = (kind: 'incident' | 'silence' | 'delivery' | 'alert', n: number): string => {
  const digit = { incident: '1', silence: '2', delivery: '3', alert: '4' }[kind];
  return `0193f1c2-7b2a-7000-8000-${digit}${n.toString(16).padStart(11, '0')}`;
};

const base = Date.parse('2026-11-24T07:00:00.250Z');

/** The n-th incident. */
export const incidentOf = (n: number, said: Partial<Incident> = {}): Incident => ({
  id: idOf('incident', n),
  key: n.toString(16).padStart(32, '0'),
  version: 1,
  state: 'OPEN',
  title: `Authentication failure ${n}`,
  severity: n % 2 === 0 ? AlertSeverity.HIGH : AlertSeverity.LOW,
  count: n + 1,
  firstSeen: base + n,
  lastSeen: base + n + 1_000,
  openedAt: base + n,
  updatedAt: base + n,
  facts: {
    type: 'AUTH_FAILURE',
    severity: n % 2 === 0 ? AlertSeverity.HIGH : AlertSeverity.LOW,
    message: 'a login failed',
    source: 'auth-service',
    metadata: { userId: `u-${n}` },
    fingerprint: 'f'.repeat(32),
    dedupKey: '',
    occurredAt: base,
    receivedAt: base,
  },
  newest: [],
  by: '',
  comment: '',
  assignee: '',
  acknowledgedAt: undefined,
  resolvedAt: undefined,
  acknowledgeBy: undefined,
  escalations: 0,
  told: [],
  ...said,
});

/** The n-th silence. */
export const silenceOf = (n: number, said: Partial<Silence> = {}): Silence => ({
  id: idOf('silence', n),
  when: 'source == "edge"',
  author: 'alice',
  reason: `load test ${n}`,
  from: base,
  until: base + 3_600_000,
  upTo: AlertSeverity.HIGH,
  createdAt: base,
  ...said,
});

/** The n-th delivery. */
export const deliveryOf = (n: number, said: Partial<Delivery> = {}): Delivery => ({
  id: idOf('delivery', n),
  kind: 'delivery',
  incident: idOf('incident', n % 3),
  target: n % 2 === 0 ? 'mail' : 'slack',
  event: 'opened',
  severity: AlertSeverity.HIGH,
  due: base + n,
  slot: `slot ${n}`,
  pairs: 1,
  policy: '0123456789ab',
  attempts: 1,
  createdAt: base + n,
  progress: undefined,
  doubtful: false,
  lastReason: '',
  state: 'waiting',
  settledAt: undefined,
  proof: '',
  detail: '',
  ...said,
});
