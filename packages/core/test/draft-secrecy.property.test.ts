import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { type AlertError, checkDraft } from '@therapytrain/alerts-core';
import fc from 'fast-check';
import { pollution, refusal } from './support/refusal.ts';

/** A value that occurs nowhere by chance: a person's name, an address, a number, or plain words and digits. */
const canaries = fc
  .tuple(fc.stringMatching(/^[a-z]{6}$/), fc.stringMatching(/^[0-9]{6}$/))
  .chain(([word, digits]) =>
    fc.constantFrom(
      `zq${word}${digits}`,
      `${word}.${digits}@example.org`,
      `zq${word}_${digits}`,
      `${word} ${digits}`,
      `10.${digits}.0.1`,
      `${word}\n${digits}`,
      `zq${word}${digits}é`,
    ),
  );

type Plant = (canary: string) => unknown;
const draft = (said: object) => ({ type: 'SYSTEM_HEALTH', message: 'disk', ...said });

/** Each puts the canary where it breaks a rule, or beside something that does. */
const plants: readonly (readonly [string, Plant])[] = [
  ['a type', (canary) => draft({ type: canary })],
  ['a severity', (canary) => draft({ severity: canary })],
  ['a message', (canary) => draft({ message: `${canary}\u0000` })],
  ['a long message', (canary) => draft({ message: canary.repeat(2_000) })],
  ['a time', (canary) => draft({ occurredAt: canary })],
  ['a request id', (canary) => draft({ requestId: canary })],
  ['a dedup key', (canary) => draft({ dedupKey: `${canary}\u0000` })],
  ['a trace', (canary) => draft({ traceParent: canary })],
  ['an unknown key', (canary) => draft({ [canary]: 1 })],
  ['the value of an unknown key', (canary) => draft({ unknown: canary })],
  ['the draft', (canary) => canary],
  ['the metadata', (canary) => draft({ metadata: canary })],
  ['a metadata key', (canary) => draft({ metadata: { [`${canary}\u0000`]: 1 } })],
  ['a metadata key of a bad value', (canary) => draft({ metadata: { [canary]: Number.NaN } })],
  ['a key below', (canary) => draft({ metadata: { component: { [`${canary}\u0000`]: 1 } } })],
  ['a key below, of a bad value', (canary) => draft({ metadata: { component: [{ [canary]: undefined }] } })],
  ['a long key', (canary) => draft({ metadata: { [canary.repeat(20)]: 1 } })],
  ['a metadata value', (canary) => draft({ metadata: { component: `${canary}\u0007` } })],
  ['a value beside a bad one', (canary) => draft({ metadata: { userId: canary, component: undefined } })],
  ['the class of a value', (canary) => draft({ metadata: { component: Object.assign(new Map(), { name: canary }) } })],
  ['a symbol', (canary) => draft({ metadata: { component: Symbol(canary) } })],
  ['a function', (canary) => draft({ metadata: { component: new Function(`return ${JSON.stringify(canary)}`) } })],
  [
    'more keys than are allowed',
    (canary) => draft({ metadata: Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`${canary}${at}`, 1])) }),
  ],
];

/** Everything that may be shown or logged of an error. */
const shown = (error: AlertError): string =>
  [
    error.message,
    String(error),
    JSON.stringify(error),
    JSON.stringify(error.violations),
    error.stack,
    inspect(error, { depth: 9 }),
  ].join('\n');

describe('a refusal never repeats what was said', () => {
  test.each(plants)('%s', (_where, plant) => {
    fc.assert(
      fc.property(canaries, (canary) => {
        const error = refusal(() => checkDraft(plant(canary)));
        expect(error.violations.length).toBeGreaterThan(0);
        const parts = canary.split(/[\s@.]/).filter((part) => part.length >= 6);
        for (const part of [canary, ...parts]) expect(shown(error)).not.toContain(part);
        expect(error.cause).toBeUndefined();
        expect(pollution()).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  test('field and rule are told all the same', () => {
    const error = refusal(() => checkDraft(draft({ metadata: { 'jane.doe': 1n, userId: 2n } })));
    expect(error.message).toBe(
      'metadata[0]: is not what JSON has (null, boolean, number, string, list or map); ' +
        'metadata.userId: is not what JSON has (null, boolean, number, string, list or map)',
    );
  });
});

test('whatever is said, it is checked or refused, and nothing else is thrown', () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withSparseArray: true,
    withTypedArray: true,
  });
  const keys = fc.constantFrom(
    'type',
    'message',
    'severity',
    'metadata',
    'occurredAt',
    'requestId',
    'dedupKey',
    'traceParent',
    '__proto__',
    'x',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        anything,
        fc.dictionary(keys, anything),
        fc.dictionary(fc.string(), anything).map((metadata) => draft({ metadata })),
      ),
      (said) => {
        try {
          checkDraft(said);
        } catch (thrown) {
          expect(thrown).toMatchObject({ name: 'AlertError', code: 'FIELD_INVALID' });
        }
        expect(pollution()).toEqual([]);
      },
    ),
    { numRuns: 5_000 },
  );
});
