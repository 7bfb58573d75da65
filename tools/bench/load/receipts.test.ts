import { describe, expect, test } from '@jest/globals';
import { ReportAlertsResponse } from '@therapytrain/alerts-api';
import { framed, receiptsBody } from '../payload.ts';
import { createResultCounter } from './receipts.ts';

const receipt = (sequence: bigint) => ({
  result: { $case: 'receipt' as const, value: { alertId: 'a'.repeat(36), sequence, duplicate: false } },
});
const refusal = (message: string) => ({
  result: { $case: 'error' as const, value: { code: 8, message, details: [] } },
});
const answer = (results: ReturnType<typeof receipt | typeof refusal>[]): Buffer =>
  framed(ReportAlertsResponse.encode({ results }).finish());

const stream = Buffer.concat([
  answer([receipt(1n), refusal('short'), receipt(2n ** 40n)]),
  answer([refusal('x'.repeat(500))]),
  framed(receiptsBody(100)),
]);

describe('the result counter', () => {
  test.each([1, 4, 5, 6, 1_000, stream.length])('tells receipts from refusals, in pieces of %d bytes', (size) => {
    const count = createResultCounter();
    const sum = { receipts: 0, refusals: 0, messages: 0 };
    for (let at = 0; at < stream.length; at += size) {
      const { receipts, refusals, messages } = count(stream.subarray(at, at + size));
      sum.receipts += receipts;
      sum.refusals += refusals;
      sum.messages += messages;
    }
    expect(sum).toEqual({ receipts: 102, refusals: 2, messages: 3 });
  });

  test('does not take anything else for results', () => {
    expect(() => createResultCounter()(framed(Buffer.from([0x0a, 0x02, 0x18, 0x01])))).toThrow('not a list of results');
  });
});
