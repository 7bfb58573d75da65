import {
  type CelListType,
  type CelMapType,
  CelScalar,
  type CelType,
  listType,
  mapType,
  objectType,
} from '@bufbuild/cel';
import { DurationSchema, TimestampSchema } from '@bufbuild/protobuf/wkt';

// Written out because their types have a private part, which a declaration file can name in no other way.
export const BOOL: typeof CelScalar.BOOL = CelScalar.BOOL;
export const BYTES: typeof CelScalar.BYTES = CelScalar.BYTES;
export const DOUBLE: typeof CelScalar.DOUBLE = CelScalar.DOUBLE;
export const DYN: typeof CelScalar.DYN = CelScalar.DYN;
export const INT: typeof CelScalar.INT = CelScalar.INT;
export const NULL: typeof CelScalar.NULL = CelScalar.NULL;
export const STRING: typeof CelScalar.STRING = CelScalar.STRING;
export const TYPE: typeof CelScalar.TYPE = CelScalar.TYPE;
export const UINT: typeof CelScalar.UINT = CelScalar.UINT;
export const LIST: CelListType<typeof CelScalar.DYN> = listType(DYN);
export const TIMESTAMP = objectType(TimestampSchema);
export const DURATION = objectType(DurationSchema);

/** What each name in an expression means; the only list of them. `facts.ts` gives each its value. */
export const NAMES: ReadonlyMap<string, CelType> = new Map<string, CelType>([
  ['type', STRING],
  ['severity', INT],
  ['message', STRING],
  ['source', STRING],
  ['metadata', mapType(STRING, DYN)],
  ['fingerprint', STRING],
  ['dedup_key', STRING],
  ['occurred_at', TIMESTAMP],
  ['received_at', TIMESTAMP],
  ['LOW', INT],
  ['MEDIUM', INT],
  ['HIGH', INT],
  ['CRITICAL', INT],
]);

/** Names of types, for `type(metadata.x) == string`. The variable `type` comes first; `type(…)` stays a function. */
export const TYPE_NAMES: ReadonlySet<string> = new Set([
  'bool',
  'bytes',
  'double',
  'int',
  'list',
  'map',
  'null_type',
  'string',
  'uint',
]);

/** Says a type as it is written in CEL. */
export function say(type: CelType): string {
  if (type.kind === 'list') return `list(${say(type.element)})`;
  if (type.kind === 'map') return `map(${say(type.key)}, ${say(type.value)})`;
  return type.name.replace('google.protobuf.', '').toLowerCase();
}

/** True when a value of this type may be given where the other is asked; `dyn` may always, and is looked at when it runs. */
export function fits(given: CelType, asked: CelType): boolean {
  if (given.name === 'dyn' || asked.name === 'dyn') return true;
  if (given.kind === 'list' && asked.kind === 'list') return fits(given.element, asked.element);
  if (given.kind === 'map' && asked.kind === 'map') return fits(given.key, asked.key) && fits(given.value, asked.value);
  return given.kind === asked.kind && given.name === asked.name;
}

const isNumber = ({ name }: CelType): boolean => name === 'int' || name === 'uint' || name === 'double';

/** True when two types can ever be equal. Numbers compare by value, whatever their kind. */
export function comparable(a: CelType, b: CelType): boolean {
  if (a.kind === 'list' && b.kind === 'list') return comparable(a.element, b.element);
  if (a.kind === 'map' && b.kind === 'map') return comparable(a.key, b.key) && comparable(a.value, b.value);
  return fits(a, b) || (isNumber(a) && isNumber(b));
}

/** The type of what may be any of these. */
export function join(types: readonly CelType[]): CelType {
  const [first, ...rest] = types;
  return first && rest.every((type) => say(type) === say(first)) ? first : DYN;
}

/** True for the types that may be keys of a map. */
export const isKey = (type: CelType): type is CelMapType['key'] => KEYS.has(type.name);

const KEYS: ReadonlySet<string> = new Set(['bool', 'dyn', 'int', 'string', 'uint']);
