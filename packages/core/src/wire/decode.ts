import type { Alert, AlertDraft } from '../alert.ts';
import { AlertError, fieldError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Metadata, MetadataValue } from '../metadata.ts';
import type { AlertSeverity } from '../severity.ts';
import { asBuffer, bytesTag, repeated, tooDeep, varintTag, WireReader, wireType, wrongType } from './reader.ts';

const wireDepth = limits.metadataDepth + 1;

/** Passes over an unknown field; one of the known ones, 1 to `known`, is here because its wire type is another. */
const skipUnknown = (reader: WireReader, tag: number, end: number, known: number, name: string): void => {
  if (tag < 8 * (known + 1)) throw wrongType(name);
  reader.skip(tag, end);
};

/** Which of the fields below 32 were seen, with one more; throws if that one was seen before. */
const seenOnce = (seen: number, field: number, name: string): number => {
  const bit = 1 << field;
  if (seen & bit) throw repeated(name);
  return seen | bit;
};

/** Reads a `google.protobuf.Timestamp`, to the millisecond. */
export const readTimestamp = (reader: WireReader, end: number): number => {
  const to = reader.span(end);
  let seconds = 0;
  let nanos = 0;
  let seen = 0;
  while (reader.at < to) {
    const tag = reader.tag(to);
    if (tag < 8 * 3) seen = seenOnce(seen, tag >>> 3, 'a part of a time');
    if (tag === varintTag(1)) seconds = reader.signed(to);
    else if (tag === varintTag(2)) nanos = reader.signed(to);
    else skipUnknown(reader, tag, to, 2, 'a part of a time');
  }
  if (nanos < 0 || nanos > 999_999_999) {
    throw fieldError([{ field: 'occurredAt', rule: 'has nanos that are not from 0 to 999,999,999' }]);
  }
  return seconds * 1000 + Math.floor(nanos / 1_000_000);
};

// google.protobuf.ListValue
const readList = (reader: WireReader, end: number, depth: number): MetadataValue[] => {
  const to = reader.span(end);
  const list: MetadataValue[] = [];
  while (reader.at < to) {
    const tag = reader.tag(to);
    if (tag === bytesTag(1)) list.push(readValue(reader, to, depth));
    else skipUnknown(reader, tag, to, 1, 'an item of a list');
  }
  return list;
};

// google.protobuf.Value; one that says nothing is null, as in JSON.
const readValue = (reader: WireReader, end: number, depth: number): MetadataValue => {
  if (depth > wireDepth) throw tooDeep(limits.metadataDepth);
  const to = reader.span(end);
  let value: MetadataValue = null;
  let read = false;
  while (reader.at < to) {
    const tag = reader.tag(to);
    if (tag < 8 * 7) {
      if (read) throw repeated('a metadata value');
      read = true;
    }
    if (tag === bytesTag(3)) value = reader.text(to);
    else if (tag === 2 * 8 + wireType.fixed64) value = reader.double(to);
    else if (tag === varintTag(4)) value = reader.varint(to) !== 0;
    else if (tag === varintTag(1)) {
      reader.varint(to);
      value = null;
    } else if (tag === bytesTag(5)) value = readStruct(reader, to, depth + 1);
    else if (tag === bytesTag(6)) value = readList(reader, to, depth + 1);
    else skipUnknown(reader, tag, to, 6, 'a metadata value');
  }
  return value;
};

const readEntry = (reader: WireReader, end: number, depth: number, into: Record<string, MetadataValue>): void => {
  const to = reader.span(end);
  let key = '';
  let value: MetadataValue = null;
  let seen = 0;
  while (reader.at < to) {
    const tag = reader.tag(to);
    if (tag < 8 * 3) seen = seenOnce(seen, tag >>> 3, 'a part of a metadata entry');
    if (tag === bytesTag(1)) key = reader.text(to);
    else if (tag === bytesTag(2)) value = readValue(reader, to, depth);
    else skipUnknown(reader, tag, to, 2, 'a part of a metadata entry');
  }
  if (Object.hasOwn(into, key)) throw repeated('a metadata key');
  // An own property whatever the key is: plain assignment to `__proto__` would set the prototype instead.
  if (key === '__proto__') Object.defineProperty(into, key, { value, enumerable: true });
  else into[key] = value;
};

// google.protobuf.Struct
const readStruct = (reader: WireReader, end: number, depth: number): Metadata => {
  if (depth > wireDepth) throw tooDeep(limits.metadataDepth);
  const to = reader.span(end);
  const map: Record<string, MetadataValue> = {};
  while (reader.at < to) {
    const tag = reader.tag(to);
    if (tag === bytesTag(1)) readEntry(reader, to, depth, map);
    else skipUnknown(reader, tag, to, 1, 'a metadata entry');
  }
  return map;
};

/** The fields that a report and an alert share, under the numbers of the contract. */
interface SharedFields {
  type: string;
  severity: number;
  message: string;
  metadata: Metadata;
  occurredAt: number | undefined;
  dedupKey: string;
  traceParent: string;
}

const fieldNames: Readonly<Record<number, string>> = {
  1: 'the id',
  3: 'type',
  4: 'severity',
  5: 'message',
  6: 'metadata',
  8: 'occurred_at',
  11: 'dedup_key',
  12: 'trace_parent',
};

// True if the field was one of the shared ones.
const readShared = (reader: WireReader, tag: number, end: number, into: SharedFields): boolean => {
  switch (tag) {
    case bytesTag(3):
      into.type = reader.text(end);
      return true;
    case varintTag(4):
      into.severity = reader.varint(end);
      return true;
    case bytesTag(5):
      into.message = reader.text(end);
      return true;
    case bytesTag(6):
      into.metadata = readStruct(reader, end, 0);
      return true;
    case bytesTag(8):
      into.occurredAt = readTimestamp(reader, end);
      return true;
    case bytesTag(11):
      into.dedupKey = reader.text(end);
      return true;
    case bytesTag(12):
      into.traceParent = reader.text(end);
      return true;
    default:
      return false;
  }
};

const noFields = (): SharedFields => ({
  type: '',
  severity: 0,
  message: '',
  metadata: {},
  occurredAt: undefined,
  dedupKey: '',
  traceParent: '',
});

const readReport = (reader: WireReader, end: number): AlertDraft => {
  const fields = noFields();
  let requestId = '';
  let seen = 0;
  while (reader.at < end) {
    const tag = reader.tag(end);
    const field = tag >>> 3;
    const name = field < 32 ? fieldNames[field] : undefined;
    if (name !== undefined) seen = seenOnce(seen, field, name);
    if (tag === bytesTag(1)) requestId = reader.text(end);
    else if (!readShared(reader, tag, end, fields)) {
      if (name !== undefined) throw wrongType(name);
      reader.skip(tag, end);
    }
  }
  const { type, severity, message, metadata, occurredAt, dedupKey, traceParent } = fields;
  const draft: AlertDraft = { type, message, metadata, dedupKey, traceParent };
  if (requestId !== '') draft.requestId = requestId;
  // What is not a severity is left for the rules to refuse.
  if (severity !== 0) draft.severity = severity as AlertSeverity;
  if (occurredAt !== undefined) draft.occurredAt = occurredAt;
  return draft;
};

/**
 * Decodes a `ReportAlertRequest`, strictly: beyond what `WireReader` refuses, a singular field or a metadata key that
 * stands twice, and a known field of another wire type, at any depth. Unknown fields are dropped. The draft is not
 * checked yet.
 */
export const decodeReport = (message: Uint8Array): AlertDraft => {
  const buffer = asBuffer(message);
  return readReport(new WireReader(buffer, limits.alertFields), buffer.length);
};

/**
 * Splits a `ReportAlertsRequest` into its alerts without decoding them, so that one bad alert does not touch its
 * neighbours. Throws `BATCH_INVALID` for none or more than 256.
 */
export const splitReports = (message: Uint8Array): readonly Uint8Array[] => {
  const buffer = asBuffer(message);
  const reader = new WireReader(buffer, limits.batchAlerts + 8);
  const reports: Uint8Array[] = [];
  while (reader.at < buffer.length) {
    const tag = reader.tag(buffer.length);
    if (tag !== bytesTag(1)) {
      skipUnknown(reader, tag, buffer.length, 1, 'alerts');
      continue;
    }
    const to = reader.span(buffer.length);
    reports.push(buffer.subarray(reader.at, to));
    reader.at = to;
    if (reports.length > limits.batchAlerts) break;
  }
  if (reports.length === 0 || reports.length > limits.batchAlerts) {
    throw new AlertError('BATCH_INVALID', `a batch holds 1 to ${limits.batchAlerts} alerts`);
  }
  return reports;
};

/**
 * Decodes an `Alert` that `encodeAlert` made. Anything else is at best a guess, at worst `MESSAGE_MALFORMED` or
 * `FIELD_INVALID` (a time that is none).
 */
export const decodeAlert = (message: Uint8Array): Alert => {
  const buffer = asBuffer(message);
  const reader = new WireReader(buffer, limits.alertFields + 64);
  const end = buffer.length;
  const fields = noFields();
  const own = { id: '', sequence: 0, source: '', receivedAt: 0, fingerprint: '' };
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === bytesTag(1)) own.id = reader.text(end);
    else if (tag === varintTag(2)) own.sequence = reader.varint(end);
    else if (tag === bytesTag(7)) own.source = reader.text(end);
    else if (tag === bytesTag(9)) own.receivedAt = readTimestamp(reader, end);
    else if (tag === bytesTag(10)) own.fingerprint = reader.text(end);
    else if (!readShared(reader, tag, end, fields)) reader.skip(tag, end);
  }
  const { severity, occurredAt, ...rest } = fields;
  return { ...own, ...rest, severity: severity as AlertSeverity, occurredAt: occurredAt ?? own.receivedAt };
};
