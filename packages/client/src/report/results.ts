import {
  AlertError,
  type AppendResult,
  bytesTag,
  limits,
  type Receipt,
  varintTag,
  WireReader,
} from '@therapytrain/alerts-core';
import { errorOfStatus } from '../status.ts';

// Per result: its own tag, that of the receipt, and the receipt's fields; and room for a few that are not known yet.
const fieldBudget = 16 * limits.batchAlerts;

// ReportAlertResponse
const readReceipt = (reader: WireReader, end: number): Receipt => {
  const to = reader.span(end);
  let alertId = '';
  let sequence = 0;
  let duplicate = false;
  while (reader.at < to) {
    const tag = reader.tag(to);
    if (tag === bytesTag(1)) alertId = reader.text(to);
    else if (tag === varintTag(2)) sequence = reader.varint(to);
    else if (tag === varintTag(3)) duplicate = reader.varint(to) !== 0;
    else reader.skip(tag, to);
  }
  return { alertId, sequence, duplicate };
};

// ReportAlertResult
const readResult = (reader: WireReader, end: number): AppendResult => {
  const to = reader.span(end);
  let result: AppendResult | undefined;
  while (reader.at < to) {
    const tag = reader.tag(to);
    if (tag === bytesTag(1)) result = readReceipt(reader, to);
    else if (tag === bytesTag(2)) {
      const until = reader.span(to);
      result = errorOfStatus(reader.buffer.subarray(reader.at, until));
      reader.at = until;
    } else reader.skip(tag, to);
  }
  return result ?? new AlertError('DEFECT', 'the gateway gave a result that says nothing');
};

/**
 * Decodes a `ReportAlertsResponse`: what became of each alert, in their order. By hand, since it is on the path of every
 * report. Throws `MESSAGE_MALFORMED`.
 */
export const decodeResults = (message: Buffer): readonly AppendResult[] => {
  const reader = new WireReader(message, fieldBudget);
  const results: AppendResult[] = [];
  while (reader.at < message.length) {
    const tag = reader.tag(message.length);
    if (tag === bytesTag(1)) results.push(readResult(reader, message.length));
    else reader.skip(tag, message.length);
  }
  return results;
};
