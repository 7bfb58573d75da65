import {
  type AlertDraft,
  type AlertSeverity,
  type AlertTypes,
  checkDraft,
  encodeAlert,
  fieldError,
  fingerprint,
  limits,
  type Ports,
  type StampedAlert,
  tooLarge,
} from '@therapytrain/alerts-core';

/** What the stage needs to know of the deployment. */
export interface AcceptFacts {
  readonly types: AlertTypes;
  readonly ports: { readonly clock: Pick<Ports['clock'], 'now'>; readonly ids: Ports['ids'] };
}

const severityFor = (type: string, said: AlertSeverity | undefined, types: AlertTypes): AlertSeverity => {
  const severity = said ?? types.defaultSeverity(type);
  if (severity !== undefined) return severity;
  throw fieldError([{ field: 'severity', rule: 'is required, as the type has no default' }]);
};

/**
 * Checks what a reporter says and stamps it with id, time, source and fingerprint. Pure but for the ports. Throws
 * `FIELD_INVALID` or `ALERT_TOO_LARGE`; what it returns, nothing later refuses for what it says.
 */
export const accept = (draft: AlertDraft, source: string, { types, ports }: AcceptFacts): StampedAlert => {
  const { requestId, type, severity, message, metadata, occurredAt, dedupKey, traceParent } = checkDraft(draft);
  const receivedAt = ports.clock.now();
  if (occurredAt !== undefined && occurredAt > receivedAt + limits.futureMillis) {
    throw fieldError([{ field: 'occurredAt', rule: 'is more than a day ahead of our clock' }]);
  }
  const alert = {
    id: ports.ids.next(),
    sequence: 0,
    type,
    severity: severityFor(type, severity, types),
    message,
    metadata,
    source,
    occurredAt: occurredAt ?? receivedAt,
    receivedAt,
    fingerprint: fingerprint(types, type, source, metadata),
    dedupKey,
    traceParent,
  };
  const encoded = encodeAlert(alert);
  if (encoded.length > limits.alertBytes) throw tooLarge(encoded.length);
  return { alert, requestId, encoded };
};
