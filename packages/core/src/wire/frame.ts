import type { Receipt } from '../log.ts';
import { varintSize, writeVarint } from './varint.ts';

/** A field of a message that is already encoded: its number (1 to 15) and its bytes or text. */
export type EncodedField = readonly [field: number, value: Uint8Array | string];

const lengthDelimited = 2;

/** Makes one message of fields that are encoded already, in their order; nothing is decoded or checked. */
export const joinFields = (fields: readonly EncodedField[]): Buffer => {
  let size = 0;
  for (const [, value] of fields) {
    const length = typeof value === 'string' ? Buffer.byteLength(value) : value.length;
    size += 1 + varintSize(length) + length;
  }
  const whole = Buffer.allocUnsafe(size);
  let at = 0;
  for (const [field, value] of fields) {
    whole[at] = field * 8 + lengthDelimited;
    at = writeVarint(whole, at + 1, typeof value === 'string' ? Buffer.byteLength(value) : value.length);
    if (typeof value === 'string') at += whole.write(value, at);
    else {
      whole.set(value, at);
      at += value.length;
    }
  }
  return whole;
};

const alertIdTag = 8 + lengthDelimited;
const sequenceTag = 2 * 8;
const duplicateTag = 3 * 8;

/** Encodes a `ReportAlertResponse`. */
export const encodeReceipt = ({ alertId, sequence, duplicate }: Receipt): Buffer => {
  const size = 3 + alertId.length + varintSize(sequence) + (duplicate ? 2 : 0);
  const whole = Buffer.allocUnsafe(size);
  whole[0] = alertIdTag;
  whole[1] = alertId.length;
  let at = 2 + whole.write(alertId, 2, 'latin1');
  whole[at] = sequenceTag;
  at = writeVarint(whole, at + 1, sequence);
  if (duplicate) {
    whole[at] = duplicateTag;
    whole[at + 1] = 1;
  }
  return whole;
};
