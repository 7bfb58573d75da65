import { expect, test } from '@jest/globals';
import { createFrameMemory } from '../../src/stream/frames.ts';

const frame = (byte: number): Buffer => Buffer.alloc(872, byte);
// With what an entry takes beside its bytes.
const size = 1_000;

test('remembers what was made, and that nothing was to be made', () => {
  const frames = createFrameMemory(10 * size)();
  frames.remember(1, frame(1));
  frames.remember(2, undefined);
  expect([frames.has(1), frames.has(2), frames.has(3)]).toEqual([true, true, false]);
  expect([frames.get(1)?.[0], frames.get(2)]).toEqual([1, undefined]);
});

test('forgets what was made first, of whatever topic, so that the bound holds however many topics there are', () => {
  const open = createFrameMemory(100 * size);
  const topics = Array.from({ length: 50 }, open);
  for (let sequence = 1; sequence <= 200; sequence++) {
    for (const topic of topics) topic.remember(sequence, frame(sequence));
    const held = topics.reduce((sum, topic) => {
      let count = 0;
      for (let at = 1; at <= sequence; at++) if (topic.has(at)) count++;
      return sum + count;
    }, 0);
    expect(held).toBe(Math.min(100, 50 * sequence));
  }
  expect(topics.map((topic) => [topic.has(198), topic.has(199), topic.has(200)])).toEqual(
    topics.map(() => [false, true, true]),
  );
});

test('alerts that no filter lets pass take their part too', () => {
  const frames = createFrameMemory(10 * size)();
  for (let sequence = 1; sequence <= 10_000; sequence++) frames.remember(sequence, undefined);
  expect(frames.has(10_000)).toBe(true);
  expect(frames.has(9_000)).toBe(false);
});
