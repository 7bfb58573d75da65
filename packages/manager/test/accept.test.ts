import { describe, expect, test } from '@jest/globals';
import {
  type AlertDraft,
  AlertError,
  AlertSeverity,
  createAlertTypes,
  decodeAlert,
  fingerprint,
  limits,
} from '@therapytrain/alerts-core';
import { epoch, testPorts } from '@therapytrain/alerts-testkit';
import { accept } from '../src/stages/accept.ts';

const types = createAlertTypes();
const facts = () => ({ types, ports: testPorts() });
const draft = { type: 'SYSTEM_HEALTH', message: 'disk' };
const refusalOf = (said: AlertDraft): AlertError => {
  try {
    accept(said, 'monitor', facts());
  } catch (thrown) {
    if (thrown instanceof AlertError) return thrown;
    throw thrown;
  }
  throw new Error('it was accepted');
};

describe('what is stamped', () => {
  test('id, times, source, fingerprint, and the default severity of the type', () => {
    const { alert, requestId } = accept({ ...draft, metadata: { component: 'db' } }, 'monitor', facts());
    expect(alert).toEqual({
      ...draft,
      id: testPorts().ids.next(),
      sequence: 0,
      severity: AlertSeverity.MEDIUM,
      metadata: { component: 'db' },
      source: 'monitor',
      occurredAt: epoch,
      receivedAt: epoch,
      fingerprint: fingerprint(types, 'SYSTEM_HEALTH', 'monitor', { component: 'db' }),
      dedupKey: '',
      traceParent: '',
    });
    expect(requestId).toBeUndefined();
  });

  test('what the reporter says is kept: severity, time, request id, dedup key, trace', () => {
    const said = {
      ...draft,
      requestId: '018F4E3C-1B2A-7C3D-8E4F-5A6B7C8D9E0F',
      severity: AlertSeverity.LOW,
      occurredAt: epoch - 5,
      dedupKey: 'k',
      traceParent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    };
    const { alert, requestId } = accept(said, 'monitor', facts());
    const { requestId: _, ...rest } = said;
    expect(alert).toMatchObject({ ...rest, receivedAt: epoch });
    expect(requestId).toBe(said.requestId);
  });

  test('the encoded form is the alert, and can be read back', () => {
    const { alert, encoded } = accept({ ...draft, metadata: { a: [null, { b: -0 }] } }, 'monitor', facts());
    expect(decodeAlert(encoded)).toStrictEqual(alert);
  });

  test('nobody can say who they are, or which id and place an alert gets', () => {
    for (const forged of ['source', 'id', 'sequence', 'receivedAt', 'fingerprint', 'incidentId']) {
      expect(refusalOf({ ...draft, [forged]: 'x' }).code).toBe('FIELD_INVALID');
    }
  });
});

describe('severity', () => {
  test.each([
    ['AUTH_FAILURE', AlertSeverity.HIGH],
    ['UNUSUAL_ACCESS', AlertSeverity.MEDIUM],
    ['DATA_VIOLATION', AlertSeverity.HIGH],
    ['RATE_LIMIT_BREACH', AlertSeverity.HIGH],
    ['SYSTEM_HEALTH', AlertSeverity.MEDIUM],
  ])('%s has one by default', (type, severity) => {
    expect(accept({ ...draft, type }, 'monitor', facts()).alert.severity).toBe(severity);
  });

  test('a type without a default needs one', () => {
    const error = refusalOf({ ...draft, type: 'BACKUP_FAILED' });
    expect(error.violations).toEqual([{ field: 'severity', rule: 'is required, as the type has no default' }]);
    expect(accept({ ...draft, type: 'BACKUP_FAILED', severity: 1 }, 'monitor', facts()).alert.severity).toBe(1);
  });
});

describe('the time it happened', () => {
  test('may be a day ahead of our clock, and no millisecond more', () => {
    const day = limits.futureMillis;
    for (const occurredAt of [epoch + day - 1, epoch + day, 0, -1]) {
      expect(accept({ ...draft, occurredAt }, 'monitor', facts()).alert.occurredAt).toBe(occurredAt);
    }
    const error = refusalOf({ ...draft, occurredAt: epoch + day + 1 });
    expect(error.violations).toEqual([{ field: 'occurredAt', rule: 'is more than a day ahead of our clock' }]);
  });
});

describe('64 KiB encoded: one byte less, exactly, one more', () => {
  const key = (at: number) => `key${String(at).padStart(61, '0')}`;
  const sized = (rest: number) => ({
    ...draft,
    metadata: Object.fromEntries(Array.from({ length: 61 }, (_, at) => [key(at), 'a'.repeat(at === 0 ? rest : 1010)])),
  });
  const size = (rest: number) => accept(sized(rest), 'monitor', facts()).encoded.length;

  test('is where the limit is', () => {
    const rest = 200 + limits.alertBytes - size(200);
    expect(rest).toBeLessThan(limits.metadataValueBytes);
    expect(size(rest - 1)).toBe(limits.alertBytes - 1);
    expect(size(rest)).toBe(limits.alertBytes);
    const error = refusalOf(sized(rest + 1));
    expect(error).toMatchObject({ code: 'ALERT_TOO_LARGE', facts: { limit: '65536' } });
    expect(error.message).toBe('the alert is 65537 bytes encoded, more than 65536');
  });
});
