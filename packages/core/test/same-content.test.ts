import { describe, expect, test } from '@jest/globals';
import {
  type Alert,
  contentDigest,
  encodeAlert,
  type Metadata,
  sameContent,
  sameDigest,
} from '@therapytrain/alerts-core';

const alert: Omit<Alert, 'sequence'> = {
  id: '018f4e3c-1b2a-7c3d-8e4f-5a6b7c8d9e0f',
  type: 'AUTH_FAILURE',
  severity: 3,
  message: 'Authentication failed',
  metadata: { userId: 'u1', list: [1, { a: 1, b: 2 }] },
  source: 'login',
  occurredAt: 1_000,
  receivedAt: 2_000,
  fingerprint: '0'.repeat(32),
  dedupKey: 'k',
  traceParent: '',
};
const encoded = (more: Partial<Alert> = {}) => encodeAlert({ ...alert, ...more });
const same = (one: Partial<Alert>, other: Partial<Alert>): boolean => {
  const digests = sameDigest(contentDigest(encoded(one)), contentDigest(encoded(other)));
  expect(sameContent(encoded(one), encoded(other))).toBe(digests);
  expect(sameContent(encoded(other), encoded(one))).toBe(digests);
  return digests;
};

describe('the same report, sent again', () => {
  const reordered: Metadata = { list: [1, { b: 2, a: 1 }], userId: 'u1' };
  test.each<readonly [string, Partial<Alert>]>([
    ['later', { receivedAt: 9_000, id: '018f4e3c-1b2a-7c3d-8e4f-5a6b7c8d9e10' }],
    ['in another trace', { traceParent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }],
    ['with its metadata in another order', { metadata: reordered }],
    ['after the identity keys of its type have changed', { fingerprint: '1'.repeat(32) }],
  ])('%s', (_how, more) => expect(same({}, more)).toBe(true));

  test('without a time: that of its receipt was filled in, twice', () => {
    expect(same({ occurredAt: 2_000, receivedAt: 2_000 }, { occurredAt: 9_000, receivedAt: 9_000 })).toBe(true);
  });

  test('with a time that is that of its first receipt, as where reporter and gateway share a clock', () => {
    expect(same({ occurredAt: 2_000, receivedAt: 2_000 }, { occurredAt: 2_000, receivedAt: 9_000 })).toBe(true);
  });
});

describe('another report under the same request id', () => {
  test.each<readonly [string, Partial<Alert>]>([
    ['type', { type: 'UNUSUAL_ACCESS' }],
    ['severity', { severity: 4 }],
    ['message', { message: 'Authentication failed.' }],
    ['a metadata value', { metadata: { ...alert.metadata, userId: 'u2' } }],
    ['one metadata key more', { metadata: { ...alert.metadata, more: null } }],
    ['the order of a list', { metadata: { ...alert.metadata, list: [{ a: 1, b: 2 }, 1] } }],
    ['the time it happened', { occurredAt: 1_001 }],
    ['the dedup key', { dedupKey: '' }],
  ])('%s', (_what, more) => {
    expect(same({}, more)).toBe(false);
    expect(same({ occurredAt: 2_000 }, { occurredAt: 2_000, ...more })).toBe(false);
  });

  test('a time where the first had none, and that of its receipt is another', () => {
    expect(same({ occurredAt: 2_000, receivedAt: 2_000 }, { occurredAt: 5_000, receivedAt: 9_000 })).toBe(false);
  });
});

test('a digest is 16 bytes, or 32 where it is not known whether the time was said', () => {
  expect(contentDigest(encoded())).toHaveLength(16);
  expect(contentDigest(encoded({ occurredAt: 2_000 }))).toHaveLength(32);
});
