import { describe, expect, test } from '@jest/globals';
import { ReportAlertRequest } from '@therapytrain/alerts-api';
import { decodeAlert, decodeReport, encodeReport, limits, splitReports } from '@therapytrain/alerts-core';
import { bestTime } from './support/best-time.ts';
import { bytesField, entry, head, nested, report, tag, varint, varintField } from './support/proto-bytes.ts';
import { pollution, refusal } from './support/refusal.ts';

const malformed = (bytes: Uint8Array): string => {
  const error = refusal(() => decodeReport(bytes));
  expect(error.code).toBe('MESSAGE_MALFORMED');
  return error.message.replace('malformed message: ', '');
};
const textValue = (text: string | readonly number[]) => bytesField(3, text);
const metadata = (...entries: readonly number[][]) => bytesField(6, entries.flat());

test('the report that the cases below break is well-formed', () => {
  expect(decodeReport(report())).toMatchObject({ type: 'SYSTEM_HEALTH', message: 'disk' });
  expect(decodeReport(report(...metadata(entry('a', textValue('b')))))).toMatchObject({ metadata: { a: 'b' } });
});

describe('a message cut off at any byte', () => {
  const whole = encodeReport({
    requestId: '018f4e3c-1b2a-7c3d-8e4f-5a6b7c8d9e0f',
    type: 'AUTH_FAILURE',
    severity: 3,
    message: 'Anmeldung fehlgeschlagen: größer 日本 😀',
    metadata: { userId: 'ü', attempts: 3.5, list: [null, true, { deep: ['x'] }], none: null },
    occurredAt: -1_234_567,
    dedupKey: 'k',
    traceParent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  });
  const isLegal = (prefix: Uint8Array): boolean => {
    try {
      ReportAlertRequest.decode(prefix);
      return true;
    } catch {
      return false;
    }
  };

  test('is refused exactly where the generated decoder refuses it', () => {
    const legal: number[] = [];
    for (let length = 0; length <= whole.length; length++) {
      const prefix = whole.subarray(0, length);
      if (isLegal(prefix)) {
        legal.push(length);
        expect(decodeReport(prefix)).toBeDefined();
      } else malformed(prefix);
    }
    // Between the 8 fields, and at both ends.
    expect(legal).toHaveLength(9);
  });
});

describe('field numbers and wire types', () => {
  test.each([
    ['field number 0, varint', [0x00, 0x01]],
    ['field number 0, bytes', [0x02, 0x01, 0x61]],
    ['field number 0 as an over-long varint', [0x80, 0x80, 0x00, 0x01]],
    ['field number 2^29', [...varint(2 ** 29 * 8), 0x01]],
    ['field number 2^32', [...varint(2 ** 35), 0x01]],
    ['a tag of 2^64 - 1', [...varint(2n ** 64n - 1n), 0x01]],
  ])('%s', (_name, bytes) => expect(malformed(report(...bytes))).toBe('a field number is out of range'));

  test('field number 2^29 - 1 is the greatest', () => {
    expect(decodeReport(report(...varintField(2 ** 29 - 1, 1)))).toMatchObject({ message: 'disk' });
  });

  test.each([
    ['a group that begins', 3],
    ['a group that ends', 4],
    ['wire type 6', 6],
    ['wire type 7', 7],
  ])('%s', (_name, wireType) => {
    expect(malformed(report(...tag(20, wireType), 0x01))).toBe('a field has a wire type that is not allowed');
    expect(malformed(report(...metadata([...tag(20, wireType), 0x01])))).toBe(
      'a field has a wire type that is not allowed',
    );
  });

  test('a whole group, and 20,000 of them', () => {
    const group = [...tag(20, 3), ...tag(20, 4)];
    malformed(report(...group));
    malformed(Buffer.concat([report(), Buffer.alloc(40_000 * 2, Buffer.from(tag(20, 3)))]));
  });

  test.each([
    ['request id', 1, varintField(1, 1)],
    ['type', 3, varintField(3, 1)],
    ['severity', 4, bytesField(4, 'HIGH')],
    ['message', 5, [...tag(5, 5), 1, 2, 3, 4]],
    ['metadata', 6, varintField(6, 1)],
    ['time', 8, varintField(8, 1)],
    ['dedup key', 11, [...tag(11, 1), 1, 2, 3, 4, 5, 6, 7, 8]],
    ['trace', 12, varintField(12, 1)],
  ])('the %s under another wire type', (_name, field, bytes) => {
    const others = [3, 5].filter((each) => each !== field).flatMap((each) => bytesField(each, 'X'));
    expect(malformed(Buffer.from([...others, ...bytes]))).toMatch(/has the wrong wire type$/);
  });

  test.each([
    ['an entry', varintField(1, 1)],
    ['a key', bytesField(1, [...varintField(1, 1), ...bytesField(2, textValue('b'))])],
    ['a value', bytesField(1, [...bytesField(1, 'a'), ...varintField(2, 1)])],
    ['a number', entry('a', varintField(2, 1))],
    ['a text', entry('a', varintField(3, 1))],
    ['a boolean', entry('a', bytesField(4, 'x'))],
    ['a null', entry('a', bytesField(1, 'x'))],
    ['an item', entry('a', bytesField(6, varintField(1, 1)))],
    ['an entry below', entry('a', bytesField(5, varintField(1, 1)))],
  ])('%s of the metadata under another wire type', (_name, bytes) => {
    expect(malformed(report(...bytesField(6, bytes)))).toMatch(/has the wrong wire type$/);
  });

  test.each([
    ['seconds', bytesField(1, 'x')],
    ['nanos', [...tag(2, 5), 1, 2, 3, 4]],
  ])('the %s of a time under another wire type', (_name, bytes) => {
    expect(malformed(report(...bytesField(8, bytes)))).toBe('a part of a time has the wrong wire type');
  });
});

describe('numbers and lengths', () => {
  const zeros = (count: number) => [...Array<number>(count - 1).fill(0x80), 0x00];

  test('an over-long varint is a number up to 10 bytes, and no longer', () => {
    expect(decodeReport(report(...tag(4, 0), 0x83, ...zeros(9)))).toMatchObject({ severity: 3 });
    expect(malformed(report(...tag(4, 0), 0x83, ...zeros(10)))).toBe('a number has more than 10 bytes');
    expect(malformed(report(...tag(8, 2), 12, ...tag(1, 0), 0x83, ...zeros(10)))).toBe(
      'a number has more than 10 bytes',
    );
    expect(malformed(report(...tag(20, 0), 0x83, ...zeros(10)))).toBe('a number has more than 10 bytes');
    expect(malformed(report(...Array<number>(11).fill(0xff)))).toBe('a number has more than 10 bytes');
  });

  test.each([
    ['1 past the end', varint(5)],
    ['2^31 - 1', varint(2 ** 31 - 1)],
    ['2^32 - 1', varint(2 ** 32 - 1)],
    ['2^53', varint(2 ** 53)],
    ['2^64 - 1', varint(2n ** 64n - 1n)],
  ])('a length of %s', (_name, length) => {
    for (const field of [1, 6, 8, 11, 20]) {
      expect(malformed(report(...tag(field, 2), ...length, 1, 2, 3, 4))).toBe('a length goes past the end');
    }
  });

  test('a length inside goes past the message around it, though not past the end', () => {
    const inside = [...tag(1, 2), 9, ...bytesField(1, 'a')];
    expect(malformed(report(...bytesField(6, inside), ...Array<number>(20).fill(0)))).toBe(
      'a length goes past the end',
    );
    const time = [...tag(1, 0), 0x80];
    expect(malformed(report(...bytesField(8, time), ...varintField(20, 1)))).toBe('it ends in the middle of a number');
    const double = entry('a', [...tag(2, 1), 1, 2, 3]);
    expect(malformed(report(...metadata(double), ...varintField(20, 1)))).toBe('it ends in the middle of a number');
  });

  test.each([
    ['a varint', tag(20, 0)],
    ['8 bytes', [...tag(20, 1), 1, 2, 3, 4, 5, 6, 7]],
    ['4 bytes', [...tag(20, 5), 1, 2, 3]],
  ])('%s that ends too early', (_name, bytes) => {
    expect(malformed(report(...bytes))).toBe('it ends in the middle of a number');
  });

  test.each([-1, -999_999_999, 1_000_000_000, 2 ** 31, 2 ** 32 + 5])('nanos of %d', (nanos) => {
    const error = refusal(() => decodeReport(report(...bytesField(8, varintField(2, nanos)))));
    expect(error.code).toBe('FIELD_INVALID');
    expect(error.violations).toEqual([{ field: 'occurredAt', rule: 'has nanos that are not from 0 to 999,999,999' }]);
  });

  test.each([0, 5, 99, 2 ** 31, 2 ** 32 + 3, -1])('what is not a severity is left for the rules: %d', (severity) => {
    const decoded = decodeReport(report(...varintField(4, severity))).severity;
    expect([1, 2, 3, 4]).not.toContain(decoded);
    expect(decoded === undefined).toBe(severity === 0);
  });
});

describe('text that is not UTF-8', () => {
  const cases: readonly (readonly [string, readonly number[]])[] = [
    ['a byte that begins nothing', [0xff]],
    ['a continuation alone', [0x80]],
    ['a character cut off', [0xe6, 0x97]],
    ['an over-long slash', [0xc0, 0xaf]],
    ['an over-long NUL', [0xc0, 0x80]],
    ['an encoded surrogate', [0xed, 0xa0, 0xbd]],
    ['a pair of encoded surrogates (CESU-8)', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
    ['Latin-1', [0x67, 0x72, 0xf6, 0xdf, 0x65, 0x72]],
    ['a replacement character beside it', [0xef, 0xbf, 0xbd, 0xff]],
  ];
  describe.each(cases)('%s', (_name, bad) => {
    test.each([
      ['request id', bytesField(1, bad)],
      ['dedup key', bytesField(11, bad)],
      ['trace', bytesField(12, bad)],
      ['metadata key', metadata(bytesField(1, [...bytesField(1, bad), ...bytesField(2, textValue('b'))]))],
      ['metadata value', metadata(entry('a', textValue(bad)))],
      ['text in a list', metadata(entry('a', bytesField(6, bytesField(1, textValue(bad)))))],
    ])('as %s', (_field, bytes) => expect(malformed(report(...bytes))).toBe('a text is not UTF-8'));

    test('as type and message', () => {
      expect(malformed(Buffer.from(bytesField(3, bad)))).toBe('a text is not UTF-8');
      expect(malformed(Buffer.from(bytesField(5, bad)))).toBe('a text is not UTF-8');
    });
  });

  test('the generated decoder lets it pass, with another text in its place: why there is a decoder of ours', () => {
    const { dedupKey } = ReportAlertRequest.decode(report(...bytesField(11, [0x61, 0xff])));
    expect(dedupKey).toBe('a\ufffd');
  });

  test('a replacement character that was really sent is let pass', () => {
    expect(decodeReport(report(...bytesField(11, 'a\ufffdb')))).toMatchObject({ dedupKey: 'a\ufffdb' });
  });
});

describe('what may stand once', () => {
  test.each([
    ['request id', bytesField(1, 'a')],
    ['type', bytesField(3, 'A')],
    ['severity', varintField(4, 1)],
    ['message', bytesField(5, 'm')],
    ['metadata', metadata()],
    ['time', bytesField(8, [])],
    ['dedup key', bytesField(11, 'a')],
    ['trace', bytesField(12, '')],
  ])('the %s twice, equal or not', (_name, bytes) => {
    expect(malformed(Buffer.from([...bytes, ...bytes]))).toMatch(/stands more than once$/);
  });

  test.each([
    ['a metadata key', [...entry('a', textValue('1')), ...entry('a', textValue('2'))]],
    ['the empty key', [...entry('', textValue('1')), ...entry('', textValue('2'))]],
    ['__proto__', [...entry('__proto__', bytesField(5, [])), ...entry('__proto__', textValue('2'))]],
    ['a key below', entry('a', bytesField(5, [...entry('b', textValue('1')), ...entry('b', textValue('2'))]))],
    [
      'the key of an entry',
      bytesField(1, [...bytesField(1, 'a'), ...bytesField(1, 'b'), ...bytesField(2, textValue('1'))]),
    ],
    [
      'the value of an entry',
      bytesField(1, [...bytesField(1, 'a'), ...bytesField(2, textValue('1')), ...bytesField(2, textValue('2'))]),
    ],
    ['what a value is', entry('a', [...textValue('1'), ...varintField(4, 1)])],
    ['a text', entry('a', [...textValue('1'), ...textValue('1')])],
  ])('%s twice', (_name, bytes) => {
    expect(malformed(report(...bytesField(6, bytes)))).toMatch(/stands more than once$/);
    expect(pollution()).toEqual([]);
  });

  test.each([
    ['seconds', varintField(1, 1)],
    ['nanos', varintField(2, 1)],
  ])('the %s of a time twice', (_name, bytes) => {
    expect(malformed(report(...bytesField(8, [...bytes, ...bytes])))).toBe('a part of a time stands more than once');
  });
});

describe('what is left out or not known', () => {
  test('nothing at all', () => {
    expect(decodeReport(new Uint8Array())).toEqual({
      type: '',
      message: '',
      metadata: {},
      dedupKey: '',
      traceParent: '',
    });
  });

  test.each([
    ['a value that says nothing', entry('a', []), { a: null }],
    ['an entry without a value', bytesField(1, bytesField(1, 'a')), { a: null }],
    ['an entry without a key', bytesField(1, bytesField(2, textValue('b'))), { '': 'b' }],
    ['an item that says nothing', entry('a', bytesField(6, bytesField(1, []))), { a: [null] }],
    ['a null that is not 0', entry('a', varintField(1, 7)), { a: null }],
    ['a boolean that is not 1', entry('a', varintField(4, 2n ** 63n)), { a: true }],
  ])('%s', (_name, bytes, expected) => {
    expect(decodeReport(report(...bytesField(6, bytes))).metadata).toEqual(expected);
  });

  test('unknown fields are passed over, at any depth, whatever is in them', () => {
    const unknown = [
      ...varintField(20, 2n ** 64n - 1n),
      ...[...tag(21, 1), 1, 2, 3, 4, 5, 6, 7, 8],
      ...bytesField(22, [0xff, 0x00, 0x07]),
      ...[...tag(23, 5), 1, 2, 3, 4],
      ...varintField(20, 1),
    ];
    const facts = metadata(
      bytesField(1, [...bytesField(1, 'a'), ...unknown, ...bytesField(2, [...unknown, ...textValue('b')])]),
      unknown,
    );
    const time = bytesField(8, [...unknown, ...varintField(1, 5)]);
    expect(decodeReport(report(...unknown, ...facts, ...time))).toEqual({
      type: 'SYSTEM_HEALTH',
      message: 'disk',
      metadata: { a: 'b' },
      occurredAt: 5000,
      dedupKey: '',
      traceParent: '',
    });
  });

  test('the fields that only the gateway sets are passed over', () => {
    const forged = [
      ...varintField(2, 99),
      ...bytesField(7, 'somebody-else'),
      ...bytesField(10, 'f'),
      ...bytesField(13, 'i'),
    ];
    expect(decodeReport(report(...forged))).toEqual(decodeReport(report()));
  });
});

describe('small messages that cause much work', () => {
  const fill = (pattern: readonly number[], bytes: number): Buffer => Buffer.alloc(bytes, Buffer.from(pattern));
  const framed = (field: number, body: Uint8Array): Buffer =>
    Buffer.concat([Buffer.from(head(field, body.length)), body]);
  const inMetadata = (body: Uint8Array): Buffer => Buffer.concat([report(), framed(6, body)]);
  const inEntry = (value: Uint8Array): Buffer =>
    inMetadata(framed(1, Buffer.concat([Buffer.from(bytesField(1, 'a')), framed(2, value)])));
  const inList = (items: Uint8Array): Buffer => inEntry(framed(6, items));
  const size = limits.alertBytes - 64;

  test.each([
    ['64 KiB of empty entries', inMetadata(fill([0x0a, 0x00], size))],
    ['64 KiB of empty items', inList(fill([0x0a, 0x00], size))],
    ['64 KiB of empty unknown fields', Buffer.concat([report(), fill([0xa2, 0x01, 0x00], size - (size % 3))])],
    ['64 KiB of unknown numbers', Buffer.concat([report(), fill([0xa0, 0x01, 0x01], size - (size % 3))])],
  ])('%s: refused, in about the time of the generated decoder at most', (_name, bytes) => {
    expect(malformed(bytes)).toMatch(/too many fields|stands more than once/);
    const ours = bestTime(() => decodeReport(bytes));
    const generated = bestTime(() => ReportAlertRequest.decode(bytes));
    expect(ours).toBeLessThan(2 * generated + 25);
  });

  test('a batch of empty alerts costs no more than 256 of them', () => {
    const batch = fill([0x0a, 0x00], limits.batchBytes);
    expect(refusal(() => splitReports(batch)).code).toBe('BATCH_INVALID');
    expect(bestTime(() => splitReports(batch))).toBeLessThan(100);
  });

  test.each([
    ['lists', (length: number) => [...head(6, length + head(1, length).length), ...head(1, length)]],
    [
      'maps',
      (length: number) => {
        const value = head(2, length);
        const item = head(1, value.length + length);
        return [...head(5, item.length + value.length + length), ...item, ...value];
      },
    ],
  ])('%s nested 20,000 deep', (_name, around) => {
    const bytes = inEntry(nested(20_000, around));
    expect(malformed(bytes)).toBe('it is nested deeper than 8 levels');
    expect(bestTime(() => decodeReport(bytes))).toBeLessThan(100);
  });

  test('groups nested 20,000 deep', () => {
    expect(malformed(Buffer.concat([report(), fill(tag(20, 3), 40_000), fill(tag(20, 4), 40_000)]))).toBe(
      'a field has a wire type that is not allowed',
    );
  });
});

describe('splitReports', () => {
  const alerts = (count: number) =>
    Array.from({ length: count }, (_, at) => bytesField(1, [...report(...varintField(20, at))]));
  const batch = (count: number) => Buffer.from(alerts(count).flat());

  test.each([1, 2, 255, 256])('%d alerts', (count) => {
    const reports = splitReports(batch(count));
    expect(reports).toHaveLength(count);
    for (const each of reports) expect(decodeReport(each)).toEqual(decodeReport(report()));
  });

  test.each([0, 257, 1_000])('%d alerts', (count) => {
    const error = refusal(() => splitReports(batch(count)));
    expect([error.code, error.message]).toEqual(['BATCH_INVALID', 'a batch holds 1 to 256 alerts']);
  });

  test('a bad alert is found when it is decoded, and does not touch its neighbours', () => {
    const [first, bad, last] = splitReports(
      Buffer.from([...bytesField(1, [...report()]), ...bytesField(1, [0xff]), ...bytesField(1, [...report()])]),
    );
    expect(decodeReport(first ?? Buffer.of(0))).toMatchObject({ message: 'disk' });
    malformed(bad ?? Buffer.of());
    expect(decodeReport(last ?? Buffer.of(0))).toMatchObject({ message: 'disk' });
  });

  test('unknown fields are passed over; what is malformed is refused', () => {
    expect(splitReports(Buffer.from([...varintField(2, 1), ...bytesField(1, [])]))).toHaveLength(1);
    for (const bad of [varintField(1, 1), [0x0a], [0x0a, 0x05, 0x01], [0x00, 0x01], [...tag(2, 3)]]) {
      expect(refusal(() => splitReports(Buffer.from(bad))).code).toBe('MESSAGE_MALFORMED');
    }
  });
});

test('an alert without a time has that of its receipt', () => {
  expect(decodeAlert(Buffer.from(bytesField(9, varintField(1, 7))))).toMatchObject({
    occurredAt: 7000,
    receivedAt: 7000,
  });
});
