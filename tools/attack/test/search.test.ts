import { describe, expect, it } from '@jest/globals';
import { search } from '../canaries/search.ts';
import { canariesOf } from '../canaries/values.ts';

const canaries = canariesOf(1);
const sink = (text: string) => ({ name: 'log', text, allowed: [] });

describe('canaries', () => {
  it('are all different, and none is within another', () => {
    const values = Object.values(canaries);
    for (const one of values) expect(values.filter((other) => other.includes(one))).toEqual([one]);
    expect(Object.values(canariesOf(2)).filter((other) => values.includes(other))).toEqual([]);
  });

  it.each(Object.keys(canaries))('are found: %s, as it is, in hex and in base64', (place) => {
    const value = canaries[place as keyof typeof canaries];
    const hidden = [
      `{"user":"${value}"}`,
      Buffer.from(`ab${value}`).toString('hex'),
      Buffer.from(`a ${value} b`).toString('base64'),
    ];
    for (const text of hidden) expect(search(sink(`before ${text} after`), canaries).found).toEqual([place]);
  });

  it('are not found where they are not, or where they may be', () => {
    expect(search(sink('nothing to see here'), canaries).found).toEqual([]);
    expect(search({ ...sink(canaries.message), allowed: ['message'] }, canaries).found).toEqual([]);
  });

  it('are found in a copy in which they are hidden', () => {
    for (const text of ['', 'x', 'a longer text, of which the middle is not the beginning']) {
      const { planted, detected } = search(sink(text), canaries);
      expect(planted).toBe(Object.keys(canaries).length * 4);
      expect(detected).toBe(planted);
    }
  });

  it('say whether the place was looked at', () => {
    expect(search({ ...sink('it listens'), expects: 'listens' }, canaries).alive).toBe(true);
    expect(search({ ...sink(''), expects: 'listens' }, canaries).alive).toBe(false);
  });
});
