import {
  type PolicyChange as WireChange,
  PolicyChangeKind,
  type PolicyFault as WireFault,
  type RefusedPolicy as WireRefused,
  SimulatedAlert as WireSimulated,
  type SimulatedNotice as WireNotice,
  SimulatedReview as WireReview,
} from '@therapytrain/alerts-api';
import { joinFields, noticeEvents } from '@therapytrain/alerts-core';
import type {
  PolicyChange,
  PolicyFault,
  SimulatedAlert,
  SimulatedNotice,
  SimulatedReview,
} from '@therapytrain/alerts-manager';
import type { RefusedPolicy } from '../policy-in-force.ts';
import { encodeIncident } from './desk-wire.ts';

const kinds = {
  lost: PolicyChangeKind.LOST,
  doubtful: PolicyChangeKind.DOUBTFUL,
  gained: PolicyChangeKind.GAINED,
  changed: PolicyChangeKind.CHANGED,
} as const satisfies Record<PolicyChange['kind'], PolicyChangeKind>;

/** Changes as `therapytrain.alerts.v1.PolicyChange`. */
export const wireChanges = (changes: readonly PolicyChange[]): WireChange[] =>
  changes.map(({ kind, text }) => ({ kind: kinds[kind], text }));

/** Faults as `therapytrain.alerts.v1.PolicyFault`. */
export const wireFaults = (faults: readonly PolicyFault[]): WireFault[] =>
  faults.map(({ line, column, path, rule, hint }) => ({ line, column, path, rule, hint }));

/** An attempt that was refused as `therapytrain.alerts.v1.RefusedPolicy`. */
export const wireRefused = ({ at, code, message, faults, version, changes }: RefusedPolicy): WireRefused => ({
  refusedAt: new Date(at),
  reason: code,
  message,
  faults: wireFaults(faults),
  version,
  changes: wireChanges(changes),
});

const wireNotices = (notices: readonly SimulatedNotice[]): WireNotice[] =>
  notices.map(({ channel, event, due }) => ({
    channel,
    event: (noticeEvents.indexOf(event) + 1) as never,
    dueAt: new Date(due),
  }));

/** What one alert would do as `therapytrain.alerts.v1.SimulatedAlert`. */
export const encodeSimulated = (simulated: SimulatedAlert): Uint8Array => {
  const { refused, incident, routes, receivers, notices, suppressed, detections, responses } = simulated;
  const rest = WireSimulated.encode({
    refused: refused ? `${refused.code}: ${refused.message}` : '',
    incident: undefined,
    routes: [...routes],
    receivers: [...receivers],
    notices: wireNotices(notices),
    suppressedBy: suppressed?.by ?? '',
    suppressedRule: suppressed?.name ?? '',
    detections: [...detections],
    responses: [...responses],
  }).finish();
  return incident ? Buffer.concat([joinFields([[2, encodeIncident(incident)]]), rest]) : rest;
};

/** What would follow later as `therapytrain.alerts.v1.SimulatedReview`. */
export const encodeReview = ({ at, why, incident, notices }: SimulatedReview): Uint8Array =>
  Buffer.concat([
    WireReview.encode({ at: new Date(at), why, incident: undefined, notices: wireNotices(notices) }).finish(),
    joinFields([[3, encodeIncident(incident)]]),
  ]);
