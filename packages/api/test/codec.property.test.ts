import { createFileRegistry, type DescMessage, fromBinary, toBinary, toJson } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from '@jest/globals';
import {
  Alert,
  descriptorSet,
  ErrorInfo,
  ListAlertsRequest,
  ReportAlertRequest,
  ReportAlertsResponse,
  Status,
  StreamAlertsRequest,
  StreamAlertsResponse,
} from '@therapytrain/alerts-api';
import fc from 'fast-check';

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet()));
const schema = (name: string): DescMessage => {
  const found = registry.getMessage(name);
  if (!found) throw new Error(`there is no message ${name}`);
  return found;
};

interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

// A byte order mark at the beginning of a text is dropped by the generated decoder.
const texts = fc.string({ unit: 'binary', maxLength: 60 }).filter((text) => !text.startsWith('\ufeff'));
const times = fc.option(fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }), {
  nil: undefined,
});
const sequences = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const severity = fc.constantFrom(0, 1, 2, 3, 4, -1).filter((each) => each !== -1) as fc.Arbitrary<0 | 1 | 2 | 3 | 4>;
const { value: json } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.oneof(fc.constant(null), fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true }), texts),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(texts, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}));
const struct = fc
  .dictionary(
    texts.filter((key) => key !== '__proto__'),
    json,
    { maxKeys: 4, noNullPrototype: true },
  )
  .map((map) => map as { [key: string]: unknown });
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(model, { noNullPrototype: true });

const alert: fc.Arbitrary<Alert> = record<Alert>({
  id: texts,
  sequence: sequences,
  type: texts,
  severity,
  message: texts,
  metadata: fc.option(struct, { nil: undefined }),
  source: texts,
  occurredAt: times,
  receivedAt: times,
  fingerprint: texts,
  dedupKey: texts,
  traceParent: texts,
  incidentId: texts,
});
const report: fc.Arbitrary<ReportAlertRequest> = record<ReportAlertRequest>({
  requestId: texts,
  type: texts,
  severity,
  message: texts,
  metadata: fc.option(struct, { nil: undefined }),
  occurredAt: times,
  dedupKey: texts,
  traceParent: texts,
});
const start: fc.Arbitrary<StreamAlertsRequest['start']> = fc.oneof(
  fc.constant(undefined),
  record<{ $case: 'cursor'; value: string }>({ $case: fc.constant('cursor'), value: texts }),
  record<{ $case: 'fromStart'; value: boolean }>({ $case: fc.constant('fromStart'), value: fc.boolean() }),
);
const event: fc.Arbitrary<StreamAlertsResponse> = fc
  .oneof(
    record({
      $case: fc.constant('alert' as const),
      value: record({ alert: fc.option(alert, { nil: undefined }), cursor: texts }),
    }),
    record({ $case: fc.constant('heartbeat' as const), value: record({ cursor: texts, serverTime: times }) }),
  )
  .map((value) => ({ event: value }));

/** The generated code reads what it wrote, and another implementation, by the published descriptors, reads the same. */
const agree = <T>(name: string, codec: Codec<T>, messages: fc.Arbitrary<T>): void => {
  const independent = schema(name);
  fc.assert(
    fc.property(messages, (message) => {
      const bytes = codec.encode(message).finish();
      expect(codec.decode(bytes)).toEqual(message);
      const read = fromBinary(independent, bytes);
      expect(read.$unknown).toBeUndefined();
      expect(codec.decode(toBinary(independent, read))).toEqual(message);
    }),
    { numRuns: 200 },
  );
};

describe('the generated code and protobuf-es agree', () => {
  test('Alert', () => agree('therapytrain.alerts.v1.Alert', Alert, alert));
  test('ReportAlertRequest', () => agree('therapytrain.alerts.v1.ReportAlertRequest', ReportAlertRequest, report));
  test('StreamAlertsRequest', () =>
    agree(
      'therapytrain.alerts.v1.StreamAlertsRequest',
      StreamAlertsRequest,
      record<StreamAlertsRequest>({ filter: texts, start }),
    ));
  test('StreamAlertsResponse', () => agree('therapytrain.alerts.v1.StreamAlertsResponse', StreamAlertsResponse, event));
  test('ListAlertsRequest, also with a negative page size', () =>
    agree(
      'therapytrain.alerts.v1.ListAlertsRequest',
      ListAlertsRequest,
      record<ListAlertsRequest>({ pageSize: fc.integer(), pageToken: texts, filter: texts }),
    ));

  test('an error, with its reason, inside a batch', () => {
    const info = ErrorInfo.fromPartial({
      reason: 'FIELD_INVALID',
      domain: 'alerts.therapytrain',
      metadata: { limit: '1' },
    });
    const value = Buffer.from(ErrorInfo.encode(info).finish());
    const typeUrl = 'type.googleapis.com/google.rpc.ErrorInfo';
    const error = Status.fromPartial({ code: 3, message: 'message: is empty', details: [{ typeUrl, value }] });
    const batch: ReportAlertsResponse = { results: [{ result: { $case: 'error', value: error } }] };
    const bytes = ReportAlertsResponse.encode(batch).finish();
    expect(ReportAlertsResponse.decode(bytes)).toEqual(batch);
    const read = fromBinary(schema('therapytrain.alerts.v1.ReportAlertsResponse'), bytes);
    expect(read).toMatchObject({
      results: [
        { result: { case: 'error', value: { code: 3, message: 'message: is empty', details: [{ typeUrl }] } } },
      ],
    });
    expect(ErrorInfo.decode(value)).toEqual(info);
  });
});

// What callers must know of the generated code. A newer generator may mend it: then these fail, and what works round
// them can go.
describe('known faults of the generated code', () => {
  test('a time before 1970 with a part of a second is encoded with negative nanoseconds, which nobody may accept', () => {
    const bytes = ReportAlertRequest.encode(ReportAlertRequest.fromPartial({ occurredAt: new Date(-1) })).finish();
    const read = fromBinary(schema('therapytrain.alerts.v1.ReportAlertRequest'), bytes);
    expect(() => toJson(schema('therapytrain.alerts.v1.ReportAlertRequest'), read)).toThrow(/nanos|Timestamp/);
  });

  test('the decoder takes field number 0 and text that is not UTF-8', () => {
    expect(ReportAlertRequest.decode(Buffer.from([0x02, 0x01, 0x61])).message).toBe('');
    expect(ReportAlertRequest.decode(Buffer.from([0x2a, 0x01, 0xff])).message).toBe('\ufffd');
    expect(() =>
      fromBinary(schema('therapytrain.alerts.v1.ReportAlertRequest'), Buffer.from([0x2a, 0x01, 0xff])),
    ).toThrow();
  });
});
