import { randomInt } from 'node:crypto';
import { varint } from './proto-bytes.ts';

/** A number from 0 up to, but not including, the bound. */
export type Below = (bound: number) => number;

/** A seed that was not used before, to be printed. */
export const freshSeed = (): number => randomInt(2 ** 32);

/** Numbers that are the same for the same seed (mulberry32). */
export const numbersFrom = (seed: number): Below => {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
};

// What is most likely to be read wrongly: ends of ranges, lengths, tags, and text that is none.
const odd: readonly (readonly number[])[] = [
  [0x00],
  [0x7f],
  [0x80],
  [0xff],
  varint(127),
  varint(128),
  varint(16_384),
  varint(2 ** 31),
  varint(2 ** 32 - 1),
  varint(2n ** 63n),
  varint(2n ** 64n - 1n),
  [0x80, 0x00],
  Array<number>(11).fill(0x80),
  [0x0b],
  [0x0c],
  [0x0a, 0x00],
  [0xed, 0xa0, 0x80],
  [0xc0, 0x80],
  [...Buffer.from('__proto__')],
  [...Buffer.from('constructor')],
];

type Mutation = (bytes: Buffer, below: Below, others: readonly Uint8Array[]) => Uint8Array;

const splice = (bytes: Uint8Array, at: number, gone: number, added: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + gone)]);

const part = (bytes: Uint8Array, below: Below): Uint8Array => {
  const from = below(bytes.length + 1);
  return bytes.subarray(from, from + below(bytes.length - from + 1));
};

const mutations: readonly Mutation[] = [
  (bytes, below) => {
    const at = below(bytes.length);
    return splice(bytes, at, 1, Buffer.of((bytes[at] ?? 0) ^ (1 << below(8))));
  },
  (bytes, below) => splice(bytes, below(bytes.length), 1, Buffer.of(below(256))),
  (bytes, below) => splice(bytes, below(bytes.length + 1), below(4), Buffer.from(odd[below(odd.length)] ?? [])),
  (bytes, below) => splice(bytes, below(bytes.length), 1 + below(8), Buffer.of()),
  (bytes, below) => splice(bytes, below(bytes.length + 1), 0, part(bytes, below)),
  (bytes, below, others) =>
    splice(bytes, below(bytes.length + 1), below(4), part(others[below(others.length)] ?? bytes, below)),
  (bytes, below) => bytes.subarray(0, below(bytes.length + 1)),
  (bytes, below) => splice(bytes, below(bytes.length + 1), 0, Buffer.of(below(256), below(256))),
];

/** The bytes with one to four mutations, mostly one, now and then with the bytes of another message in them. */
export const mutated = (bytes: Uint8Array, below: Below, others: readonly Uint8Array[]): Uint8Array => {
  let result = bytes;
  for (let count = Math.max(1, below(12) - 7); count > 0 && result.length > 0; count--) {
    result = mutations[below(mutations.length)]?.(Buffer.from(result), below, others) ?? result;
  }
  return result;
};
