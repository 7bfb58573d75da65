import { tokensOf } from './source.ts';

const opening = '([{';
const closing = ')]}';

/** The text between brackets that enclose all of it; undefined where none do. */
const unwrapped = (source: string): string | undefined => {
  const text = source.trim();
  if (!text.startsWith('(') || !text.endsWith(')')) return undefined;
  let depth = 0;
  for (const { token, offset } of tokensOf(text)) {
    if (opening.includes(token)) depth++;
    if (closing.includes(token)) depth--;
    if (depth === 0) return offset === text.length - 1 ? text.slice(1, -1) : undefined;
  }
  return undefined;
};

/**
 * The conditions of which an expression demands each one: `a && (b && c)` has three. One that demands no such thing
 * (`a || b`) is one condition. For people; each is a part of the source, unchanged.
 */
export const conditionsOf = (source: string): readonly string[] => {
  const inner = unwrapped(source);
  if (inner !== undefined) return conditionsOf(inner);
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  let before = '';
  for (const { token, offset } of tokensOf(source)) {
    if (opening.includes(token)) depth++;
    if (closing.includes(token)) depth--;
    // What is joined by something weaker is no condition of its own.
    if (depth === 0 && (token === '?' || (token === '|' && before === '|'))) return [source.trim()];
    if (depth === 0 && token === '&' && before === '&') {
      parts.push(source.slice(from, offset - 1));
      from = offset + 1;
    }
    before = token;
  }
  if (parts.length === 0) return [source.trim()];
  return [...parts, source.slice(from)].flatMap(conditionsOf);
};
