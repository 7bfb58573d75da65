import { describe, expect, jest, test } from '@jest/globals';
import { AlertError, type AlertErrorCode, alertErrorCodes, fieldError } from '@therapytrain/alerts-core';

// The canonical codes of gRPC (grpc.github.io/grpc/core/md_doc_statuscodes.html).
const grpcCodes = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];
const retryableCodes = ['RESOURCE_EXHAUSTED', 'UNAVAILABLE', 'DEADLINE_EXCEEDED'];
const entries = Object.entries(alertErrorCodes) as readonly [
  AlertErrorCode,
  (typeof alertErrorCodes)[AlertErrorCode],
][];

describe('the closed list of codes', () => {
  test.each(entries)('%s', (code, [status, meaning, retry]) => {
    // ErrorInfo.reason: at most 63 characters of this form.
    expect(code).toMatch(/^[A-Z][A-Z0-9_]{1,61}[A-Z0-9]$/);
    expect(grpcCodes).toContain(status);
    expect(['OK', 'UNKNOWN']).not.toContain(status);
    expect(meaning).toMatch(/^[A-Z].*\.$/);
    expect(retry).toBe(retryableCodes.includes(status));
    expect(new AlertError(code, 'x').retryable).toBe(retry);
  });

  test('no meaning is told twice', () => {
    expect(new Set(entries.map(([, [, meaning]]) => meaning)).size).toBe(entries.length);
  });
});

describe('AlertError', () => {
  test('is an Error with a code, and holds what it is given', () => {
    const cause = new Error('inner');
    const error = new AlertError('DISK_FULL', 'no space', { retryAfter: 5, facts: { limit: '1' }, cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'AlertError',
      code: 'DISK_FULL',
      message: 'no space',
      retryAfter: 5,
      facts: { limit: '1' },
    });
    expect(error.cause).toBe(cause);
    expect(error.violations).toEqual([]);
    expect(String(error)).toBe('AlertError: no space');
  });

  test('the cause, which may hold anything, is not in its JSON', () => {
    const error = new AlertError('DEFECT', 'x', { cause: new Error('canary') });
    expect(JSON.stringify(error)).not.toContain('canary');
    expect('cause' in new AlertError('DEFECT', 'x')).toBe(false);
  });

  test.each([
    undefined,
    null,
    1,
    'AlertError',
    {},
    new Error('x'),
    Object.assign(new Error('x'), { name: 'AlertError', code: 'DEFECT' }),
  ])('%p is none', (value) => expect(value instanceof AlertError).toBe(false));

  test('two copies of the package agree on what is one', async () => {
    jest.resetModules();
    const copy = await import('@therapytrain/alerts-core');
    expect(copy.AlertError).not.toBe(AlertError);
    const theirs = new copy.AlertError('DEFECT', 'x');
    expect(theirs instanceof AlertError).toBe(true);
    expect(new AlertError('DEFECT', 'x') instanceof copy.AlertError).toBe(true);
    // Without a class of its own that this is asked of, the two would be strangers.
    expect(Object.getPrototypeOf(theirs)).not.toBe(AlertError.prototype);
  });
});

describe('fieldError', () => {
  const violation = (at: number) => ({ field: `field${at}`, rule: 'is wrong' });
  const violations = (count: number) => Array.from({ length: count }, (_, at) => violation(at));

  test('names fields and rules', () => {
    const error = fieldError(violations(2));
    expect(error.code).toBe('FIELD_INVALID');
    expect(error.message).toBe('field0: is wrong; field1: is wrong');
    expect(error.violations).toEqual(violations(2));
  });

  test('says how many it does not name, and holds no more than 32', () => {
    expect(fieldError(violations(3)).message).not.toContain('more');
    expect(fieldError(violations(40)).message).toBe(
      'field0: is wrong; field1: is wrong; field2: is wrong (and 37 more)',
    );
    expect(fieldError(violations(40)).violations).toHaveLength(32);
  });
});
