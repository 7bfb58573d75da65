import {
  type AlertDraft,
  type AlertSeverity,
  builtInAlertTypes,
  limits,
  type Metadata,
  metadataFaults,
  type MetadataValue,
  severities,
  textFault,
} from '@therapytrain/alerts-core';
import fc from 'fast-check';
import { epoch } from './fake-clock.ts';

const unit = (name: 'grapheme' | 'grapheme-ascii' | 'binary'): fc.Arbitrary<string> => fc.string({ unit: name });

// What people write, what machines write, and any code point at all; what the rules refuse is left out.
const textOf = (maxBytes: number, lines: 'one' | 'many'): fc.Arbitrary<string> =>
  fc
    .oneof(unit('grapheme'), unit('grapheme-ascii'), unit('binary'))
    .filter((text) => !textFault(text, maxBytes, lines));

const keyOf = (): fc.Arbitrary<string> =>
  fc
    .oneof(
      fc.constantFrom('userId', 'ipAddress', 'resource', 'status', 'toString'),
      textOf(limits.metadataKeyBytes, 'one'),
    )
    .filter((key) => !metadataFaults(Object.fromEntries([[key, null]])).length);

/** Metadata that keep every rule: all that JSON has, nested, in any script. */
export const metadataOf = (): fc.Arbitrary<Metadata> => {
  const { value } = fc.letrec<{ value: MetadataValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: limits.metadataDepth - 1, depthSize: 'small', withCrossShrink: true },
      fc.constant(null),
      fc.boolean(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      textOf(limits.metadataValueBytes, 'many'),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(keyOf(), tie('value'), { maxKeys: 4 }),
    ),
  }));
  return fc.dictionary(keyOf(), value, { maxKeys: 8 }).filter((metadata) => !metadataFaults(metadata).length);
};

const firstInstant = Date.parse('0001-01-01T00:00:00Z');
const hexDigits = (length: number): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length })
    .map((each) => each.join(''));

const traceParentOf = (): fc.Arbitrary<string> =>
  fc.tuple(hexDigits(32), hexDigits(16), hexDigits(2)).map((parts) => `00-${parts.join('-')}`);

const severityOf = (): fc.Arbitrary<AlertSeverity> => fc.constantFrom(...severities);

// A type that is not built in has no default, so its severity must be said.
const kindOf = (): fc.Arbitrary<Pick<AlertDraft, 'type' | 'severity'>> =>
  fc.oneof(
    fc.record(
      { type: fc.constantFrom(...Object.keys(builtInAlertTypes)), severity: severityOf() },
      { requiredKeys: ['type'] },
    ),
    fc.record({ type: fc.stringMatching(/^[A-Z][A-Z0-9_]{0,63}$/), severity: severityOf() }),
  );

/** Drafts that keep every rule, with and without what may be left out. None happened after {@link epoch}. */
export const alertDrafts = (): fc.Arbitrary<AlertDraft> =>
  fc
    .tuple(
      kindOf(),
      fc.record(
        {
          message: textOf(limits.messageBytes, 'many').filter((text) => text !== ''),
          requestId: fc.uuid(),
          metadata: metadataOf(),
          occurredAt: fc.integer({ min: firstInstant, max: epoch }),
          dedupKey: textOf(limits.dedupKeyBytes, 'one'),
          traceParent: traceParentOf(),
        },
        { requiredKeys: ['message'] },
      ),
    )
    .map(([kind, said]) => ({ ...kind, ...said }));
