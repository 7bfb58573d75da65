import { status as grpc, Metadata } from '@grpc/grpc-js';
import { describe, expect, test } from '@jest/globals';
import { AlertError, type AlertErrorCode, alertErrorCodes } from '@therapytrain/alerts-core';
import { errorOfCall, errorOfStatus, mayRetry } from '../src/status.ts';
import { codeOf, encodeStatus } from './support/status.ts';

const codes = Object.keys(alertErrorCodes) as AlertErrorCode[];

const call = (code: number, details = 'from a machine', encoded?: Buffer) => {
  const metadata = new Metadata();
  if (encoded) metadata.set('grpc-status-details-bin', encoded);
  return errorOfCall({ code, details, metadata });
};

describe('an error that a gateway tells', () => {
  test.each(codes)('is what it was there: %s', (code) => {
    const error = new AlertError(code, 'as it was said', {
      retryAfter: 1_250,
      violations: [
        { field: 'occurred_at', rule: 'is late' },
        { field: 'metadata.user_id', rule: 'is long' },
      ],
    });
    const told = errorOfStatus(encodeStatus(error));
    expect(told).toMatchObject({
      code,
      message: 'as it was said',
      retryAfter: 1_250,
      violations: [
        { field: 'occurredAt', rule: 'is late' },
        { field: 'metadata.user_id', rule: 'is long' },
      ],
    });
    expect(call(codeOf(error), '', encodeStatus(error)).code).toBe(code);
  });
});

describe('an error that says no reason of ours', () => {
  test.each([
    ['CANCELLED', 'GATEWAY_UNAVAILABLE'],
    ['UNKNOWN', 'GATEWAY_UNAVAILABLE'],
    ['INVALID_ARGUMENT', 'FIELD_INVALID'],
    ['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED'],
    ['NOT_FOUND', 'ALERT_NOT_FOUND'],
    ['ALREADY_EXISTS', 'REQUEST_ID_REUSED'],
    ['PERMISSION_DENIED', 'NOT_CONFIGURED'],
    ['RESOURCE_EXHAUSTED', 'OVERLOADED'],
    ['FAILED_PRECONDITION', 'NOT_CONFIGURED'],
    ['ABORTED', 'GATEWAY_UNAVAILABLE'],
    ['OUT_OF_RANGE', 'CURSOR_EXPIRED'],
    ['UNIMPLEMENTED', 'NOT_CONFIGURED'],
    ['INTERNAL', 'GATEWAY_UNAVAILABLE'],
    ['UNAVAILABLE', 'GATEWAY_UNAVAILABLE'],
    ['DATA_LOSS', 'DEFECT'],
    ['UNAUTHENTICATED', 'NOT_CONFIGURED'],
  ] as const)('%s is %s, without the words of a stranger', (status, code) => {
    const error = call(grpc[status]);
    expect(error).toMatchObject({ code, facts: { status } });
    expect(error.message).not.toContain('machine');
  });

  test('of another domain is taken by its status', () => {
    const overloaded = encodeStatus(new AlertError('OVERLOADED', 'x', { retryAfter: 5 }), 'example.com');
    expect(call(grpc.RESOURCE_EXHAUSTED, '', overloaded)).toMatchObject({ code: 'OVERLOADED', retryAfter: 5 });
  });

  test('with details that do not decode is taken by its status', () => {
    expect(call(grpc.UNAVAILABLE, '', Buffer.of(0xff, 0xff)).code).toBe('GATEWAY_UNAVAILABLE');
  });
});

describe('the same call may be made again', () => {
  test.each(codes)('if the list says so, and where there is too much to do only by appointment: %s', (code) => {
    const [status, , retry] = alertErrorCodes[code];
    expect(mayRetry(new AlertError(code, 'x', { retryAfter: 1 }))).toBe(retry);
    expect(mayRetry(new AlertError(code, 'x'))).toBe(retry && status !== 'RESOURCE_EXHAUSTED');
  });
});
