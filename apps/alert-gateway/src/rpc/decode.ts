import { AlertError, limits, type MessageShape, scanMessage } from '@therapytrain/alerts-core';

const timestamp: MessageShape = { 1: 'number', 2: 'number' };

/** What may stand in the messages that the generated codec decodes. */
export const shapes = {
  GetAlertRequest: { 1: 'text' },
  ListAlertsRequest: { 1: 'number', 2: 'text', 3: 'text' },
  StreamAlertsRequest: { 1: 'text', 2: 'text', 3: timestamp, 4: 'number' },
} as const satisfies Record<string, MessageShape>;

/**
 * Decodes with the generated codec after a strict look at the bytes, since the codec takes field number 0 for a field,
 * passes over a field of the wrong wire type and mends text that is not UTF-8. Throws `MESSAGE_MALFORMED`.
 */
export const decodeStrictly = <T>(bytes: Buffer, shape: MessageShape, decode: (bytes: Buffer) => T): T => {
  if (bytes.length > limits.alertBytes) {
    throw new AlertError('MESSAGE_MALFORMED', `malformed message: it is longer than ${limits.alertBytes} bytes`);
  }
  scanMessage(bytes, shape);
  try {
    return decode(bytes);
  } catch (cause) {
    throw new AlertError('MESSAGE_MALFORMED', 'malformed message: it does not decode', { cause });
  }
};
