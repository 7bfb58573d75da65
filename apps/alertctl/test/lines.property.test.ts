import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Line, lineLimit, readLines } from '../src/import/lines.ts';

async function* chunked(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const all = async (bytes: Buffer, sizes: readonly number[] = [65_536]): Promise<Line[]> => {
  const lines: Line[] = [];
  for await (const line of readLines(chunked(bytes, sizes))) lines.push(line);
  return lines;
};

const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });
const lineText = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n\ufeff]/g, ''));

describe('lines', () => {
  test('are the same however the bytes come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(lineText), fc.constantFrom('\n', '\r\n'), sizes, async (texts, end, cuts) => {
        const lines = await all(Buffer.from(texts.map((text) => text + end).join('')), cuts);
        expect(lines.map(({ text }) => text)).toEqual(texts);
        expect(lines.map(({ number }) => number)).toEqual(texts.map((_, index) => index + 1));
      }),
    );
  });

  test('tell where they end in the file', async () => {
    expect((await all(Buffer.from('ab\n\ncd'), [1])).map(({ end }) => end)).toEqual([3, 4, 6]);
  });

  test('a file without a line feed at its end ends with a line', async () => {
    expect((await all(Buffer.from('a\nb'))).map(({ text }) => text)).toEqual(['a', 'b']);
    expect(await all(Buffer.from(''))).toEqual([]);
  });

  test('a byte order mark is no part of the first', async () => {
    expect((await all(Buffer.from('\ufeffa\n\ufeffb')))[0]?.text).toBe('a');
  });

  test('one that is too long is told and not held', async () => {
    const long = Buffer.concat([Buffer.alloc(lineLimit + 1, 'x'), Buffer.from('\nshort\n')]);
    expect((await all(long)).map(({ text }) => text)).toEqual([undefined, 'short']);
  });

  test('bytes that are not UTF-8 are told', async () => {
    const [line] = await all(Buffer.from([0x61, 0xff, 0x0a]));
    expect(line).toMatchObject({ text: 'a\ufffd', isUtf8: false });
  });
});
