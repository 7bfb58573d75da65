import { describe, expect, test } from '@jest/globals';
import { GetAlertResponse, ReportAlertResponse, StreamAlertsResponse, StreamedAlert } from '@therapytrain/alerts-api';
import {
  encodeAlert,
  encodeReceipt,
  joinFields,
  type MessageShape,
  scanMessage,
  withSequence,
} from '@therapytrain/alerts-core';
import fc from 'fast-check';
import { alert } from './support/arbitraries.ts';
import { bytesField, head, tag, varintField } from './support/proto-bytes.ts';
import { refusal } from './support/refusal.ts';

describe('joinFields', () => {
  test('an encoded alert stands in a message as the generated code would put it there', () => {
    fc.assert(
      fc.property(alert, fc.string({ unit: 'binary', maxLength: 300 }), ({ sequence, ...stamped }, cursor) => {
        fc.pre(!cursor.startsWith('\ufeff'));
        const encoded = withSequence(encodeAlert(stamped), sequence);
        const streamed = joinFields([
          [1, encoded],
          [2, cursor],
        ]);
        const event = StreamAlertsResponse.decode(joinFields([[1, streamed]])).event;
        expect(event).toEqual({ $case: 'alert', value: StreamedAlert.decode(streamed) });
        expect(StreamedAlert.decode(streamed).cursor).toBe(cursor);
        expect(GetAlertResponse.decode(joinFields([[1, encoded]])).alert).toEqual(StreamedAlert.decode(streamed).alert);
      }),
    );
  });

  test.each([0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152])('fields of %d bytes', (length) => {
    const joined = joinFields([
      [15, Buffer.alloc(length, 7)],
      [1, 'a'.repeat(length)],
    ]);
    const expected = Buffer.concat([
      Buffer.from(head(15, length)),
      Buffer.alloc(length, 7),
      Buffer.from(head(1, length)),
      Buffer.alloc(length, 'a'),
    ]);
    expect(joined.equals(expected)).toBe(true);
  });

  test('of nothing', () => expect(joinFields([])).toHaveLength(0));
});

test('encodeReceipt says what the generated code says', () => {
  const sequences = fc.oneof(
    fc.integer({ min: 1, max: 300 }),
    fc.maxSafeNat().filter((sequence) => sequence > 0),
  );
  fc.assert(
    fc.property(fc.uuid(), sequences, fc.boolean(), (alertId, sequence, duplicate) => {
      const said = { alertId, sequence: BigInt(sequence), duplicate };
      expect(ReportAlertResponse.decode(encodeReceipt({ alertId, sequence, duplicate }))).toStrictEqual(said);
      expect(Buffer.from(ReportAlertResponse.encode(said).finish())).toEqual(
        encodeReceipt({ alertId, sequence, duplicate }),
      );
    }),
  );
});

describe('scanMessage', () => {
  const shape: MessageShape = { 1: 'number', 2: 'text', 3: { 1: 'text', 2: 'number' }, 31: 'number' };
  const scan = (bytes: readonly number[]): void => scanMessage(Buffer.from(bytes), shape);
  const all = [
    ...varintField(1, 2n ** 64n - 1n),
    ...bytesField(2, 'ü'),
    ...bytesField(3, [...bytesField(1, '日'), ...varintField(2, 0)]),
    ...varintField(31, 1),
  ];

  test('lets pass what is well-formed, whole, in parts, and with unknown fields', () => {
    for (const bytes of [[], all, [...all, ...bytesField(4, [0xff]), ...varintField(32, 1), ...varintField(32, 1)]]) {
      expect(() => scan(bytes)).not.toThrow();
    }
  });

  test.each([
    ['a number twice', [...varintField(1, 1), ...varintField(1, 1)], 'stands more than once'],
    ['field 31 twice', [...varintField(31, 1), ...varintField(31, 1)], 'stands more than once'],
    ['a message twice', [...bytesField(3, []), ...bytesField(3, [])], 'stands more than once'],
    ['a text twice, inside', bytesField(3, [...bytesField(1, ''), ...bytesField(1, '')]), 'stands more than once'],
    ['a number as text', bytesField(1, 'a'), 'wrong wire type'],
    ['a text as a number', varintField(2, 1), 'wrong wire type'],
    ['a message as a number', varintField(3, 1), 'wrong wire type'],
    ['a number as 4 bytes', [...tag(1, 5), 1, 2, 3, 4], 'wrong wire type'],
    ['text that is not UTF-8', bytesField(2, [0xff]), 'not UTF-8'],
    ['text that is not UTF-8, inside', bytesField(3, bytesField(1, [0xc0, 0x80])), 'not UTF-8'],
    ['field number 0', [0x00, 0x01], 'out of range'],
    ['a group', tag(9, 3), 'not allowed'],
    ['a length past the end', [...tag(2, 2), 5, 0x61], 'past the end'],
    [
      'a length past the end of the message around it',
      [...bytesField(3, [...tag(1, 2), 5, 0x61]), ...all],
      'past the end',
    ],
    ['a number cut off', [...tag(1, 0), 0x80], 'middle of a number'],
    ['an over-long number', [...tag(1, 0), ...Array<number>(11).fill(0x80)], 'more than 10 bytes'],
    ['257 fields', Array.from({ length: 257 }, () => varintField(9, 1)).flat(), 'too many fields'],
  ])('refuses %s', (_name, bytes, what) => {
    const error = refusal(() => scan(bytes));
    expect(error.code).toBe('MESSAGE_MALFORMED');
    expect(error.message).toContain(what);
  });

  test('256 fields are let pass', () => {
    expect(() => scan(Array.from({ length: 256 }, () => varintField(9, 1)).flat())).not.toThrow();
  });

  test('any bytes are let pass or refused, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          scanMessage(bytes, shape);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'MESSAGE_MALFORMED' });
        }
      }),
      { numRuns: 5_000 },
    );
  });
});
