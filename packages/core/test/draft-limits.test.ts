import { describe, expect, test } from '@jest/globals';
import {
  type AlertDraft,
  checkDraft,
  encodeReport,
  decodeReport,
  limits,
  type MetadataValue,
} from '@therapytrain/alerts-core';
import { refusal } from './support/refusal.ts';

const draft = (said: Partial<Record<keyof AlertDraft, unknown>>) => ({
  type: 'SYSTEM_HEALTH',
  message: 'disk',
  ...said,
});
const withValue = (value: unknown) => draft({ metadata: { component: value } });

const allowed = (said: unknown): void => {
  const checked = checkDraft(said);
  // What the rules let pass, the strict decoder must read back, or a kept alert could not be read.
  expect(decodeReport(encodeReport(checked))).toMatchObject(checked);
};
const refused = (said: unknown, field: string, rule: string): void => {
  const error = refusal(() => checkDraft(said));
  expect(error.code).toBe('FIELD_INVALID');
  expect(error.violations).toContainEqual({ field, rule });
};

// `bytes` bytes of UTF-8 in characters of 1, 2, 3 and 4 bytes; the rest in characters of 1.
const textOf = (bytes: number, character: string): string => {
  const size = Buffer.byteLength(character);
  return character.repeat(Math.floor(bytes / size)) + 'a'.repeat(bytes % size);
};
const characters = ['a', 'é', '日', '😀'];

describe.each(characters)('texts of %s are measured in bytes', (character) => {
  test.each([
    ['message', limits.messageBytes, (text: string) => draft({ message: text }), 'message'],
    ['dedupKey', limits.dedupKeyBytes, (text: string) => draft({ dedupKey: text }), 'dedupKey'],
    ['metadata key', limits.metadataKeyBytes, (text: string) => draft({ metadata: { [text]: 1 } }), 'metadata'],
    ['metadata value', limits.metadataValueBytes, withValue, 'metadata.component'],
  ])('%s: %d bytes', (name, limit, make, field) => {
    allowed(make(textOf(limit - 1, character)));
    allowed(make(textOf(limit, character)));
    const rule = `is longer than ${limit} bytes of UTF-8`;
    refused(make(textOf(limit + 1, character)), field, name === 'metadata key' ? `has a key that ${rule}` : rule);
  });
});

test('the limits are those of the contract', () => {
  expect(limits).toMatchObject({
    messageBytes: 8192,
    metadataKeys: 64,
    metadataKeyBytes: 64,
    metadataValueBytes: 1024,
    metadataDepth: 8,
    metadataValues: 1000,
    dedupKeyBytes: 256,
    alertBytes: 65_536,
    batchAlerts: 256,
    batchBytes: 262_144,
    filterBytes: 4096,
    futureMillis: 86_400_000,
  });
});

const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`key${at}`, at]));

test('metadata keys: 63, 64, 65', () => {
  allowed(draft({ metadata: keys(63) }));
  allowed(draft({ metadata: keys(64) }));
  refused(draft({ metadata: keys(65) }), 'metadata', 'has more than 64 keys');
});

describe('depth: 7, 8, 9', () => {
  const deep = (levels: number, wrap: (inner: MetadataValue) => MetadataValue): MetadataValue => {
    let value: MetadataValue = 1;
    for (let level = 0; level < levels; level++) value = wrap(value);
    return value;
  };
  test.each([
    ['lists', (inner: MetadataValue) => [inner]],
    ['maps', (inner: MetadataValue) => ({ a: inner })],
    ['both', (inner: MetadataValue) => [{ a: inner }][0] ?? null],
  ])('%s', (_name, wrap) => {
    allowed(withValue(deep(7, wrap)));
    allowed(withValue(deep(8, wrap)));
    refused(withValue(deep(9, wrap)), 'metadata.component', 'is nested deeper than 8 levels');
  });
});

describe('a value of lists and maps: 1 KiB encoded', () => {
  // A list of one text: tag and length of the list (4 bytes here), of the item (3) and of the text (3).
  const listOf = (bytes: number): MetadataValue => ['a'.repeat(bytes - 9)];
  test('1023, 1024, 1025', () => {
    allowed(withValue(listOf(1023)));
    allowed(withValue(listOf(1024)));
    refused(withValue(listOf(1025)), 'metadata.component', 'is longer than 1024 bytes encoded');
  });
});

describe('values in all: 999, 1000, 1001', () => {
  // Three lists and a rest; each list is a value, and each of its items.
  const valuesOf = (count: number) => {
    const list = (items: number): MetadataValue => Array<MetadataValue>(items).fill(null);
    return { a: list(249), b: list(249), c: list(249), d: list(count - 3 * 250 - 1) };
  };
  test('whatever the number, a draft that keeps the rule can be read back', () => {
    allowed(draft({ metadata: valuesOf(999) }));
    allowed(draft({ metadata: valuesOf(1000) }));
    refused(draft({ metadata: valuesOf(1001) }), 'metadata[3]', 'brings the metadata to more than 1000 values in all');
  });

  test('the most fields that 1000 values can take', () => {
    const map = (entries: number) =>
      Object.fromEntries(Array.from({ length: entries }, (_, at) => [String(at).padStart(2, '0'), null]));
    const metadata = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`k${at}`, map(99)]));
    allowed(draft({ metadata, occurredAt: 1, dedupKey: 'd' }));
  });
});

describe('occurredAt', () => {
  const first = Date.parse('0001-01-01T00:00:00Z');
  const last = Date.parse('9999-12-31T23:59:59.999Z');
  test.each([first, first + 1, -1, 0, last - 1, last])('%d is a time', (occurredAt) => allowed(draft({ occurredAt })));
  test.each([
    [first - 1, 'is before the year 1'],
    [last + 1, 'is after the year 9999'],
    [1.5, 'is not a whole number of milliseconds'],
    [Number.NaN, 'is not a whole number of milliseconds'],
    [Number.POSITIVE_INFINITY, 'is not a whole number of milliseconds'],
    ['2026-01-01', 'is not a whole number of milliseconds'],
    [1n, 'is not a whole number of milliseconds'],
    [new Date(0), 'is not a whole number of milliseconds'],
  ])('%p is refused', (occurredAt, rule) => refused(draft({ occurredAt }), 'occurredAt', rule));
});

describe('type', () => {
  const rule = 'is not 1 to 64 of A-Z, 0-9 and _, beginning with a letter';
  test.each(['A', 'A'.repeat(63), 'A'.repeat(64), 'A_1'])('%j is one', (type) => allowed(draft({ type })));
  test.each(['', 'A'.repeat(65), 'a', '1A', '_A', 'A-B', 'A\n', 'Ä', 'A\u0000B'])('%j is none', (type) => {
    refused(draft({ type }), 'type', rule);
  });
});

describe('requestId and traceParent', () => {
  const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  test.each([
    '018f4e3c-1b2a-7c3d-8e4f-5a6b7c8d9e0f',
    '018F4E3C-1B2A-7C3D-8E4F-5A6B7C8D9E0F',
    '00000000-0000-0000-0000-000000000000',
  ])('the request id %j is one', (requestId) => allowed(draft({ requestId })));
  test.each([
    '',
    'x',
    '018f4e3c1b2a7c3d8e4f5a6b7c8d9e0f',
    '018f4e3c-1b2a-7c3d-8e4f-5a6b7c8d9e0f\n',
    '{018f4e3c-1b2a-7c3d-8e4f-5a6b7c8d9e0f}',
  ])('the request id %j is none', (requestId) =>
    refused(draft({ requestId }), 'requestId', 'is not a UUID in text form'),
  );
  test.each(['', trace])('the traceparent %j is one', (traceParent) => allowed(draft({ traceParent })));
  test.each([trace.toUpperCase(), trace.replace('00-', '01-'), `${trace}-x`, ` ${trace}`, `${trace}\n`])(
    'the traceparent %j is none',
    (traceParent) => refused(draft({ traceParent }), 'traceParent', 'is not a W3C traceparent of version 00'),
  );
});

test('an empty message is refused', () => refused(draft({ message: '' }), 'message', 'is empty'));

test('every fault is told, up to 32 of them', () => {
  const error = refusal(() =>
    checkDraft({ type: 'x', message: '', severity: 'HIGH', metadata: { a: undefined, userId: 1n } }),
  );
  expect(error.violations.map(({ field }) => field)).toEqual([
    'type',
    'severity',
    'message',
    'metadata[0]',
    'metadata.userId',
  ]);
  expect(error.message).toContain('(and 2 more)');
  const many = refusal(() =>
    checkDraft(draft({ metadata: Object.fromEntries(Object.keys(keys(64)).map((key) => [key, undefined])) })),
  );
  expect(many.violations).toHaveLength(32);
  expect(many.message.length).toBeLessThan(500);
});
