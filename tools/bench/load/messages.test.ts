import { describe, expect, test } from '@jest/globals';
import { framed } from '../payload.ts';
import { createMessageCounter } from './messages.ts';

const messages = [0, 1, 300, 5, 0, 2_000, 0].map((size) => framed(Buffer.alloc(size, 7)));
const stream = Buffer.concat(messages);

const ends = messages.map(
  (
    (end) => (message: Buffer) =>
      (end += message.length)
  )(0),
);

describe('the message counter', () => {
  test('counts all messages of a stream that comes in one piece', () => {
    expect(createMessageCounter().add(stream)).toBe(messages.length);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 16_384])(
    'counts each message in the piece in which it ends, pieces of %d',
    (size) => {
      const counter = createMessageCounter();
      let counted = 0;
      for (let at = 0; at < stream.length; at += size) {
        const end = Math.min(at + size, stream.length);
        counted += counter.add(stream, at, end);
        expect(counted).toBe(ends.filter((each) => each <= end).length);
      }
      expect(counted).toBe(messages.length);
    },
  );

  test.each([1, 2, 3, 4, 5, 6, 7, 16_384])('counts only those that begin with a byte, pieces of %d', (size) => {
    const bytes = Buffer.concat(
      [[], [9, 7], [7], [7, 9, 9], [9], [7, 7, 7]].map((content) => framed(Buffer.from(content))),
    );
    const counter = createMessageCounter(7);
    let counted = 0;
    for (let at = 0; at < bytes.length; at += size)
      counted += counter.add(bytes, at, Math.min(at + size, bytes.length));
    expect(counted).toBe(3);
  });
});
