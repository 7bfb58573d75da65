import { type ListedAccount, type ListedDelivery } from '@therapytrain/alerts-client';
import { type Instant, severityName } from '@therapytrain/alerts-core';
import { shortId } from '../full-id.ts';
import { aligned } from './alerts.ts';
import { type Paint, severityStyle, type Style } from './paint.ts';
import { safeLine } from './safe-text.ts';
import { type Column, table } from './table.ts';
import { age, fromNow, rfc3339 } from './time.ts';

const stateStyles: Readonly<Record<ListedDelivery['state'], Style>> = {
  waiting: 'cyan',
  claimed: 'cyan',
  done: 'green',
  dead: 'red',
  cancelled: 'dim',
  digested: 'green',
};

/** A delivery in the wire's JSON names; times in RFC 3339, null where there is none. */
export const deliveryJson = (delivery: ListedDelivery) => ({
  id: delivery.id,
  incidentId: delivery.incident,
  channel: delivery.target,
  event: delivery.event.toUpperCase(),
  severity: severityName(delivery.severity),
  state: delivery.state.toUpperCase(),
  attempts: delivery.attempts,
  dueAt: rfc3339(delivery.due),
  createdAt: rfc3339(delivery.createdAt),
  settledAt: delivery.settledAt === undefined ? null : rfc3339(delivery.settledAt),
  reason: delivery.lastReason,
  detail: delivery.detail,
  proof: delivery.proof,
  pairs: delivery.pairs,
  policyVersion: delivery.policy,
  insteadOf: delivery.insteadOf ?? '',
  doubtful: delivery.doubtful,
  digestId: delivery.digest ?? '',
  recipients: (delivery.recipients ?? []).map(({ at, state, code = '' }) => ({
    place: at,
    state: state.toUpperCase(),
    code,
  })),
});

// What there is to know of it in one cell: why it is not done, when it goes on, or what proves it.
const outcome = ({ state, lastReason, detail, proof, due, digest }: ListedDelivery, now: Instant): string => {
  const failure = [lastReason, detail].filter((text) => text !== '').join(': ');
  if (state === 'done') return proof;
  if (digest !== undefined) return `in the digest ${shortId(digest)}`;
  if (state !== 'waiting') return failure;
  return [due > now ? `due ${fromNow(due, now)}` : 'due', failure].filter((text) => text !== '').join('; ');
};

const columns = (now: Instant): readonly Column<ListedDelivery>[] => [
  { title: 'ID', cell: ({ id }) => safeLine(shortId(id)) },
  { title: 'AGE', cell: ({ createdAt }) => age(createdAt, now) },
  {
    title: 'SEVERITY',
    cell: ({ severity }) => severityName(severity),
    style: ({ severity }) => severityStyle(severity),
  },
  { title: 'STATE', cell: ({ state }) => state, style: ({ state }) => stateStyles[state] },
  {
    title: 'CHANNEL',
    cell: ({ target, insteadOf }) => safeLine(insteadOf === undefined ? target : `${target} for ${insteadOf}`),
    shrinksTo: 8,
  },
  { title: 'EVENT', cell: ({ event }) => event, expendable: true },
  { title: 'TRIES', cell: ({ attempts }) => String(attempts), expendable: true },
  { title: 'INCIDENT', cell: ({ incident }) => safeLine(shortId(incident)) },
  { title: 'OUTCOME', cell: (delivery) => safeLine(outcome(delivery, now)), shrinksTo: 10 },
];

/** Deliveries as a table; lines that fit `terminal` columns, if given. */
export const deliveryTable = (
  deliveries: readonly ListedDelivery[],
  now: Instant,
  paint: Paint,
  terminal?: number,
): readonly string[] => table(columns(now), deliveries, paint, terminal);

const recipientStyles = { accepted: 'green', deferred: 'yellow', refused: 'red' } as const;

type Recipient = NonNullable<ListedDelivery['recipients']>[number];

const recipientColumns: readonly Column<Recipient>[] = [
  // As people count them, and as they stand in the policy.
  { title: 'RECIPIENT', cell: ({ at }) => String(at + 1) },
  { title: 'STATE', cell: ({ state }) => state, style: ({ state }) => recipientStyles[state] },
  { title: 'CODE', cell: ({ code = '' }) => safeLine(code) },
];

/** All that is known of a delivery, in lines; no address stands there, but each recipient's place in the policy. */
export const deliveryDetails = (delivery: ListedDelivery, now: Instant, paint: Paint): readonly string[] => {
  const { target, insteadOf, settledAt, recipients = [] } = delivery;
  const facts = [
    ['Delivery', safeLine(delivery.id)],
    ['State', paint(stateStyles[delivery.state], delivery.state)],
    ['Channel', safeLine(insteadOf === undefined ? target : `${target} for ${insteadOf}`)],
    ['Tells', delivery.event],
    ['Severity', paint(severityStyle(delivery.severity), severityName(delivery.severity))],
    ['Incident', safeLine(delivery.incident) || 'none'],
    ['Planned', `${fromNow(delivery.createdAt, now)}, by policy ${safeLine(delivery.policy)}`],
    ['Due', fromNow(delivery.due, now)],
    ['Settled', settledAt === undefined ? 'not yet' : fromNow(settledAt, now)],
    ['Attempts', `${delivery.attempts}${delivery.doubtful ? ', one of which may have been taken' : ''}`],
    ['Outcome', safeLine(outcome(delivery, now))],
    ['Pairs', String(delivery.pairs)],
  ] as const;
  return [
    ...aligned(facts, paint),
    ...(recipients.length === 0 ? [] : ['', ...table(recipientColumns, recipients, paint)]),
  ];
};

const counted = ['accepted', 'delivered', 'suppressed', 'digested', 'dead', 'pending'] as const;

const accountColumns: readonly Column<ListedAccount>[] = [
  { title: 'CHANNEL', cell: ({ channel }) => safeLine(channel), shrinksTo: 10 },
  ...counted.map((name) => ({
    title: name.toUpperCase(),
    cell: (account: ListedAccount) => String(account[name]),
    style: (account: ListedAccount): Style | undefined => (name === 'dead' && account.dead > 0 ? 'red' : undefined),
  })),
  {
    title: 'BALANCED',
    cell: ({ balanced }) => (balanced ? 'yes' : 'NO'),
    style: ({ balanced }) => (balanced ? 'green' : ['bold', 'red']),
  },
];

/** The accounting as a table; lines that fit `terminal` columns, if given. */
export const accountTable = (accounts: readonly ListedAccount[], paint: Paint, terminal?: number): readonly string[] =>
  table(accountColumns, accounts, paint, terminal);
