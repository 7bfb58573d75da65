import { Draining, Heartbeat } from '@therapytrain/alerts-api';
import { type Alert, AlertError, decodeAlert, type Millis, WireReader, wireType } from '@therapytrain/alerts-core';

/** What a stream of alerts tells. */
export type StreamEvent =
  | { readonly kind: 'alert'; readonly alert: Alert; readonly cursor: string }
  | { readonly kind: 'heartbeat'; readonly cursor: string }
  | { readonly kind: 'draining'; readonly cursor: string; readonly retryDelay: Millis }
  | { readonly kind: 'unknown' };

const bytes = (field: number): number => field * 8 + wireType.bytes;

// StreamedAlert
const readAlert = (message: Buffer): StreamEvent => {
  const reader = new WireReader(message, 16);
  let alert: Alert | undefined;
  let cursor = '';
  while (reader.at < message.length) {
    const tag = reader.tag(message.length);
    if (tag === bytes(1)) {
      const to = reader.span(message.length);
      alert = decodeAlert(message.subarray(reader.at, to));
      reader.at = to;
    } else if (tag === bytes(2)) cursor = reader.text(message.length);
    else reader.skip(tag, message.length);
  }
  if (!alert) throw new AlertError('MESSAGE_MALFORMED', 'malformed message: an event has no alert');
  return { kind: 'alert', alert, cursor };
};

const readDraining = (message: Buffer): StreamEvent => {
  const { cursor, retryDelay } = Draining.decode(message);
  const wait = retryDelay ? Number(retryDelay.seconds) * 1000 + retryDelay.nanos / 1_000_000 : 0;
  return { kind: 'draining', cursor, retryDelay: wait };
};

const readAnyEvent = (message: Buffer): StreamEvent => {
  const reader = new WireReader(message, 16);
  let event: StreamEvent = { kind: 'unknown' };
  while (reader.at < message.length) {
    const tag = reader.tag(message.length);
    if (tag % 8 !== wireType.bytes) {
      reader.skip(tag, message.length);
      continue;
    }
    const to = reader.span(message.length);
    const body = message.subarray(reader.at, to);
    if (tag === bytes(1)) event = readAlert(body);
    else if (tag === bytes(2)) event = { kind: 'heartbeat', cursor: Heartbeat.decode(body).cursor };
    else if (tag === bytes(3)) event = readDraining(body);
    reader.at = to;
  }
  return event;
};

/** Decodes a `StreamAlertsResponse`; an event of a kind that only a later gateway has is `unknown`. Throws `MESSAGE_MALFORMED`. */
export const readEvent = (message: Buffer): StreamEvent => {
  try {
    return readAnyEvent(message);
  } catch (cause) {
    if (cause instanceof AlertError) throw cause;
    throw new AlertError('MESSAGE_MALFORMED', 'malformed message: an event does not decode', { cause });
  }
};
