import { describe, expect, test } from '@jest/globals';
import { InvalidArgumentError } from 'commander';
import {
  countArgument,
  durationArgument,
  instantArgument,
  metadataArgument,
  severityArgument,
  sinceArgument,
  sourceArgument,
  typeArgument,
  uuidArgument,
} from '../src/arguments.ts';

describe('metadata', () => {
  test.each([
    ['userId=u-17', { userId: 'u-17' }],
    ['attempts=3', { attempts: 3 }],
    ['ok=true', { ok: true }],
    ['tables=["a","b"]', { tables: ['a', 'b'] }],
    ['quoted="3"', { quoted: '3' }],
    ['empty=', { empty: '' }],
    ['query=a=b', { query: 'a=b' }],
  ])('%s', (text, metadata) => expect(metadataArgument(text)).toEqual(metadata));

  test('adds up, and the last of a key counts', () => {
    expect(metadataArgument('a=2', metadataArgument('b=1', metadataArgument('a=1')))).toEqual({ a: 2, b: 1 });
  });

  test('keeps a hostile key as a key', () => {
    expect(Object.keys(metadataArgument('__proto__=1'))).toEqual(['__proto__']);
  });
});

test.each([
  [severityArgument, 'high', 3],
  [typeArgument, 'MY_TYPE', 'MY_TYPE'],
  [durationArgument, '5m', 300_000],
  [instantArgument, '1970-01-01T00:00:01Z', 1000],
  [countArgument(1, 10), '10', 10],
  [sourceArgument, 'my.app-1', 'my.app-1'],
  [sinceArgument, '10m', { ago: 600_000 }],
  [sinceArgument, '1970-01-01T00:00:01Z', { at: 1000 }],
] as [(text: string) => unknown, string, unknown][])('%p reads %j', (read, text, value) => {
  expect(read(text)).toEqual(value);
});

test.each([
  [severityArgument, 'urgent'],
  [severityArgument, 'toString'],
  [typeArgument, 'lower'],
  [durationArgument, '5'],
  [instantArgument, 'yesterday'],
  [countArgument(1, 10), '0'],
  [countArgument(1, 10), '1e1'],
  [countArgument(1, 10), '-1'],
  [sourceArgument, 'My App'],
  [sinceArgument, 'yesterday'],
  [uuidArgument, '17'],
  [metadataArgument, 'novalue'],
  [metadataArgument, '=1'],
] as [(text: string) => unknown, string][])('%p refuses %j and says what it must be', (read, text) => {
  expect(() => read(text)).toThrow(InvalidArgumentError);
  expect(() => read(text)).toThrow(/^It must be /);
});
