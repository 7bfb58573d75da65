import type { Chance } from '../../torture/chance.ts';

/** Changes bytes in one way. `other` is a second message, to take parts from. */
type Mutator = (bytes: Buffer, chance: Chance, other: Buffer) => Buffer;

/** Longest result: twice what a message of reports may have would only show the limit again and again. */
const longest = 70_000;

const place = (bytes: Buffer, chance: Chance): number => chance.between(0, Math.max(0, bytes.length - 1));

const part = (bytes: Buffer, chance: Chance): readonly [from: number, to: number] => {
  const from = place(bytes, chance);
  return [from, Math.min(bytes.length, from + chance.between(1, 16))];
};

const put = (bytes: Buffer, at: number, more: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);

const changed = (bytes: Buffer, at: number, value: number): Buffer => {
  const copy = Buffer.from(bytes);
  if (copy.length > 0) copy[at] = value;
  return copy;
};

// Lengths and numbers at which decoders went wrong before: the ends of 7, 14, 32, 53 and 64 bits, and one byte too many.
const varints: readonly (readonly number[])[] = [
  [0x00],
  [0x7f],
  [0x80, 0x01],
  [0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff, 0x07],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
  [0x80, 0x80, 0x00],
];

// What text must not hold, or what somebody may take for something else.
const texts = ['\u0000', '\r\n', '\u001b[31m', '__proto__', 'constructor', '\u202e', '%n%s', "'--", '{{x}}'].map(
  (text) => Buffer.from(text),
);
const notText = [
  Buffer.from([0xff]),
  Buffer.from([0xc0, 0x80]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xf4, 0x90, 0x80, 0x80]),
];

const mutators: readonly Mutator[] = [
  (bytes, chance) => {
    const at = place(bytes, chance);
    return changed(bytes, at, (bytes[at] ?? 0) ^ (1 << chance.between(0, 7)));
  },
  (bytes, chance) => changed(bytes, place(bytes, chance), chance.between(0, 255)),
  (bytes, chance) => changed(bytes, place(bytes, chance), chance.pick([0x00, 0x7f, 0x80, 0xff])),
  (bytes, chance) => bytes.subarray(0, place(bytes, chance)),
  (bytes, chance) => {
    const [from, to] = part(bytes, chance);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  (bytes, chance) => {
    const [from, to] = part(bytes, chance);
    return put(bytes, to, bytes.subarray(from, to));
  },
  (bytes, chance) => {
    const [from, to] = part(bytes, chance);
    const times = chance.between(2, 400);
    return put(bytes, to, Buffer.concat(Array.from({ length: times }, () => bytes.subarray(from, to))));
  },
  (bytes, chance) => put(bytes, place(bytes, chance), Buffer.from(chance.pick(varints))),
  (bytes, chance) => put(bytes, place(bytes, chance), chance.pick(texts)),
  (bytes, chance) => put(bytes, place(bytes, chance), chance.pick(notText)),
  (bytes, chance) =>
    put(
      bytes,
      place(bytes, chance),
      Buffer.from(Array.from({ length: chance.between(1, 32) }, () => chance.between(0, 255))),
    ),
  (bytes, chance, other) => {
    const [from, to] = part(other, chance);
    return put(bytes, place(bytes, chance), other.subarray(from, to));
  },
  (bytes, chance, other) => Buffer.concat([bytes, other.subarray(0, chance.between(0, other.length))]),
  (bytes, chance) => {
    // The whole as a field of itself, again and again.
    let nested: Buffer = bytes;
    for (let times = chance.between(1, 40); times > 0 && nested.length < 16_000; times--) {
      const length = [(nested.length & 0x7f) | 0x80, ((nested.length >> 7) & 0x7f) | 0x80, nested.length >> 14];
      nested = Buffer.concat([Buffer.from([chance.between(1, 15) * 8 + 2, ...length]), nested]);
    }
    return nested;
  },
  (bytes, chance) => put(bytes, place(bytes, chance), Buffer.from([chance.between(0, 31) * 8 + chance.between(0, 7)])),
];

/** One to four changes of a message. The same draws make the same bytes. */
export const mutate = (bytes: Buffer, chance: Chance, other: Buffer): Buffer => {
  let result = bytes;
  for (let times = chance.between(1, 4); times > 0; times--) {
    result = chance.pick(mutators)(result, chance, other);
    if (result.length > longest) result = result.subarray(0, longest);
  }
  return result;
};
