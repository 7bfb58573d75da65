import { describe, expect, test } from '@jest/globals';
import { readOptions } from './options.ts';

const options = (...flags: string[]) => readOptions(['node', 'main.ts', ...flags]);

describe('the options', () => {
  test('without any, measure all but growth, five times', () => {
    expect(options()).toMatchObject({ rounds: 5, cells: [...'abcdefhijkl'], extent: { seconds: 5 } });
  });

  test('--full adds growth', () => expect(options('--full').cells).toContain('g'));

  test('--quick is one short round, which --rounds and --seconds still change', () => {
    expect(options('--quick')).toMatchObject({ rounds: 1, extent: { seconds: 0.5, idleSubscribers: [1_000] } });
    expect(options('--quick', '--rounds', '2', '--seconds', '3')).toMatchObject({ rounds: 2, extent: { seconds: 3 } });
  });

  test('--only takes the cells that are named, growth too', () => {
    expect(options('--only', 'b, g').cells).toEqual(['b', 'g']);
  });
});
