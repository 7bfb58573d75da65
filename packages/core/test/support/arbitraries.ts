import {
  type Alert,
  type AlertDraft,
  type Metadata,
  metadataFaults,
  type MetadataValue,
  severities,
  textFault,
} from '@therapytrain/alerts-core';
import fc from 'fast-check';

const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
const lineControls = /[\u0000-\u001f\u007f-\u009f]/g;

/** Any text that a message may be, 1 to `maxLength` characters. The byte order mark is left out: see below. */
export const manyLines = (maxLength: number): fc.Arbitrary<string> =>
  // The generated decoder drops a byte order mark at the beginning of a text, so it cannot say what is right there.
  fc
    .string({ unit: 'binary', minLength: 1, maxLength })
    .map((text) => text.replace(controls, 'é').replace(/^\ufeff/, '𝄞'));

const oneLine = (maxLength: number): fc.Arbitrary<string> =>
  manyLines(maxLength).map((text) => text.replace(lineControls, '日'));

const keys = oneLine(16).filter((key) => !['__proto__', 'constructor', 'prototype'].includes(key));

const numbers = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.constantFrom(0, -0, Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53, -(2 ** 53)),
);

const { value: values } = fc.letrec<{ value: MetadataValue; list: MetadataValue[]; map: Metadata }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 7, withCrossShrink: true },
    fc.oneof(fc.constant(null), fc.boolean(), numbers, manyLines(40), fc.constant('')),
    tie('list'),
    tie('map'),
  ),
  list: fc.array(tie('value'), { maxLength: 4 }),
  map: fc.dictionary(keys, tie('value'), { maxKeys: 4, noNullPrototype: true }),
}));

/** Any value that the rules let pass alone. */
export const metadataValue: fc.Arbitrary<MetadataValue> = values;

/** Any metadata that keep the rules. */
export const metadata: fc.Arbitrary<Metadata> = fc
  .dictionary(keys, values, { maxKeys: 8, noNullPrototype: true })
  .filter((map) => metadataFaults(map).length === 0);

const types = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,63}$/);
const hex = (length: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
const traceParent = fc.oneof(
  fc.constant(''),
  fc.tuple(hex(32), hex(16), hex(2)).map(([trace, span, flags]) => `00-${trace}-${span}-${flags}`),
);

/** Any time that a draft may have. */
export const instants = fc.oneof(
  fc.integer({ min: Date.parse('0001-01-01T00:00:00Z'), max: Date.parse('9999-12-31T23:59:59.999Z') }),
  fc.integer({ min: -2_000, max: 2_000 }),
  fc.constantFrom(0, -1, 1, 999, 1000, -999, -1000, -1001),
);

const severity = fc.constantFrom(...severities);
const dedupKey = fc.oneof(
  fc.constant(''),
  oneLine(64).filter((key) => textFault(key, 256, 'one') === undefined),
);

/** Any draft that keeps the rules and says everything. */
export const fullDraft: fc.Arbitrary<Required<Omit<AlertDraft, 'requestId'>>> = fc.record(
  {
    type: types,
    severity,
    message: manyLines(400),
    metadata,
    occurredAt: instants,
    dedupKey,
    traceParent,
  },
  { noNullPrototype: true },
);

/** Any draft that keeps the rules; what may be left out is left out at times. */
export const draft: fc.Arbitrary<AlertDraft> = fc.record(
  {
    type: types,
    severity,
    message: manyLines(400),
    metadata,
    occurredAt: instants,
    dedupKey,
    traceParent,
    requestId: fc.uuid(),
  },
  { requiredKeys: ['type', 'message'], noNullPrototype: true },
);

/** Any alert that was accepted, with a place in the log. */
export const alert: fc.Arbitrary<Alert> = fc.record(
  {
    id: fc.uuid({ version: 7 }),
    sequence: fc.oneof(
      fc.integer({ min: 1, max: 300 }),
      fc.maxSafeNat().filter((sequence) => sequence > 0),
    ),
    type: types,
    severity,
    message: manyLines(400),
    metadata,
    source: fc.stringMatching(/^[a-z0-9._-]{1,64}$/),
    occurredAt: instants,
    receivedAt: instants,
    fingerprint: hex(32),
    dedupKey,
    traceParent,
  },
  { noNullPrototype: true },
);
