import {
  Account as WireAccount,
  Delivery as WireDelivery,
  Incident as WireIncident,
  Silence as WireSilence,
} from '@therapytrain/alerts-api';
import {
  type Account,
  type Delivery,
  deliveryStates,
  type Incident,
  incidentStates,
  type Instant,
  noticeEvents,
  recipientStates,
  type Silence,
} from '@therapytrain/alerts-core';
import type { ListedSilence } from '@therapytrain/alerts-manager';

/** The number on the wire of a name in a list of them, from 1. */
export const numberOf = <T>(names: readonly T[], name: T): never => (names.indexOf(name) + 1) as never;

// The generated encoder writes times before 1970 with negative nanoseconds, which no Timestamp may have.
/** A time as the generated encoder takes it. */
export const dateOf = (instant: Instant): Date => new Date(instant < 0 ? Math.floor(instant / 1_000) * 1_000 : instant);

/** As {@link dateOf}, for one that may be missing. */
export const optionalDate = (instant: Instant | undefined): Date | undefined =>
  instant === undefined ? undefined : dateOf(instant);

/** An incident as `therapytrain.alerts.v1.Incident`. */
export const encodeIncident = (incident: Incident): Uint8Array =>
  WireIncident.encode({
    id: incident.id,
    etag: String(incident.version),
    state: numberOf(incidentStates, incident.state),
    title: incident.title,
    severity: incident.severity,
    alertCount: BigInt(incident.count),
    firstSeenAt: dateOf(incident.firstSeen),
    lastSeenAt: dateOf(incident.lastSeen),
    openedAt: dateOf(incident.openedAt),
    updatedAt: dateOf(incident.updatedAt),
    acknowledgedAt: optionalDate(incident.acknowledgedAt),
    resolvedAt: optionalDate(incident.resolvedAt),
    handledBy: incident.by,
    comment: incident.comment,
    assignee: incident.assignee,
    escalations: incident.escalations,
    toldChannels: [...incident.told],
    alertType: incident.facts.type,
    alertSource: incident.facts.source,
    acknowledgeBy: optionalDate(incident.acknowledgeBy),
  }).finish();

/** A silence as `therapytrain.alerts.v1.Silence`. */
export const encodeSilence = (silence: Silence & Partial<ListedSilence>): Uint8Array =>
  WireSilence.encode({
    id: silence.id,
    when: silence.when,
    author: silence.author,
    reason: silence.reason,
    startsAt: dateOf(silence.from),
    endsAt: dateOf(silence.until),
    upTo: silence.upTo,
    createdAt: dateOf(silence.createdAt),
    hiddenAlerts: BigInt(silence.hiddenAlerts ?? 0),
    hiddenIncidents: BigInt(silence.hiddenIncidents ?? 0),
  }).finish();

/** A delivery as `therapytrain.alerts.v1.Delivery`. */
export const encodeDelivery = (delivery: Delivery): Uint8Array =>
  WireDelivery.encode({
    id: delivery.id,
    incidentId: delivery.incident,
    channel: delivery.target,
    event: numberOf(noticeEvents, delivery.event),
    severity: delivery.severity,
    state: numberOf(deliveryStates, delivery.state),
    attempts: delivery.attempts,
    dueAt: dateOf(delivery.due),
    createdAt: dateOf(delivery.createdAt),
    settledAt: optionalDate(delivery.settledAt),
    reason: delivery.lastReason,
    detail: delivery.detail,
    proof: delivery.proof,
    pairs: delivery.pairs,
    policyVersion: delivery.policy,
    insteadOf: delivery.insteadOf ?? '',
    doubtful: delivery.doubtful,
    recipients: (delivery.recipients ?? []).map(({ at, state, code }) => ({
      place: at,
      state: numberOf(recipientStates, state),
      code: code ?? '',
    })),
    digestId: delivery.digest ?? '',
  }).finish();

/** The accounting of a channel as `therapytrain.alerts.v1.Account`. */
export const encodeAccount = (account: Account): Uint8Array => {
  const { accepted, delivered, suppressed, digested, dead, pending } = account;
  return WireAccount.encode({
    channel: account.channel,
    accepted: BigInt(accepted),
    delivered: BigInt(delivered),
    suppressed: BigInt(suppressed),
    digested: BigInt(digested),
    dead: BigInt(dead),
    pending: BigInt(pending),
    balanced: accepted === delivered + suppressed + digested + dead + pending,
  }).finish();
};
