import { describe, expect, test } from '@jest/globals';
import { status as grpc } from '@grpc/grpc-js';
import { Status } from '@therapytrain/alerts-api';
import { AlertError, type AlertErrorCode, alertErrorCodes, fieldError } from '@therapytrain/alerts-core';
import { asAlertError, codeOf, encodeStatus, statusOf } from '../../src/rpc/status.ts';
import { type Refusal, refusalOf, seenBy } from '../support/refusal.ts';

const sent = (error: AlertError): Refusal => refusalOf(Status.decode(encodeStatus(error)));
const codes = Object.keys(alertErrorCodes) as AlertErrorCode[];

test.each(codes)('%s has the status that the table says, its reason and our domain', (code) => {
  const refusal = sent(new AlertError(code, 'why', { facts: { limit: '7' } }));
  expect(codeOf(new AlertError(code, 'why'))).toBe(grpc[alertErrorCodes[code][0]]);
  expect(refusal).toMatchObject({ code: alertErrorCodes[code][0], message: 'why', reason: code });
  expect(refusal).toMatchObject({
    domain: 'alerts.therapytrain',
    facts: { limit: '7' },
    fields: {},
    retryAfter: undefined,
  });
});

describe('the time to wait', () => {
  // The fractions of a jitter; a Duration of 1,000,000,000 nanos would be none.
  test.each([0, 0.2, 1, 250.4, 999, 999.2, 999.6, 1_000, 1_000.5, 1_999.999, 59_999.9])(
    '%d ms is whole milliseconds, not less',
    (retryAfter) => {
      const error = new AlertError('OVERLOADED', 'why', { retryAfter });
      expect(sent(error).retryAfter).toBe(Math.ceil(retryAfter));
      expect(statusOf(error).metadata.get('grpc-retry-pushback-ms')).toEqual([String(Math.ceil(retryAfter))]);
    },
  );

  test('is not told where there is none', () => {
    expect(statusOf(new AlertError('DEFECT', 'why')).metadata.get('grpc-retry-pushback-ms')).toEqual([]);
  });
});

test('fields are told as the contract names them; the keys of metadata as they are', () => {
  const rule = 'is wrong';
  const fields = ['requestId', 'occurredAt', 'dedupKey', 'traceParent', 'type', 'metadata.userId', 'metadata[3]'];
  expect(Object.keys(sent(fieldError(fields.map((field) => ({ field, rule })))).fields)).toEqual([
    'request_id',
    'occurred_at',
    'dedup_key',
    'trace_parent',
    'type',
    'metadata.userId',
    'metadata[3]',
  ]);
});

test('a status has the rich error in its trailers, and what it is given beside', () => {
  const { code, details, metadata } = statusOf(new AlertError('DRAINING', 'why'), { 'alerts-cursor': 'here' });
  const [rich] = metadata.get('grpc-status-details-bin');
  expect(Status.decode(rich as Buffer)).toMatchObject({ code, message: details });
  expect(metadata.get('alerts-cursor')).toEqual(['here']);
});

test.each([new TypeError('zq7canary'), 'zq7canary', { zq7canary: 1 }, undefined])(
  'what is no error of ours is a defect, and told to us alone: %p',
  (thrown) => {
    const defects: unknown[] = [];
    const error = asAlertError(thrown, (defect) => void defects.push(defect));
    expect(error.code).toBe('DEFECT');
    expect(seenBy(sent(error))).not.toContain('zq7canary');
    expect(defects).toEqual([thrown]);
    expect(asAlertError(error, () => defects.push('again'))).toBe(error);
    expect(defects).toHaveLength(1);
  },
);
