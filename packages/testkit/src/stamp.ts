import {
  type AlertDraft,
  AlertSeverity,
  checkDraft,
  createAlertTypes,
  encodeAlert,
  fingerprint,
  type Ports,
  type StampedAlert,
} from '@therapytrain/alerts-core';

const types = createAlertTypes();

/** The source of a stamped draft whose test does not care. */
export const defaultSource = 'auth-service';

/**
 * Stamps a draft with id, time, source and fingerprint, as the gateway does before the log sees it. The draft must keep
 * the rules; where neither it nor its type says a severity, it is LOW.
 */
export const stamp = (draft: AlertDraft, { clock, ids }: Ports, source: string = defaultSource): StampedAlert => {
  const { requestId, severity, occurredAt, ...said } = checkDraft(draft);
  const receivedAt = clock.now();
  const alert = {
    ...said,
    id: ids.next(),
    sequence: 0,
    severity: severity ?? types.defaultSeverity(said.type) ?? AlertSeverity.LOW,
    source,
    occurredAt: occurredAt ?? receivedAt,
    receivedAt,
    fingerprint: fingerprint(types, said.type, source, said.metadata),
  };
  return { alert, requestId, encoded: encodeAlert(alert) };
};
