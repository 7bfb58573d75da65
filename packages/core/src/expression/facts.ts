import { type CelInput, type CelMap, celList, celMap } from '@bufbuild/cel';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { AlertFacts } from '../expression.ts';

/** The names of `types.ts` as the engine reads them. Each value is made when it is first asked for. */
export type FactsView = Readonly<Record<string, CelInput>>;

let latest: (View & FactsView) | undefined;

/** The view of one alert. The latest is kept, because an alert meets many expressions in a row. */
export function factsView(facts: AlertFacts): FactsView {
  if (latest?.[FACTS] !== facts) latest = createView(facts);
  return latest;
}

const FACTS = Symbol('facts');
const METADATA = Symbol('metadata');

interface View {
  [FACTS]: AlertFacts;
  /** Made at its first use, so that what is read from it is converted once. */
  [METADATA]: CelMap | undefined;
}

/** Nothing is inherited from JavaScript, so none of its names can be mistaken for one of ours. */
const names: ThisType<View> & FactsView = {
  __proto__: null,
  LOW: 1n,
  MEDIUM: 2n,
  HIGH: 3n,
  CRITICAL: 4n,
  get type() {
    return this[FACTS].type;
  },
  get severity() {
    return BigInt(this[FACTS].severity);
  },
  get message() {
    return this[FACTS].message;
  },
  get source() {
    return this[FACTS].source;
  },
  get metadata() {
    return (this[METADATA] ??= recordMap(this[FACTS].metadata));
  },
  get fingerprint() {
    return this[FACTS].fingerprint;
  },
  get dedup_key() {
    return this[FACTS].dedupKey;
  },
  get occurred_at() {
    return timestampFromMs(this[FACTS].occurredAt);
  },
  get received_at() {
    return timestampFromMs(this[FACTS].receivedAt);
  },
};

function createView(facts: AlertFacts): View & FactsView {
  const view = Object.create(names) as View & FactsView;
  view[FACTS] = facts;
  view[METADATA] = undefined;
  return view;
}

/**
 * A record as a CEL map: its own enumerable keys and nothing inherited, read when they are asked for. The
 * engine's own map of a plain object refuses one that has no prototype or a key `constructor`, and says
 * that a key whose value is null is not there.
 */
function recordMap(record: Readonly<Record<string, unknown>>): CelMap {
  const wrapped = new Map<string, CelInput>();
  const has = (key: unknown): key is string =>
    typeof key === 'string' && Object.prototype.propertyIsEnumerable.call(record, key) && record[key] !== undefined;
  const get = (key: unknown): CelInput | undefined => {
    if (!has(key)) return undefined;
    const value = record[key];
    if (typeof value !== 'object') return toCel(value);
    const known = wrapped.get(key) ?? toCel(value);
    wrapped.set(key, known);
    return known;
  };
  const keys = () => Object.keys(record).filter(has);
  const entries = function* (): Generator<[string, CelInput], undefined> {
    for (const key of keys()) yield [key, get(key) ?? null];
  };
  const native: ReadonlyMap<string, CelInput> = {
    get size() {
      return keys().length;
    },
    has,
    get,
    keys: () => keys().values(),
    values: () => entries().map(([, value]) => value),
    entries,
    forEach: (each) => entries().forEach(([key, value]) => each(value, key, native)),
    [Symbol.iterator]: entries,
  };
  return Object.assign(celMap(native), { has });
}

function toCel(value: unknown): CelInput {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'bigint':
      return value;
    case 'object':
      if (value === null) return null;
      if (Array.isArray(value)) return celList(value.map(toCel));
      if (isRecord(value)) return recordMap(value);
      throw new Error('not a value of JSON');
    default:
      throw new Error('not a value of JSON');
  }
}

/** A plain object, of whichever realm: what comes from a worker or a test's sandbox has another `Object`. */
function isRecord(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
