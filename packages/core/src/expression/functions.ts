import { type CelFunc, type CelList, type CelValue, celFunc, celList, celMethod } from '@bufbuild/cel';
import { TICK } from './loops.ts';
import type { Pattern } from './patterns.ts';
import { timeFunctions } from './time.ts';
import { BOOL, DOUBLE, INT, LIST, STRING } from './types.ts';

/**
 * What our expressions have beyond the engine's functions, or instead of them. Of CEL's extension for
 * strings only what cannot multiply a text: `replace` and `format` can.
 */
export const ownFunctions = (patternOf: (text: string) => Pattern | undefined): CelFunc[] => [
  celMethod('lowerAscii', STRING, [], STRING, function () {
    return this.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
  }),
  celMethod('upperAscii', STRING, [], STRING, function () {
    return this.replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase());
  }),
  ...timeFunctions,
  ...mixedArithmetic,
  celFunc(TICK, [], BOOL, () => true),
  celFunc('size', [STRING], INT, codePoints),
  celMethod('size', STRING, [], INT, function () {
    return codePoints(this);
  }),
  celFunc('_+_', [LIST, LIST], LIST, concatenate),
  celMethod('matches', STRING, [STRING], BOOL, function (text) {
    const pattern = patternOf(text);
    if (!pattern) throw new Error('this pattern was not compiled with its expression');
    return pattern.matches(this);
  }),
];

/** Numbers in metadata are doubles, numbers in a source are mostly ints; together they make a double. */
const mixedArithmetic: readonly CelFunc[] = Object.entries({
  '_+_': (a: number, b: number) => a + b,
  '_-_': (a: number, b: number) => a - b,
  '_*_': (a: number, b: number) => a * b,
  '_/_': (a: number, b: number) => a / b,
  '_%_': (a: number, b: number) => a % b,
}).flatMap(([name, apply]) => [
  celFunc(name, [DOUBLE, INT], DOUBLE, (a, b) => apply(a, Number(b))),
  celFunc(name, [INT, DOUBLE], DOUBLE, (a, b) => apply(Number(a), b)),
]);

/** The engine spreads the string into an array to count it: fifty times as long. */
function codePoints(text: string): bigint {
  let count = text.length;
  for (let i = 1; i < text.length; i += 1) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xdc00 && (text.charCodeAt(i - 1) & 0xfc00) === 0xd800) count -= 1;
  }
  return BigInt(count);
}

const arrays = new WeakMap<CelList, readonly CelValue[]>();
const arrayOf = (list: CelList): readonly CelValue[] => arrays.get(list) ?? Array.from(list);

/** The engine nests one list in the other, so that what `map` and `filter` make is read in quadratic time. */
function concatenate(a: CelList, b: CelList): CelList {
  const array = arrayOf(a).concat(arrayOf(b));
  const list = celList(array);
  arrays.set(list, array);
  return list;
}
