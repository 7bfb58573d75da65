import { describe, expect, test } from '@jest/globals';
import { Alert as WireAlert, ReportAlertRequest } from '@therapytrain/alerts-api';
import {
  type Alert,
  type AlertDraft,
  decodeAlert,
  decodeReport,
  encodeAlert,
  encodedId,
  encodeReport,
  type Metadata,
  withSequence,
} from '@therapytrain/alerts-core';
import fc from 'fast-check';
import { alert, draft, fullDraft, instants, metadata } from './support/arbitraries.ts';

const base: Alert = {
  id: '018f4e3c-1b2a-7c3d-8e4f-5a6b7c8d9e0f',
  sequence: 1,
  type: 'AUTH_FAILURE',
  severity: 3,
  message: 'Authentication failed',
  metadata: { userId: 'u1' },
  source: 'login',
  occurredAt: 1_700_000_000_000,
  receivedAt: 1_700_000_000_001,
  fingerprint: '0123456789abcdef0123456789abcdef',
  dedupKey: '',
  traceParent: '',
};

/** The draft as the generated code says it. */
const asWire = (said: AlertDraft): ReportAlertRequest => ({
  requestId: said.requestId ?? '',
  type: said.type,
  severity: said.severity ?? 0,
  message: said.message,
  metadata: said.metadata ?? {},
  occurredAt: said.occurredAt === undefined ? undefined : new Date(said.occurredAt),
  dedupKey: said.dedupKey ?? '',
  traceParent: said.traceParent ?? '',
});

/** What a draft says once the defaults of the wire are filled in. */
const filled = (said: AlertDraft) => ({ metadata: {}, dedupKey: '', traceParent: '', ...said });

const asWireAlert = ({ sequence, occurredAt, receivedAt, ...rest }: Alert): WireAlert => ({
  ...rest,
  sequence: BigInt(sequence),
  occurredAt: new Date(occurredAt),
  receivedAt: new Date(receivedAt),
  incidentId: '',
});

// The generated encoder gives times before 1970 negative nanoseconds, which the contract of Timestamp forbids and our
// decoder refuses; it can say whole seconds only.
const wholeSeconds = <T extends { readonly occurredAt?: number | undefined }>(said: T): T =>
  said.occurredAt === undefined || said.occurredAt >= 0
    ? said
    : { ...said, occurredAt: Math.ceil(said.occurredAt / 1000) * 1000 || 0 };

const encodeWhole = ({ sequence, ...rest }: Alert): Uint8Array => withSequence(encodeAlert(rest), sequence);

describe('our codec and the generated one say the same', () => {
  test('encodeReport → ReportAlertRequest.decode', () => {
    fc.assert(
      fc.property(draft, (said) => {
        expect(ReportAlertRequest.decode(encodeReport(said))).toStrictEqual(asWire(said));
      }),
      { numRuns: 500 },
    );
  });

  test('ReportAlertRequest.encode → decodeReport', () => {
    fc.assert(
      fc.property(draft.map(wholeSeconds), (said) => {
        expect(decodeReport(ReportAlertRequest.encode(asWire(said)).finish())).toStrictEqual(filled(said));
      }),
      { numRuns: 500 },
    );
  });

  test('encodeReport → decodeReport', () => {
    fc.assert(
      fc.property(draft, (said) => expect(decodeReport(encodeReport(said))).toStrictEqual(filled(said))),
      { numRuns: 500 },
    );
  });

  test('encodeAlert + withSequence → Alert.decode', () => {
    fc.assert(
      fc.property(alert, (kept) => expect(WireAlert.decode(encodeWhole(kept))).toStrictEqual(asWireAlert(kept))),
      { numRuns: 500 },
    );
  });

  test('encodeAlert + withSequence → decodeAlert; Alert.encode → decodeAlert', () => {
    fc.assert(
      fc.property(alert, (kept) => {
        expect(decodeAlert(encodeWhole(kept))).toStrictEqual(kept);
        const whole = { ...wholeSeconds(kept), receivedAt: Math.abs(kept.receivedAt) };
        expect(decodeAlert(WireAlert.encode(asWireAlert(whole)).finish())).toStrictEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  test('a report is an alert under the same numbers', () => {
    fc.assert(
      fc.property(fullDraft, (said) => {
        const { type, severity, message, metadata: facts, occurredAt } = decodeAlert(encodeReport(said));
        expect({ type, severity, message, metadata: facts, occurredAt }).toStrictEqual({
          type: said.type,
          severity: said.severity,
          message: said.message,
          metadata: said.metadata,
          occurredAt: said.occurredAt,
        });
      }),
    );
  });

  test('only before it has a sequence is it 0', () => {
    const { sequence: _, ...stamped } = base;
    expect(decodeAlert(encodeAlert(stamped)).sequence).toBe(0);
  });
});

describe('encodedId and withSequence', () => {
  test('the id is found without decoding, also in a part of a larger buffer', () => {
    fc.assert(
      fc.property(alert, fc.nat({ max: 40 }), (kept, offset) => {
        const encoded = encodeWhole(kept);
        expect(encodedId(encoded)).toBe(kept.id);
        const larger = new Uint8Array(offset + encoded.length + 7);
        larger.set(encoded, offset);
        expect(encodedId(larger.subarray(offset, offset + encoded.length))).toBe(kept.id);
      }),
    );
  });

  test('what was encoded stays as it is when more is encoded', () => {
    fc.assert(
      fc.property(alert, alert, (one, other) => {
        const first = encodeWhole(one);
        const copy = Buffer.from(first);
        encodeWhole(other);
        expect(Buffer.compare(first, copy)).toBe(0);
      }),
    );
  });

  test.each([1, 127, 128, 16_383, 16_384, 2 ** 21, 2 ** 28, 2 ** 31, 2 ** 32, 2 ** 35, Number.MAX_SAFE_INTEGER])(
    'sequence %d',
    (sequence) => {
      const whole = encodeWhole({ ...base, sequence });
      expect(WireAlert.decode(whole).sequence).toBe(BigInt(sequence));
      expect(decodeAlert(whole).sequence).toBe(sequence);
    },
  );
});

// The length of what is encoded takes another byte at 128 and at 16,384.
describe('texts around the lengths at which a varint grows', () => {
  const sizes = [0, 1, 41, 42, 43, 63, 64, 126, 127, 128, 129, 255, 256, 8191, 8192, 16_382, 16_383, 16_384, 16_385];
  const textOf = (bytes: number, character: string): string => {
    const size = Buffer.byteLength(character);
    return 'a'.repeat(bytes % size) + character.repeat(Math.floor(bytes / size));
  };
  describe.each(['a', 'é', '日', '😀'])('of %s', (character) => {
    test.each(sizes)('%d bytes', (bytes) => {
      const text = textOf(bytes, character);
      expect(Buffer.byteLength(text)).toBe(bytes);
      const said = { type: 'A', message: text, metadata: { a: text, b: [text, { [`${text}k`]: text }] } };
      const encoded = encodeReport(said);
      expect(decodeReport(encoded)).toStrictEqual(filled(said));
      expect(ReportAlertRequest.decode(encoded)).toStrictEqual(asWire(said));
    });
  });

  test('nested messages whose length grows when one inside has grown', () => {
    for (let bytes = 90; bytes < 140; bytes++) {
      const text = 'x'.repeat(bytes);
      const said = { type: 'A', message: 'm', metadata: { a: [[[[text]]]], b: { c: { d: { e: text } } } } };
      expect(ReportAlertRequest.decode(encodeReport(said))).toStrictEqual(asWire(said));
    }
  });
});

describe('times', () => {
  const wireTime = (occurredAt: number) =>
    ReportAlertRequest.decode(encodeReport({ type: 'A', message: 'm', occurredAt })).occurredAt;

  test('to the millisecond, before 1970 too', () => {
    fc.assert(
      fc.property(instants, (occurredAt) => {
        expect(wireTime(occurredAt)?.getTime()).toBe(occurredAt === 0 ? 0 : occurredAt);
        expect(decodeReport(encodeReport({ type: 'A', message: 'm', occurredAt })).occurredAt).toBe(occurredAt);
      }),
      { numRuns: 1_000 },
    );
  });

  test('nanoseconds are cut off downwards, also before 1970', () => {
    const time = (seconds: bigint, nanos: number) => {
      const body = [...(seconds === 0n ? [] : [8, ...signed(seconds)]), 16, ...signed(BigInt(nanos))];
      return decodeReport(Buffer.from([26, 1, 65, 42, 1, 109, 66, body.length, ...body])).occurredAt;
    };
    expect(time(0n, 999_999)).toBe(0);
    expect(time(0n, 1_000_000)).toBe(1);
    expect(time(-1n, 999_999_999)).toBe(-1);
    expect(time(-1n, 500_000)).toBe(-1000);
    expect(time(-62_135_596_800n, 0)).toBe(Date.parse('0001-01-01T00:00:00Z'));
    expect(time(253_402_300_799n, 999_999_999)).toBe(Date.parse('9999-12-31T23:59:59.999Z'));
  });

  const signed = (value: bigint): number[] => {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, value);
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    return [...bytes, Number(rest)];
  };
});

describe('metadata', () => {
  const through = (facts: Metadata) =>
    decodeReport(encodeReport({ type: 'A', message: 'm', metadata: facts })).metadata;

  test('any that keep the rules', () => {
    fc.assert(
      fc.property(metadata, (facts) => expect(through(facts)).toStrictEqual(facts)),
      { numRuns: 500 },
    );
  });

  test.each([
    ['minus zero', { a: -0 }],
    ['the least and greatest numbers', { a: [Number.MIN_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE, 2 ** 53] }],
    ['empty ones', { a: '', b: [], c: {}, d: [[], {}, ''] }],
    ['null, at every place', { a: null, b: [null, null], c: { d: null } }],
    ['names that objects have', { toString: 1, hasOwnProperty: 'x', length: 2, __defineGetter__: null }],
    ['keys that look like numbers', { '1': 'a', '0': 'b', '-1': 'c' }],
    ['a byte order mark', { '\ufeffa': '\ufeffb' }],
    ['the replacement character itself', { '\ufffd': 'a\ufffdb' }],
  ])('%s', (_name, facts: Metadata) => expect(through(facts)).toStrictEqual(facts));

  test('a key that sets a prototype elsewhere is a key like any other here, for the rules to refuse', () => {
    const facts = through(JSON.parse('{"__proto__":{"polluted":true},"a":1}') as Metadata) ?? {};
    expect(Object.keys(facts)).toEqual(['__proto__', 'a']);
    expect(Object.getPrototypeOf(facts)).toBe(Object.prototype);
    expect((facts as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

test('a report of 130 KB is encoded right, though the rules refuse it', () => {
  const metadata64 = Object.fromEntries(Array.from({ length: 64 }, (_, at) => [`key${at}`, '日'.repeat(680)]));
  const said = { type: 'A', message: 'é'.repeat(4096), metadata: metadata64 };
  expect(encodeReport(said).length).toBeGreaterThan(130_000);
  expect(ReportAlertRequest.decode(encodeReport(said))).toStrictEqual(asWire(said));
});
