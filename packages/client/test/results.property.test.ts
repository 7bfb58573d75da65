import { expect, test } from '@jest/globals';
import { ReportAlertsResponse, Status } from '@therapytrain/alerts-api';
import { AlertError, type AppendResult } from '@therapytrain/alerts-core';
import fc from 'fast-check';
import { decodeResults } from '../src/report/results.ts';
import { encodeStatus } from './support/status.ts';

const resultOf = (): fc.Arbitrary<AppendResult> =>
  fc.oneof(
    fc.record({
      alertId: fc.uuid(),
      sequence: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
      duplicate: fc.boolean(),
    }),
    fc
      .tuple(fc.constantFrom('OVERLOADED', 'FIELD_INVALID', 'REQUEST_ID_REUSED'), fc.string())
      .map(([code, message]) => new AlertError(code as 'OVERLOADED', message)),
  );

const encode = (results: readonly AppendResult[]): Buffer =>
  Buffer.from(
    ReportAlertsResponse.encode({
      results: results.map((result) => ({
        result:
          result instanceof AlertError
            ? { $case: 'error', value: Status.decode(encodeStatus(result)) }
            : { $case: 'receipt', value: { ...result, sequence: BigInt(result.sequence) } },
      })),
    }).finish(),
  );

test('the results are those that the generated codec encodes', () => {
  fc.assert(
    fc.property(fc.array(resultOf(), { maxLength: 256 }), (results) => {
      const decoded = decodeResults(encode(results));
      expect(decoded).toHaveLength(results.length);
      for (const [at, result] of results.entries()) {
        if (result instanceof AlertError) {
          expect(decoded[at]).toMatchObject({ code: result.code, message: result.message });
        } else expect(decoded[at]).toEqual(result);
      }
    }),
  );
});

test('bytes that are no results are refused with an error of ours, and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeResults(Buffer.from(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(AlertError);
      }
    }),
  );
});
