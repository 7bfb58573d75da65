import type { Alert } from '../alert.ts';
import type { AlertFacts } from '../expression.ts';
import type { Metadata, MetadataValue } from '../metadata.ts';
import { Sensitivity } from '../sensitivity.ts';
import { type Conceal, createConceal } from './conceal.ts';
import type { Clearance } from './notice.ts';
import { hiddenIn, leavesOf, type ProjectionFacts, pseudonymLabel, withheldWord } from './projection.ts';

/** What somebody of a clearance may read. */
export interface ReaderView {
  /** True if alerts of every type are shown as they were kept. */
  readonly showsAll: boolean;
  /** The alert, or the facts of an incident, with what may not be read replaced or left out; a new object then. */
  show<T extends Pick<Alert, 'type' | 'message' | 'fingerprint' | 'dedupKey'> & Pick<AlertFacts, 'metadata'>>(
    facts: T,
  ): T;
  /** Any text that was written about the alert, with the values that may not be read replaced. */
  hide(facts: Pick<AlertFacts, 'type' | 'metadata'>, text: string): string;
}

const isMap = (value: unknown): value is Readonly<Record<string, MetadataValue>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

// A value that may be read can still hold one that may not: a resource `/users/u-17`.
const hiddenWithin = (value: MetadataValue, conceal: Conceal): MetadataValue => {
  if (typeof value === 'string') return conceal.hide(value);
  if (Array.isArray(value)) return value.map((each: MetadataValue) => hiddenWithin(each, conceal));
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [conceal.hide(key), hiddenWithin(each, conceal)]),
  );
};

const withheld = '[withheld: it could not be cleared]';

/**
 * Makes the view of a clearance. Of metadata above it PERSONAL values become pseudonyms, the same as channels show;
 * HEALTH and SECRET ones a word that says so; keys that the type does not declare are left out, for their name may be a
 * person's. The values are looked for in the message and in the other metadata too, as the projection does for channels.
 * The fingerprint and the reporter's own name for the thing are made of such values, and become pseudonyms: equal for
 * equal ones, and nothing to try values on.
 */
export const createReaderView = (facts: ProjectionFacts, clearance: Clearance): ReaderView => {
  const { types, pseudonyms } = facts;
  const declaresSecret = (type: string): boolean =>
    Object.values(types.declared.get(type)?.metadata ?? {}).some(({ sensitivity }) => sensitivity > clearance);
  const showsWhole = (type: string): boolean => clearance === Sensitivity.HEALTH && !declaresSecret(type);
  const concealOf = (of: Pick<AlertFacts, 'type' | 'metadata'>): Conceal =>
    createConceal(hiddenIn(facts, clearance, { type: of.type, metadata: of.metadata as Metadata }));
  const metadataOf = (type: string, metadata: Metadata, conceal: Conceal): Metadata =>
    Object.fromEntries(
      Object.entries(metadata).flatMap(([key, value]): (readonly [string, MetadataValue])[] => {
        const sensitivity = types.sensitivityOf(type, key);
        if (sensitivity <= clearance) return [[key, hiddenWithin(value, conceal)]];
        if (!Object.hasOwn(types.declared.get(type)?.metadata ?? {}, key)) return [];
        if (sensitivity !== Sensitivity.PERSONAL) return [[key, withheldWord(sensitivity)]];
        const [first = withheldWord(sensitivity), ...more] = leavesOf(value).map((leaf) =>
          pseudonyms.of(pseudonymLabel(key), leaf),
        );
        return [[key, more.length === 0 ? first : [first, ...more]]];
      }),
    );
  return {
    showsAll: clearance === Sensitivity.HEALTH && ![...types.declared.keys()].some(declaresSecret),
    show: (of) => {
      if (showsWhole(of.type)) return of;
      const conceal = concealOf(of);
      const message = conceal.hide(of.message);
      return {
        ...of,
        message: conceal.isClear(message) ? message : withheld,
        metadata: metadataOf(of.type, of.metadata as Metadata, conceal),
        fingerprint: pseudonyms.digest(of.fingerprint),
        dedupKey: of.dedupKey === '' ? '' : pseudonyms.of('key', of.dedupKey),
      };
    },
    hide: (of, text) => (showsWhole(of.type) ? text : concealOf(of).hide(text)),
  };
};
