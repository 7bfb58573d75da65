import { describe, expect, test } from '@jest/globals';
import { selfTimes } from './profile.ts';

const frame = (functionName: string, url = '', lineNumber = 0) => ({ functionName, url, lineNumber });

describe('self times', () => {
  const profile = {
    nodes: [
      { id: 1, callFrame: frame('(root)') },
      { id: 2, callFrame: frame('(idle)') },
      { id: 3, callFrame: frame('encode', 'node:buffer', 9) },
      { id: 4, callFrame: frame('encode', 'node:buffer', 9) },
      { id: 5, callFrame: frame('') },
    ],
    samples: [2, 3, 5, 4, 2],
    timeDeltas: [1_000_000, 100_000, 100_000, 200_000, 5_000_000],
  };

  test('add up over all callers, the dearest first, and idling is not work', () => {
    const times = selfTimes(profile).map(({ where, seconds, share }) => [where, seconds.toFixed(3), share.toFixed(2)]);
    expect(times).toEqual([
      ['encode node:buffer:10', '0.300', '0.75'],
      ['(anonymous)', '0.100', '0.25'],
    ]);
  });
});
