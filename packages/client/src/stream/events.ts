import { Draining, Heartbeat } from '@therapytrain/alerts-api';
import { type Alert, AlertError, bytesTag, decodeAlert, WireReader, wireType } from '@therapytrain/alerts-core';
import { type Farewell, millisOf, readingSafely, type UnknownEvent } from './following.ts';

/** What a stream of alerts tells. */
export type StreamEvent =
  | { readonly kind: 'alert'; readonly alert: Alert; readonly cursor: string }
  | { readonly kind: 'heartbeat'; readonly cursor: string };

type WireEvent = StreamEvent | Farewell | UnknownEvent;

// StreamedAlert
const readAlert = (message: Buffer): StreamEvent => {
  const reader = new WireReader(message, 16);
  let alert: Alert | undefined;
  let cursor = '';
  while (reader.at < message.length) {
    const tag = reader.tag(message.length);
    if (tag === bytesTag(1)) {
      const to = reader.span(message.length);
      alert = decodeAlert(message.subarray(reader.at, to));
      reader.at = to;
    } else if (tag === bytesTag(2)) cursor = reader.text(message.length);
    else reader.skip(tag, message.length);
  }
  if (!alert) throw new AlertError('MESSAGE_MALFORMED', 'malformed message: an event has no alert');
  return { kind: 'alert', alert, cursor };
};

const readDraining = (message: Buffer): Farewell => {
  const { cursor, retryDelay } = Draining.decode(message);
  return { kind: 'draining', cursor, retryDelay: millisOf(retryDelay) };
};

const readAnyEvent = (message: Buffer): WireEvent => {
  const reader = new WireReader(message, 16);
  let event: WireEvent = { kind: 'unknown' };
  while (reader.at < message.length) {
    const tag = reader.tag(message.length);
    if (tag % 8 !== wireType.bytes) {
      reader.skip(tag, message.length);
      continue;
    }
    const to = reader.span(message.length);
    const body = message.subarray(reader.at, to);
    if (tag === bytesTag(1)) event = readAlert(body);
    else if (tag === bytesTag(2)) event = { kind: 'heartbeat', cursor: Heartbeat.decode(body).cursor };
    else if (tag === bytesTag(3)) event = readDraining(body);
    reader.at = to;
  }
  return event;
};

/** Decodes a `StreamAlertsResponse`; an event of a kind that only a later gateway has is `unknown`. Throws `MESSAGE_MALFORMED`. */
export const readEvent = readingSafely(readAnyEvent);
