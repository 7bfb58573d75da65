import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test } from '@jest/globals';
import { AlertSeverity, checkDraft } from '@therapytrain/alerts-core';
import { bestTime } from './support/best-time.ts';
import { pollution, refusal } from './support/refusal.ts';

const draft = (said: object) => ({ type: 'SYSTEM_HEALTH', message: 'disk', ...said });
const withValue = (component: unknown) => draft({ metadata: { component } });
const ruleFor = (said: unknown): string => {
  const error = refusal(() => checkDraft(said));
  expect(error.code).toBe('FIELD_INVALID');
  expect(error.violations).toHaveLength(1);
  return error.violations[0]?.rule ?? '';
};

afterEach(() => expect(pollution()).toEqual([]));

describe('refused keys', () => {
  const rule = 'has a refused key (__proto__, constructor or prototype)';
  describe.each(['__proto__', 'constructor', 'prototype'])('%s', (key) => {
    // JSON makes an own key of `__proto__`, as a body from outside does.
    const bad: unknown = JSON.parse(`{"${key}":{"polluted":true}}`);
    test.each([
      ['as metadata', draft({ metadata: bad })],
      ['in a map', withValue(bad)],
      ['in a list', withValue([bad])],
      ['seven levels down', withValue([{ a: [{ b: [{ c: bad }] }] }])],
    ])('%s', (_where, said) => {
      expect(ruleFor(said)).toBe(rule);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    });

    test('as a key of the draft itself', () => {
      const said: unknown = JSON.parse(`{"type":"SYSTEM_HEALTH","message":"disk","${key}":{"polluted":true}}`);
      expect(ruleFor(said)).toBe('has a key that is not known');
    });
  });

  test('names that only look like them are let pass', () => {
    const metadata = { proto: 1, constructors: 2, toString: 'x', hasOwnProperty: 3, _proto_: 4 };
    expect(checkDraft(draft({ metadata })).metadata).toEqual(metadata);
  });

  test('an empty key', () => expect(ruleFor(draft({ metadata: { '': 1 } }))).toBe('has an empty key'));
});

const codes = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
const controls = [...codes(0x00, 0x1f), ...codes(0x7f, 0x9f)];

describe('control characters: all of C0, DEL and C1', () => {
  const hex = (code: number) => `U+${code.toString(16).padStart(4, '0')}`;
  test.each(controls.map((code) => ({ name: hex(code), code })))('$name', ({ code }) => {
    const text = `a${String.fromCharCode(code)}b`;
    const inText = code === 0x09 || code === 0x0a;
    for (const said of [draft({ message: text }), withValue(text), withValue([{ a: text }])]) {
      if (inText) expect(checkDraft(said)).toMatchObject(said);
      else expect(ruleFor(said)).toBe('has a control character');
    }
    expect(ruleFor(draft({ dedupKey: text }))).toBe('has a control character');
    expect(ruleFor(draft({ metadata: { [text]: 1 } }))).toBe('has a key that has a control character');
  });

  test('their neighbours are let pass', () => {
    const message = '\u0020\u007e\u00a0\u2028\u200b\ufeff\ufffd\u{10ffff}';
    expect(checkDraft(draft({ message })).message).toBe(message);
  });
});

describe('broken surrogates', () => {
  test.each(['\ud83d', '\ude00', 'a\ud83d', '\ude00b', '\ude00\ud83d', '😀\ud83d', '\udfff\u{1f600}'])('%j', (text) => {
    const rule = 'has half of a surrogate pair';
    expect(ruleFor(draft({ message: text }))).toBe(rule);
    expect(ruleFor(withValue({ a: [text] }))).toBe(rule);
    expect(ruleFor(draft({ dedupKey: text }))).toBe(rule);
    expect(ruleFor(draft({ metadata: { [text]: 1 } }))).toBe(`has a key that ${rule}`);
  });
});

describe('what JSON has not', () => {
  class Person {
    readonly name = 'x';
  }
  const notJson = 'is not what JSON has (null, boolean, number, string, list or map)';
  const ofClass = 'is an object of a class; only what JSON has is kept';
  test.each([
    ['NaN', Number.NaN, 'is not a finite number'],
    ['Infinity', Number.POSITIVE_INFINITY, 'is not a finite number'],
    ['-Infinity', Number.NEGATIVE_INFINITY, 'is not a finite number'],
    ['undefined', undefined, notJson],
    ['a bigint', 1n, notJson],
    ['a symbol', Symbol('x'), notJson],
    ['a function', () => 1, notJson],
    ['a class', Person, notJson],
    ['an instance', new Person(), ofClass],
    ['a date', new Date(0), ofClass],
    ['a map', new Map([['a', 1]]), ofClass],
    ['a set', new Set([1]), ofClass],
    ['an error', new Error('x'), ofClass],
    ['a buffer', Buffer.from('x'), ofClass],
    ['a promise', Promise.resolve(1), ofClass],
    ['a boxed text', Object('x'), ofClass],
    ['a map that inherits', Object.create({ a: 1 }), ofClass],
  ])('%s', (_name, value, rule) => {
    expect(ruleFor(withValue(value))).toBe(rule);
    expect(ruleFor(withValue([value]))).toBe(rule);
    expect(ruleFor(withValue({ a: { b: value } }))).toBe(rule);
  });

  test('a hole in a list', () => expect(ruleFor(withValue(new Array(2)))).toBe(notJson));

  test.each([null, 1, 'x', [], [1], new Map(), new Person(), () => 1])('metadata that are %p', (metadata) => {
    expect(ruleFor(draft({ metadata }))).toBe('is not a map');
  });

  test('maps without a prototype, and of another realm, are maps', () => {
    const bare = Object.assign(Object.create(null) as object, { a: 1 });
    const foreign: unknown = runInNewContext('({ a: [{ b: 1 }] })');
    expect(checkDraft(draft({ metadata: bare })).metadata).toEqual({ a: 1 });
    expect(checkDraft(draft({ metadata: foreign })).metadata).toEqual({ a: [{ b: 1 }] });
  });
});

describe('what could take for ever', () => {
  const deadline = 250;

  const itself: unknown[] = [];
  itself.push(itself);
  const loop: Record<string, unknown> = {};
  loop['a'] = { b: loop };
  const crowd: unknown[] = [];
  for (let at = 0; at < 500; at++) crowd.push(crowd);
  const doubling = codes(1, 40).reduce<unknown>((inner) => [inner, inner], 1);
  const shared = codes(1, 8).reduce<unknown>((inner) => Array(400).fill(inner), 1);
  const deep = codes(1, 100_000).reduce<unknown>((inner) => [inner], 1);
  test.each([
    ['a list that holds itself', itself],
    ['a map that holds itself', loop],
    ['a list that holds itself 500 times', crowd],
    ['a list of two equal lists, 40 times over', doubling],
    ['a list of 400 equal lists, 8 times over', shared],
    ['100,000 lists in each other', deep],
    ['a list of a million numbers', Array(1_000_000).fill(0)],
    ['a list of a million lists', Array(1_000_000).fill([])],
    ['a text of 32 MiB', 'x'.repeat(32 << 20)],
  ])('%s', (_name, value) => {
    expect(ruleFor(withValue(value))).toMatch(/^(?:is|brings)/);
    expect(bestTime(() => ruleFor(withValue(value)))).toBeLessThan(deadline);
  });

  test('a map of 100,000 keys costs no more than to list its keys', () => {
    const metadata = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`k${at}`, at]));
    const bound = 4 * bestTime(() => Object.keys(metadata)) + 20;
    expect(ruleFor(draft({ metadata }))).toBe('has more than 64 keys');
    expect(bestTime(() => ruleFor(draft({ metadata })))).toBeLessThan(bound);
    expect(bestTime(() => ruleFor(withValue(metadata)))).toBeLessThan(bound);
  });

  test('a message of 32 MiB', () => {
    const said = draft({ message: 'é'.repeat(16 << 20) });
    expect(ruleFor(said)).toBe('is longer than 8192 bytes of UTF-8');
    expect(bestTime(() => ruleFor(said))).toBeLessThan(deadline);
  });
});

describe('the draft itself', () => {
  test.each([null, 1, 'x', [], true])('%p is not a map', (said) => expect(ruleFor(said)).toBe('is not a map'));
  test('nothing', () => expect(ruleFor(undefined)).toBe('is required'));
  test('an unknown key', () => expect(ruleFor(draft({ source: 'somebody-else' }))).toBe('has a key that is not known'));
  test.each(['id', 'sequence', 'receivedAt', 'fingerprint'])('the reporter cannot say %s', (key) => {
    expect(ruleFor(draft({ [key]: '1' }))).toBe('has a key that is not known');
  });
  test.each([0, 5, 'HIGH', '3', Number.NaN, null, {}])('%p is not a severity', (severity) => {
    expect(ruleFor(draft({ severity }))).toBe('is not a severity (LOW = 1, MEDIUM = 2, HIGH = 3, CRITICAL = 4)');
  });
  test.each([5, null, [1], {}, Symbol('x')])('the texts cannot be %p', (value) => {
    for (const key of ['type', 'message', 'requestId', 'dedupKey', 'traceParent']) {
      expect(ruleFor(draft({ [key]: value }))).toBe('is not a string');
    }
  });
  test('what is left out gets its default', () => {
    expect(checkDraft({ type: 'A', message: 'm' })).toEqual({
      type: 'A',
      message: 'm',
      metadata: {},
      dedupKey: '',
      traceParent: '',
    });
    expect(checkDraft(draft({ severity: AlertSeverity.LOW }))).toMatchObject({ severity: 1 });
  });
});
