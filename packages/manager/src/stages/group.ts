import { type Alert, type AlertFacts, AlertType, canonicalJson } from '@therapytrain/alerts-core';
import { digest } from '../hashes.ts';
import type { Policy } from '../policy/policy.ts';

/** What expressions are evaluated on, for one alert or for the incident that it is the newest of. */
export const factsOf = (alert: Alert, severity: Alert['severity'] = alert.severity): AlertFacts => ({
  type: alert.type,
  severity,
  message: alert.message,
  source: alert.source,
  metadata: alert.metadata,
  fingerprint: alert.fingerprint,
  dedupKey: alert.dedupKey,
  occurredAt: alert.occurredAt,
  receivedAt: alert.receivedAt,
});

/** The key of the incident that a reporter names itself. */
export const dedupKeyOf = (type: string, source: string, dedupKey: string): string =>
  digest('dedup', type, source, dedupKey);

/**
 * Which incident an alert belongs to: that of its reporter's own name for the thing, if it gave one; that of the values
 * of the type's grouping keys, if the policy names some; else that of its fingerprint. 32 hexadecimal digits.
 */
export const groupKey = (alert: Alert, policy: Policy): string => {
  const { type, source, dedupKey, metadata, fingerprint } = alert;
  if (dedupKey !== '') return dedupKeyOf(type, source, dedupKey);
  const keys = policy.groupBy(type);
  if (keys === undefined) return fingerprint;
  const values = keys.map((key) => (Object.hasOwn(metadata, key) ? canonicalJson(metadata[key] ?? null) : ''));
  return digest('group', type, ...values);
};

const well = new Set(['healthy', 'recovered']);

/**
 * True for an alert that says that something is over: SYSTEM_HEALTH with the status `healthy` or `recovered`, or any
 * alert with a dedup key and the metadata `resolve: true`.
 */
export const resolves = ({ type, metadata, dedupKey }: Alert): boolean =>
  (type === AlertType.SYSTEM_HEALTH && typeof metadata['status'] === 'string' && well.has(metadata['status'])) ||
  (dedupKey !== '' && metadata['resolve'] === true);
