import type {
  Account as WireAccount,
  Delivery as WireDelivery,
  Incident as WireIncident,
  Silence as WireSilence,
} from '@therapytrain/alerts-api';
import {
  AlertError,
  type AlertSeverity,
  deliveryStates,
  incidentStates,
  type Instant,
  isSeverity,
  noticeEvents,
  recipientStates,
} from '@therapytrain/alerts-core';
import { present } from './method.ts';
import type { ListedAccount, ListedDelivery, ListedIncident, ListedSilence } from './types.ts';

const unknown = (): AlertError => new AlertError('DEFECT', 'the gateway told something that this client does not know');

/** The name of a number on the wire. */
export const nameOf = <T>(names: readonly T[], number: number): T => {
  const name = names[number - 1];
  if (name === undefined) throw unknown();
  return name;
};

/** The numbers of names on the wire. */
export const numbersOf = <T>(names: readonly T[], given: readonly T[] = []): never[] =>
  given.map((name) => (names.indexOf(name) + 1) as never);

/** A severity that must be one. */
export const severityOf = (number: number): AlertSeverity => {
  if (!isSeverity(number)) throw unknown();
  return number;
};

/** A time that must be there. */
export const instantOf = (date: Date | undefined): Instant => present(date).getTime();

/** An incident of the wire. */
export const readIncident = (wire: WireIncident | undefined): ListedIncident => {
  const incident = present(wire);
  return {
    id: incident.id,
    etag: incident.etag,
    state: nameOf(incidentStates, incident.state),
    title: incident.title,
    severity: severityOf(incident.severity),
    count: Number(incident.alertCount),
    firstSeen: instantOf(incident.firstSeenAt),
    lastSeen: instantOf(incident.lastSeenAt),
    openedAt: instantOf(incident.openedAt),
    updatedAt: instantOf(incident.updatedAt),
    acknowledgedAt: incident.acknowledgedAt?.getTime(),
    resolvedAt: incident.resolvedAt?.getTime(),
    by: incident.handledBy,
    comment: incident.comment,
    assignee: incident.assignee,
    escalations: incident.escalations,
    told: incident.toldChannels,
    type: incident.alertType,
    source: incident.alertSource,
    acknowledgeBy: incident.acknowledgeBy?.getTime(),
  };
};

/** A silence of the wire. */
export const readSilence = (wire: WireSilence | undefined): ListedSilence => {
  const { id, when, author, reason, startsAt, endsAt, upTo, createdAt, ...held } = present(wire);
  return {
    id,
    when,
    author,
    reason,
    from: instantOf(startsAt),
    until: instantOf(endsAt),
    upTo: severityOf(upTo),
    createdAt: instantOf(createdAt),
    hiddenAlerts: Number(held.hiddenAlerts),
    hiddenIncidents: Number(held.hiddenIncidents),
  };
};

/** A delivery of the wire. */
export const readDelivery = (wire: WireDelivery): ListedDelivery => ({
  id: wire.id,
  incident: wire.incidentId,
  target: wire.channel,
  event: nameOf(noticeEvents, wire.event),
  severity: severityOf(wire.severity),
  state: nameOf(deliveryStates, wire.state),
  attempts: wire.attempts,
  due: instantOf(wire.dueAt),
  createdAt: instantOf(wire.createdAt),
  settledAt: wire.settledAt?.getTime(),
  lastReason: wire.reason,
  detail: wire.detail,
  proof: wire.proof,
  pairs: wire.pairs,
  policy: wire.policyVersion,
  doubtful: wire.doubtful,
  ...(wire.insteadOf === '' ? {} : { insteadOf: wire.insteadOf }),
  ...(wire.digestId === '' ? {} : { digest: wire.digestId }),
  ...(wire.recipients.length === 0
    ? {}
    : {
        recipients: wire.recipients.map(({ place, state, code }) => ({
          at: place,
          state: nameOf(recipientStates, state),
          ...(code === '' ? {} : { code }),
        })),
      }),
});

/** The accounting of a channel of the wire. */
export const readAccount = (wire: WireAccount): ListedAccount => ({
  channel: wire.channel,
  accepted: Number(wire.accepted),
  delivered: Number(wire.delivered),
  suppressed: Number(wire.suppressed),
  digested: Number(wire.digested),
  dead: Number(wire.dead),
  pending: Number(wire.pending),
  balanced: wire.balanced,
});
