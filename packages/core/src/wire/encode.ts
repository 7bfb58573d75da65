import type { Alert, AlertDraft } from '../alert.ts';
import { limits } from '../limits.ts';
import type { Metadata, MetadataValue } from '../metadata.ts';
import { type Decision, decisionKindNames } from '../responder/decision.ts';
import { bytesTag, varintTag, wireType } from './reader.ts';
import { varintSize, writeVarint } from './varint.ts';

// What is encoded is bounded by the rules of a draft well below this; `room` grows it for a caller that breaks them.
let scratch = Buffer.allocUnsafeSlow(2 * limits.alertBytes);

const room = (at: number, needed: number): void => {
  if (at + needed <= scratch.length) return;
  const larger = Buffer.allocUnsafeSlow(2 * (at + needed));
  scratch.copy(larger, 0, 0, at);
  scratch = larger;
};

const putVarint = (at: number, value: number): number => {
  room(at, 10);
  return writeVarint(scratch, at, value);
};

const putSigned = (at: number, value: number): number => {
  if (value >= 0) return putVarint(at, value);
  room(at, 10);
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) scratch[at++] = Number(rest & 0x7fn) | 0x80;
  scratch[at++] = Number(rest);
  return at;
};

// Copying characters here is cheaper than a call into Buffer for most texts of an alert. Undefined if it is not ASCII.
const putAscii = (at: number, text: string): number | undefined => {
  const into = scratch;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return undefined;
    into[at + index] = code;
  }
  return at + text.length;
};

const shortText = 48;

const putText = (at: number, tag: number, text: string): number => {
  room(at, 10 + 3 * text.length);
  scratch[at] = tag;
  const from = at + 2;
  const end = text.length <= shortText ? putAscii(from, text) : undefined;
  return closeMessage(from, end ?? from + scratch.write(text, from));
};

const openMessage = (at: number, tag: number): number => {
  room(at, 16);
  scratch[at] = tag;
  return at + 2;
};

// The length of what was written is known only now: one byte was kept for it, and the body is moved if that is short.
const closeMessage = (from: number, to: number): number => {
  const size = to - from;
  if (size < 0x80) {
    scratch[from - 1] = size;
    return to;
  }
  const shift = varintSize(size) - 1;
  room(to, shift);
  scratch.copyWithin(from + shift, from, to);
  writeVarint(scratch, from - 1, size);
  return to + shift;
};

const putTimestamp = (at: number, tag: number, instant: number): number => {
  const from = openMessage(at, tag);
  const seconds = Math.floor(instant / 1000);
  const nanos = (instant - seconds * 1000) * 1_000_000;
  let to = from;
  if (seconds !== 0) {
    scratch[to++] = varintTag(1);
    to = putSigned(to, seconds);
  }
  if (nanos !== 0) {
    scratch[to++] = varintTag(2);
    to = putVarint(to, nanos);
  }
  return closeMessage(from, to);
};

// The body of a google.protobuf.Value. One field is always written: it is a oneof.
const putValue = (at: number, value: MetadataValue): number => {
  room(at, 16);
  switch (typeof value) {
    case 'string':
      return putText(at, bytesTag(3), value);
    case 'number':
      scratch[at] = 2 * 8 + wireType.fixed64;
      scratch.writeDoubleLE(value, at + 1);
      return at + 9;
    case 'boolean':
      scratch[at] = varintTag(4);
      scratch[at + 1] = value ? 1 : 0;
      return at + 2;
    default:
  }
  if (value === null) {
    scratch[at] = varintTag(1);
    scratch[at + 1] = 0;
    return at + 2;
  }
  if (Array.isArray(value)) {
    const from = openMessage(at, bytesTag(6));
    return closeMessage(from, putList(from, value));
  }
  const from = openMessage(at, bytesTag(5));
  return closeMessage(from, putStruct(from, value as Metadata));
};

const putList = (at: number, list: readonly MetadataValue[]): number => {
  for (const item of list) {
    const from = openMessage(at, bytesTag(1));
    at = closeMessage(from, putValue(from, item));
  }
  return at;
};

const putStruct = (at: number, map: Metadata): number => {
  for (const key of Object.keys(map)) {
    const entry = openMessage(at, bytesTag(1));
    const value = openMessage(putText(entry, bytesTag(1), key), bytesTag(2));
    at = closeMessage(entry, closeMessage(value, putValue(value, map[key] ?? null)));
  }
  return at;
};

type Shared = Pick<Alert, 'type' | 'message' | 'metadata' | 'dedupKey' | 'traceParent'> & {
  readonly severity: number;
  readonly occurredAt: number | undefined;
};

const putShared = (at: number, alert: Shared): number => {
  at = putText(at, bytesTag(3), alert.type);
  room(at, 2);
  if (alert.severity !== 0) {
    scratch[at++] = varintTag(4);
    at = putVarint(at, alert.severity);
  }
  at = putText(at, bytesTag(5), alert.message);
  const metadata = openMessage(at, bytesTag(6));
  at = closeMessage(metadata, putStruct(metadata, alert.metadata));
  if (alert.occurredAt !== undefined) at = putTimestamp(at, bytesTag(8), alert.occurredAt);
  if (alert.dedupKey !== '') at = putText(at, bytesTag(11), alert.dedupKey);
  if (alert.traceParent !== '') at = putText(at, bytesTag(12), alert.traceParent);
  return at;
};

const copied = (end: number): Uint8Array => {
  const copy = Buffer.allocUnsafe(end);
  scratch.copy(copy, 0, 0, end);
  return copy;
};

/**
 * Encodes an `Alert` but for its sequence, which only the log knows; {@link withSequence} adds it. The id comes first,
 * so that it stands at the same place of every encoded alert ({@link encodedId}).
 */
export const encodeAlert = (alert: Omit<Alert, 'sequence'>): Uint8Array => {
  let at = putText(0, bytesTag(1), alert.id);
  at = putShared(at, alert);
  at = putText(at, bytesTag(7), alert.source);
  at = putTimestamp(at, bytesTag(9), alert.receivedAt);
  at = putText(at, bytesTag(10), alert.fingerprint);
  return copied(at);
};

/** An encoded alert with its place in the log. Protobuf takes fields in any order. */
export const withSequence = (encoded: Uint8Array, sequence: number): Buffer => {
  const whole = Buffer.allocUnsafe(encoded.length + 1 + varintSize(sequence));
  whole.set(encoded, 0);
  whole[encoded.length] = varintTag(2);
  writeVarint(whole, encoded.length + 1, sequence);
  return whole;
};

const idStart = 2;
const idLength = 36;

/** The id of an alert that {@link encodeAlert} made, without decoding it. */
export const encodedId = (encoded: Uint8Array): string =>
  Buffer.from(encoded.buffer, encoded.byteOffset + idStart, idLength).toString('latin1');

const putField = (at: number, field: number, value: string | number): number => {
  if (value === '' || value === 0) return at;
  if (typeof value === 'string') return putText(at, bytesTag(field), value);
  room(at, 1);
  scratch[at] = varintTag(field);
  return putVarint(at + 1, value);
};

const putDecision = (at: number, decision: Decision): number => {
  at = putField(at, 1, decision.id);
  at = putField(at, 2, decisionKindNames.indexOf(decision.kind) + 1);
  at = putField(at, 3, decision.target);
  at = putField(at, 4, decision.resource);
  at = putField(at, 5, decision.perMinute);
  at = putTimestamp(at, bytesTag(6), decision.from);
  at = putTimestamp(at, bytesTag(7), decision.until);
  at = putField(at, 8, decision.playbook);
  return putField(at, 9, decision.incident);
};

/** Encodes decisions as the field `decisions` of a `DecisionChanges`: many of them at the cost of few. */
export const encodeDecisions = (decisions: readonly Decision[]): Uint8Array => {
  let at = 0;
  for (const decision of decisions) {
    const from = openMessage(at, bytesTag(1));
    at = closeMessage(from, putDecision(from, decision));
  }
  return copied(at);
};

const noText = '';

/** Encodes a `ReportAlertRequest`. The draft must keep the rules; see `checkDraft`. */
export const encodeReport = (draft: AlertDraft): Uint8Array => {
  let at = draft.requestId === undefined ? 0 : putText(0, bytesTag(1), draft.requestId);
  at = putShared(at, {
    type: draft.type,
    severity: draft.severity ?? 0,
    message: draft.message,
    metadata: draft.metadata ?? {},
    occurredAt: draft.occurredAt,
    dedupKey: draft.dedupKey ?? noText,
    traceParent: draft.traceParent ?? noText,
  });
  return copied(at);
};

/** How many bytes a metadata value takes, encoded as a `google.protobuf.Value`. */
export const valueSize = (value: MetadataValue): number => putValue(0, value);
