import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { createSink, type TerminalStream } from '../src/output/sink.ts';

const terminal = (columns: number): TerminalStream =>
  Object.assign(new PassThrough(), { isTTY: true, columns, hasColors: () => true });

describe('a sink', () => {
  test.each([
    [terminal(80), {}, { columns: 80, colours: true }],
    [terminal(10), {}, { columns: 40, colours: true }],
    [terminal(80), { NO_COLOR: '1' }, { columns: 80, colours: false }],
    [terminal(80), { NO_COLOR: '' }, { columns: 80, colours: true }],
    [new PassThrough(), {}, { columns: undefined, colours: false }],
  ])('knows its terminal (%#)', (stream, environment, expected) => {
    expect(createSink(stream, environment)).toMatchObject(expected);
  });

  test('waits for a reader that is slow', async () => {
    const stream = new PassThrough({ highWaterMark: 4 });
    const sink = createSink(stream, {});
    let written = false;
    const writing = sink.write('more than four').then(() => (written = true));
    await new Promise(setImmediate);
    expect(written).toBe(false);
    stream.resume();
    await writing;
  });

  test('does not wait for a reader that is gone', async () => {
    const stream = new PassThrough({ highWaterMark: 4 });
    const sink = createSink(stream, {});
    const writing = sink.write('more than four');
    stream.destroy();
    await writing;
    expect(stream.listenerCount('drain')).toBe(0);
  });
});
