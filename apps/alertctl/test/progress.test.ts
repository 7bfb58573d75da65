import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { testPorts } from '@therapytrain/alerts-testkit';
import { startProgress } from '../src/output/progress.ts';
import { createSink } from '../src/output/sink.ts';

const progressOn = (isTTY: boolean, total: number | undefined) => {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  let written = '';
  stream.on('data', (chunk: Buffer) => (written += chunk.toString()));
  const state = { bytes: 0, alerts: 0 };
  const progress = startProgress(createSink(stream, {}), testPorts().clock, state, total);
  return { progress, state, written: () => written };
};

describe('progress', () => {
  test('is a bar on a terminal, with lines above it', () => {
    const { progress, state, written } = progressOn(true, 100);
    Object.assign(state, { bytes: 50, alerts: 7 });
    progress.log('line 3 is not JSON');
    progress.stop();
    expect(written()).toMatch(/line 3 is not JSON\n(.|\n)*50% {2}7 alerts/);
    // The cursor is shown again, and the line is left clear for the summary.
    expect(written()).toContain('\u001b[?25h');
    expect(written().endsWith('\u001b[0J')).toBe(true);
  });

  test.each([
    ['without a terminal', false, 100],
    ['without a size', true, undefined],
  ])('is its lines only %s', (_, isTTY, total) => {
    const { progress, written } = progressOn(isTTY, total);
    progress.log('line 3 is not JSON');
    progress.stop();
    expect(written()).toBe('line 3 is not JSON\n');
  });
});
