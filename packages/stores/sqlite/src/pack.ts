import type { StampedAlert } from '@therapytrain/alerts-core';
import { uuidSize, writeUuid } from './uuid.ts';

const wordSize = 4;
const headSize = 2 * wordSize + uuidSize;

/**
 * The alerts of a commit in one buffer, so that one hand-over to the writer's thread moves them all: first the lengths
 * of the alerts (32 bits each), then the numbers of their sources (32 bits each), their request ids (16 bytes each),
 * and the alerts themselves.
 */
export interface Packed {
  readonly count: number;
  readonly buffer: ArrayBuffer;
  /** The names of the sources by number. */
  readonly sources: readonly string[];
}

/** One alert of a packed buffer; the bytes are views of it. */
export interface PackedAlert {
  readonly source: number;
  readonly request: Uint8Array;
  readonly encoded: Uint8Array;
}

/** How many bytes alerts take in a packed buffer. */
export const packedSize = (alerts: readonly StampedAlert[]): number => {
  let size = alerts.length * headSize;
  for (const { encoded } of alerts) size += encoded.length;
  return size;
};

interface Layout {
  readonly lengths: Uint32Array<ArrayBuffer>;
  readonly sources: Uint32Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the request ids begin. */
  readonly requestsAt: number;
  /** Where the alerts begin. */
  readonly alertsAt: number;
}

const layOut = (buffer: ArrayBuffer, count: number): Layout => ({
  lengths: new Uint32Array(buffer, 0, count),
  sources: new Uint32Array(buffer, count * wordSize, count),
  bytes: new Uint8Array(buffer),
  requestsAt: 2 * count * wordSize,
  alertsAt: count * headSize,
});

/**
 * Packs the alerts of some calls, which hold `count` alerts and take `size` bytes together. A report without a request
 * id gets the alert's own, which nobody else has.
 */
export const pack = (
  calls: readonly { readonly alerts: readonly StampedAlert[] }[],
  count: number,
  size: number,
): Packed => {
  const buffer = new ArrayBuffer(size);
  const { lengths, sources, bytes, requestsAt, alertsAt } = layOut(buffer, count);
  const numbers = new Map<string, number>();
  let index = 0;
  let at = alertsAt;
  for (const { alerts } of calls) {
    for (const { alert, requestId, encoded } of alerts) {
      let source = numbers.get(alert.source);
      if (source === undefined) numbers.set(alert.source, (source = numbers.size));
      lengths[index] = encoded.length;
      sources[index] = source;
      writeUuid(requestId ?? alert.id, bytes, requestsAt + index * uuidSize);
      bytes.set(encoded, at);
      at += encoded.length;
      index++;
    }
  }
  return { count, buffer, sources: [...numbers.keys()] };
};

/** Reads a packed buffer, alert by alert. */
export function* unpack({ buffer, count }: Packed): Generator<PackedAlert> {
  const { lengths, sources, bytes, requestsAt, alertsAt } = layOut(buffer, count);
  let at = alertsAt;
  for (let index = 0; index < count; index++) {
    const end = at + (lengths[index] ?? 0);
    const request = requestsAt + index * uuidSize;
    yield {
      source: sources[index] ?? 0,
      request: bytes.subarray(request, request + uuidSize),
      encoded: bytes.subarray(at, end),
    };
    at = end;
  }
}
