import type { z } from 'zod';
import type { Place } from './places.ts';
import { descriptionAt, keysAt } from './walk.ts';

/** Something that is wrong or doubtful in a policy. Names and rules, and no value of an option. */
export interface Finding extends Place {
  readonly rule: string;
  /** What to write instead, or what the place is for; empty where there is nothing to say. */
  readonly hint: string;
}

/** A finding about something that is allowed and probably not meant. */
export const lint = (path: Place['path'], rule: string, hint: string, about: Place['about'] = 'value'): Finding => ({
  path,
  about,
  rule,
  hint,
});

const words: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map',
  record: 'a map',
  array: 'a list',
};

const quoted = (values: readonly unknown[]): string => values.map((each) => JSON.stringify(each)).join(', ');

/** Says what is wrong in our words, where the schema has none of its own. Never quotes the value. */
export const faultWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing';
      return `is not ${words[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return issue.input === undefined ? 'is missing' : `is not one of ${quoted(issue.values)}`;
    case 'invalid_union':
      return issue.input === undefined ? 'is missing' : undefined;
    case 'too_small':
      return issue.origin === 'string' ? 'is too short' : `is less than ${String(issue.minimum)}`;
    case 'too_big':
      return issue.origin === 'string' ? 'is too long' : `is more than ${String(issue.maximum)}`;
    default:
      return undefined;
  }
};

const withinOf = (issue: z.core.$ZodIssue): Place['within'] => {
  const { line, column } = (issue.code === 'custom' && issue.params) || {};
  return typeof line === 'number' && typeof column === 'number' ? { line, column } : undefined;
};

/** The findings of one issue that a schema raised, with what the schema says of the place. */
export const findingsOf = (issue: z.core.$ZodIssue, schema: z.core.$ZodType): readonly Finding[] => {
  const { path, message } = issue;
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(schema, path).join(', ');
      const rule = 'is not a key that is known here';
      const hint = known && `known here: ${known}`;
      return issue.keys.map((key) => ({ path: [...path, key], about: 'key', rule, hint }));
    }
    case 'invalid_key':
      return issue.issues.map((inner) => ({ path, about: 'key', rule: inner.message, hint: '' }));
    default:
      return [{ path, about: 'value', rule: message, hint: descriptionAt(schema, path), within: withinOf(issue) }];
  }
};

const keyText = (key: PropertyKey): string => {
  if (typeof key === 'number') return `[${key}]`;
  const text = String(key);
  return `.${/^[\w.-]{1,80}$/.test(text) ? text : JSON.stringify(text.slice(0, 80))}`;
};

/** A path for people: `routes[0].receivers[1]`. */
export const pathText = (path: Place['path']): string => path.map(keyText).join('').replace(/^\./, '') || 'policy';
