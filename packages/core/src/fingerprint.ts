import { hash } from 'node:crypto';
import type { AlertTypes } from './alert-type.ts';
import type { Metadata, MetadataValue } from './metadata.ts';

const separator = '\u0000';

// What JSON would escape, and what it must look at more closely: then the engine's own writer does it.
const special = /["\\\u0000-\u001f\ud800-\udfff]/;

const jsonText = (text: string): string => (special.test(text) ? JSON.stringify(text) : `"${text}"`);

/** JSON with the keys of maps in ascending order, so that equal values have equal texts. */
export const canonicalJson = (value: MetadataValue): string => {
  if (typeof value === 'string') return jsonText(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const map = value as Metadata;
  const entries = Object.keys(map).sort();
  return `{${entries.map((key) => `${jsonText(key)}:${canonicalJson(map[key] ?? null)}`).join(',')}}`;
};

/**
 * Which alerts are the same thing again: the first 128 bits of SHA-256, as 32 hexadecimal digits, over type, source and
 * the values of the type's identity keys. The order of metadata and keys that do not identify change nothing; an
 * identity key that is absent differs from one that is null.
 */
export const fingerprint = (types: AlertTypes, type: string, source: string, metadata: Metadata): string => {
  let text = `[${jsonText(type)},${jsonText(source)}]`;
  for (const key of types.identityKeys(type)) {
    const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
    if (value !== undefined) text += `${separator}${key}=${canonicalJson(value)}`;
  }
  return hash('sha256', text, 'hex').slice(0, 32);
};
