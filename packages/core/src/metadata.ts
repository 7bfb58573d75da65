import { builtInAlertTypes } from './alert-type.ts';
import { limits } from './limits.ts';
import { textFault } from './text.ts';
import { valueSize } from './wire/encode.ts';

/** What a metadata value may be: what JSON has. */
export type MetadataValue =
  null | boolean | number | string | readonly MetadataValue[] | { readonly [key: string]: MetadataValue };

/** The reporter's facts. */
export type Metadata = Readonly<Record<string, MetadataValue>>;

const refusedKeys = new Set(['__proto__', 'constructor', 'prototype']);

const keyFault = (key: string): string | undefined => {
  if (key === '') return 'has an empty key';
  if (refusedKeys.has(key)) return 'has a refused key (__proto__, constructor or prototype)';
  const fault = textFault(key, limits.metadataKeyBytes, 'one');
  return fault && `has a key that ${fault}`;
};

// True for maps of another realm too (a vm context, say), whose prototype is another `Object.prototype`.
const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

/** How many values may still be looked at: a map that holds itself many times over would otherwise take for ever. */
interface Budget {
  values: number;
}

const faultWithin = (value: object, depth: number, budget: Budget): string | undefined => {
  if (depth === limits.metadataDepth) return `is nested deeper than ${limits.metadataDepth} levels`;
  if (Array.isArray(value)) {
    for (const item of value) {
      const fault = valueFault(item, depth + 1, budget);
      if (fault) return fault;
    }
    return undefined;
  }
  if (!isPlain(value)) return 'is an object of a class; only what JSON has is kept';
  for (const key of Object.keys(value)) {
    const fault = keyFault(key) ?? valueFault((value as Record<string, unknown>)[key], depth + 1, budget);
    if (fault) return fault;
  }
  return undefined;
};

const valueFault = (value: unknown, depth: number, budget: Budget): string | undefined => {
  if (--budget.values < 0) return `brings the metadata to more than ${limits.metadataValues} values in all`;
  switch (typeof value) {
    case 'string':
      return textFault(value, limits.metadataValueBytes, 'many');
    case 'number':
      return Number.isFinite(value) ? undefined : 'is not a finite number';
    case 'boolean':
      return undefined;
    case 'object':
      return value === null ? undefined : faultWithin(value, depth, budget);
    default:
      return 'is not what JSON has (null, boolean, number, string, list or map)';
  }
};

/** One rule that the metadata break. */
export interface MetadataFault {
  /** The key, or its place among the keys, from 0; undefined where the fault is one of the whole map or of a key. */
  readonly at: string | number | undefined;
  /** The rule, as the end of a sentence; holds no value and no key. */
  readonly rule: string;
}

const knownKeys = new Set(Object.values(builtInAlertTypes).flatMap((type) => Object.keys(type.metadata)));

const entryFault = (value: unknown, budget: Budget): string | undefined => {
  const fault = valueFault(value, 0, budget);
  if (fault || typeof value !== 'object') return fault;
  if (valueSize(value as MetadataValue) <= limits.metadataValueBytes) return undefined;
  return `is longer than ${limits.metadataValueBytes} bytes encoded`;
};

/**
 * Every rule that the metadata break: number and size of keys, size, depth, kind and number of values. A key is named
 * only where a built-in type declares it: a reporter may have put a person's data into any other.
 */
export const metadataFaults = (metadata: unknown): readonly MetadataFault[] => {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata) || !isPlain(metadata)) {
    return [{ at: undefined, rule: 'is not a map' }];
  }
  const keys = Object.keys(metadata);
  if (keys.length > limits.metadataKeys) {
    return [{ at: undefined, rule: `has more than ${limits.metadataKeys} keys` }];
  }
  const budget = { values: limits.metadataValues };
  const faults: MetadataFault[] = [];
  for (let place = 0; place < keys.length; place++) {
    const key = keys[place] ?? '';
    const badKey = keyFault(key);
    const rule = badKey ?? entryFault((metadata as Record<string, unknown>)[key], budget);
    if (rule) faults.push({ at: badKey ? undefined : knownKeys.has(key) ? key : place, rule });
  }
  return faults;
};
