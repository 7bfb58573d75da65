/*
 * Alerts quote attackers. What steers a terminal (control characters), turns text round (bidirectional controls) or is
 * not to be seen (zero-width and other ignorable characters, private and unassigned ones) is shown, never done.
 */
const unsafe = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
const unsafeButLineFeed = /[^\P{C}\n]|[\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const shown = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  if (code > 0xffff) return `\\u{${code.toString(16)}}`;
  return named[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
};

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

/** The text on one line that is safe to print: what is unsafe stands there as `\n`, `\x1b`, `\u202e` or `\u{e0041}`. */
export const safeLine = (text: string): string => text.replace(unsafe, shown);

/** The same for a text of many lines: line feeds stay, all else that is unsafe is shown. */
export const safeLines = (text: string): string => text.replace(unsafeButLineFeed, shown);

const jsonEscape = (character: string): string =>
  character
    .split('')
    .map((unit) => `\\u${hex(unit.charCodeAt(0), 4)}`)
    .join('');

/** JSON on one line, with everything unsafe as `\uXXXX`: the same value for a program, harmless on a terminal. */
export const safeJson = (value: unknown): string => JSON.stringify(value).replace(unsafe, jsonEscape);
