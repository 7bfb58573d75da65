import { describe, expect, test } from '@jest/globals';
import { uuidPattern } from '@therapytrain/alerts-core';
import fc from 'fast-check';
import { createRequestIds } from '../src/import/request-id.ts';

const time = Date.UTC(2026, 10, 24, 7, 12, 3, 456);
const idsOf = (lines: readonly string[], format = 'jsonl', at: number | undefined = time): string[] => {
  const ids = createRequestIds(format);
  return lines.map((line) => ids.ofLine(line, at));
};

// Few different lines, so that many are equal.
const file = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 50 });

describe('request ids of a file', () => {
  test('are the same for the same file, and for a longer version of it', () => {
    fc.assert(
      fc.property(file, file, (lines, more) => {
        expect(idsOf([...lines, ...more]).slice(0, lines.length)).toEqual(idsOf(lines));
      }),
    );
  });

  test('are never the same twice in a file, even where lines are', () => {
    fc.assert(fc.property(file, (lines) => expect(new Set(idsOf(lines)).size).toBe(lines.length)));
  });

  test('do not depend on what stands between equal lines', () => {
    fc.assert(
      fc.property(file, file, (lines, others) => {
        const mixed = [...others.map((each) => `other ${each}`), ...lines];
        expect(idsOf(mixed).slice(others.length)).toEqual(idsOf(lines));
      }),
    );
  });

  test('differ by format, not by the end of the line', () => {
    expect(idsOf(['a'])).not.toEqual(idsOf(['a'], 'sshd'));
    expect(idsOf(['a'])).toEqual(idsOf(['a \r']));
  });
});

describe('a request id', () => {
  test('with a time has the layout of version 7, the time in front', () => {
    const [id = ''] = idsOf(['a']);
    expect(id).toMatch(uuidPattern);
    expect(id).toMatch(/^.{14}7.{4}[89ab]/);
    expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(time);
  });

  test.each([undefined, -1, 2 ** 48])('with the time %p is of version 8', (at) => {
    expect(createRequestIds('jsonl').ofLine('a', at)).toMatch(/^.{14}8.{4}[89ab]/);
  });

  test('stays what it was in earlier releases', () => {
    // From `sha256sum`, with the bits of version and variant set by hand.
    expect(idsOf(['a', 'a'])).toEqual(['01a20c65-bb80-70f5-a1eb-30c65b45cfda', '01a20c65-bb80-7465-a8fc-406ebacba751']);
    expect(createRequestIds('cloudevents').ofName('n', undefined)).toBe('7e4ecc0f-3dc8-8b48-baa4-d9bcfe5032ee');
  });

  test('of a name is the same wherever it stands', () => {
    const ids = createRequestIds('cloudevents');
    expect(ids.ofName('n', time)).toBe(ids.ofName('n', time));
  });
});
