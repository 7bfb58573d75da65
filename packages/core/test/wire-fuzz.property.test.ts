import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Alert as WireAlert, ReportAlertRequest } from '@therapytrain/alerts-api';
import {
  AlertError,
  checkDraft,
  decodeAlert,
  decodeReport,
  encodeAlert,
  encodeReport,
  type MetadataValue,
  splitReports,
} from '@therapytrain/alerts-core';
import fc from 'fast-check';
import { alert, draft } from './support/arbitraries.ts';
import { freshSeed, mutated, numbersFrom } from './support/mutations.ts';
import { bytesField, entry } from './support/proto-bytes.ts';
import { pollution } from './support/refusal.ts';

/** How many mutations each test tries; `FUZZ_RUNS` sets another number for a long run, `FUZZ_SEED` repeats one. */
const runs = Number(process.env['FUZZ_RUNS'] ?? 80_000);

const sample = <T>(arbitrary: fc.Arbitrary<T>, seed: number): readonly T[] =>
  fc.sample(arbitrary, { seed, numRuns: 60 });

/** Runs the check on mutations of the corpus, and tells how many were let pass; a failure tells how to repeat it. */
const fuzz = (name: string, corpus: (seed: number) => readonly Uint8Array[], check: (bytes: Uint8Array) => boolean) => {
  const seed = Number(process.env['FUZZ_SEED'] ?? freshSeed());
  const below = numbersFrom(seed);
  const messages = corpus(seed);
  let passed = 0;
  for (let run = 0; run < runs; run++) {
    const bytes = mutated(messages[below(messages.length)] ?? Buffer.of(), below, messages);
    try {
      if (check(bytes)) passed++;
      if ('polluted' in {}) throw new Error('Object.prototype has a new key');
    } catch (thrown) {
      throw new Error(`seed ${seed}, run ${run}: ${Buffer.from(bytes).toString('hex')}`, { cause: thrown });
    }
  }
  expect(pollution()).toEqual([]);
  process.stdout.write(`${name}: ${runs} mutations with seed ${seed}, ${passed} let pass, ${runs - passed} refused\n`);
  // Where all are refused, or none, the mutations miss what they are for.
  expect(passed).toBeGreaterThan(runs / 100);
  expect(passed).toBeLessThan(runs);
};

const refusals = new Set(['MESSAGE_MALFORMED', 'FIELD_INVALID', 'BATCH_INVALID']);

/** What the call gave; undefined if it was refused in the way it may be. Throws whatever else was thrown. */
const given = <T>(act: () => T): T | undefined => {
  try {
    return act();
  } catch (thrown) {
    if (thrown instanceof AlertError && refusals.has(thrown.code)) return undefined;
    throw thrown;
  }
};

// The generated code leaves out what has no value, where ours says null; and drops a byte order mark.
const comparable = (value: unknown): unknown => {
  if (typeof value === 'string') return value.replaceAll('\ufeff', '');
  if (Array.isArray(value)) return value.map((item) => comparable(item) ?? null);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null && item !== undefined)
      .map(([key, item]) => [comparable(key), comparable(item)]),
  );
};

const time = (instant: number | undefined): number | undefined =>
  instant === undefined || Math.abs(instant) > 8.64e15 ? undefined : instant;

// The generated code cuts a severity to 32 bits; the rules refuse it in either form.
const isSmall = (severity: number | undefined): boolean => severity === undefined || severity < 2 ** 31;

const hostile: readonly Uint8Array[] = ['__proto__', 'constructor', 'prototype'].map((key) =>
  Buffer.from([
    ...bytesField(3, 'A'),
    ...bytesField(5, 'm'),
    ...bytesField(6, entry(key, bytesField(5, entry('polluted', [...bytesField(3, 'yes')])))),
  ]),
);

const reports = (seed: number): readonly Uint8Array[] => [...sample(draft, seed).map(encodeReport), ...hostile];

// Nearly every run ends in a refusal, and the stack of an error is most of its cost.
const { stackTraceLimit } = Error;
beforeAll(() => void (Error.stackTraceLimit = 0));
afterAll(() => void (Error.stackTraceLimit = stackTraceLimit));

describe('mutations of well-formed messages are read or refused, and nothing else', () => {
  test('decodeReport, and the rules after it', () => {
    fuzz('decodeReport', reports, (bytes) => {
      const said = given(() => decodeReport(bytes));
      const checked = said && given(() => checkDraft(said));
      // What is let pass by both can be written, and read again as it was.
      if (checked && !isDeepStrictEqual(checkDraft(decodeReport(encodeReport(checked))), checked)) {
        throw new Error('it is read as something else when it is written again');
      }
      return said !== undefined;
    });
  }, 120_000);

  test('decodeReport reads what the generated decoder reads', () => {
    fuzz('decodeReport against the generated decoder', reports, (bytes) => {
      const said = given(() => decodeReport(bytes));
      // A key that sets a prototype is lost by the generated code; ours keeps it for the rules to refuse.
      if (!said || JSON.stringify(said.metadata).includes('"__proto__":')) return said !== undefined;
      const wire = ReportAlertRequest.decode(bytes);
      expect(comparable(said.metadata as MetadataValue)).toEqual(comparable(wire.metadata ?? {}));
      expect(comparable([said.type, said.message, said.dedupKey, said.traceParent, said.requestId ?? ''])).toEqual(
        comparable([wire.type, wire.message, wire.dedupKey, wire.traceParent, wire.requestId]),
      );
      if (isSmall(said.severity)) expect(said.severity ?? 0).toBe(wire.severity);
      const [ours, theirs] = [time(said.occurredAt), time(wire.occurredAt?.getTime())];
      if (ours !== undefined && theirs !== undefined) expect(Math.abs(ours - theirs)).toBeLessThanOrEqual(1);
      return true;
    });
  }, 120_000);

  test('decodeAlert', () => {
    const alerts = (seed: number) => [
      ...sample(alert, seed).map(encodeAlert),
      WireAlert.encode(WireAlert.fromPartial({ id: 'x', message: 'm' })).finish(),
    ];
    fuzz('decodeAlert', alerts, (bytes) => given(() => decodeAlert(bytes)) !== undefined);
  }, 120_000);

  test('splitReports, and each of what it gives', () => {
    const batches = (seed: number): readonly Uint8Array[] => {
      const all = reports(seed);
      return [1, 2, 5, 20].map((count) => Buffer.from(all.slice(0, count).flatMap((each) => bytesField(1, each))));
    };
    fuzz('splitReports', batches, (bytes) => {
      const split = given(() => splitReports(bytes));
      for (const each of split?.slice(0, 3) ?? []) given(() => decodeReport(each));
      return split !== undefined;
    });
  }, 120_000);
});

test('any bytes at all', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      given(() => decodeReport(bytes));
      given(() => decodeAlert(bytes));
      given(() => splitReports(bytes));
    }),
    { numRuns: 20_000 },
  );
});
