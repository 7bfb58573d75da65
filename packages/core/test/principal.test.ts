import { describe, expect, test } from '@jest/globals';
import { WireScope } from '@therapytrain/alerts-api';
import {
  clearanceOf,
  compileNarrowing,
  ExpressionError,
  isPrincipalName,
  isWithin,
  localPrincipal,
  may,
  namesIn,
  type Scope,
  scopes,
  Sensitivity,
} from '@therapytrain/alerts-core';

describe('the clearance of', () => {
  test.each<[readonly Scope[], number]>([
    [[], Sensitivity.INTERNAL],
    [['alerts.read'], Sensitivity.INTERNAL],
    [['admin', 'audit.read', 'incidents.write'], Sensitivity.INTERNAL],
    [['alerts.read.personal'], Sensitivity.PERSONAL],
    [['alerts.read.health'], Sensitivity.HEALTH],
    [['alerts.read.personal', 'alerts.read.health'], Sensitivity.HEALTH],
  ])('%j is %d', (allowed, clearance) => expect(clearanceOf({ scopes: new Set(allowed) })).toBe(clearance));
});

test.each([
  ['ward-7', true],
  ['gateway', false],
  ['Ward-7', false],
  ['', false],
  ['gateway:detections', false],
])('%j as the name of a principal: %j', (name, expected) => expect(isPrincipalName(name)).toBe(expected));

test('scopes have the numbers of the contract', () => {
  const names = scopes.map((scope) => scope.toUpperCase().replaceAll('.', '_'));
  expect(names.map((name) => WireScope[name as keyof typeof WireScope])).toEqual(scopes.map((_, at) => at + 1));
});

test('no scope implies another', () => {
  for (const scope of scopes) {
    const principal = { scopes: new Set([scope]) };
    expect(scopes.filter((each) => may(principal, each))).toEqual([scope]);
  }
});

test('who need not prove who it is may do everything, under its name', () => {
  const principal = localPrincipal('alice');
  expect(principal.name).toBe('alice');
  expect(scopes.every((scope) => may(principal, scope))).toBe(true);
  expect(isWithin(principal, { type: 'ANY', source: 'any' })).toBe(true);
});

describe('the facts that an expression speaks of', () => {
  test.each<[string, readonly string[]]>([
    ['true', []],
    ['type == "A" && severity >= HIGH', ['severity', 'type']],
    ['has(metadata.x)', ['metadata']],
    ['["a"].exists(each, each == message)', ['message']],
    ['["a"].exists(message, message == "b")', ['message']],
    ['type == "metadata.userId" // message', ['type']],
    [
      'fingerprint == dedup_key ? occurred_at > received_at : source in ["x"]',
      ['dedup_key', 'fingerprint', 'occurred_at', 'received_at', 'source'],
    ],
    ['size({"metadata": source}) > 0', ['source']],
  ])('%s', (source, names) => expect([...namesIn(source)].sort()).toEqual(names));
});

describe('a condition that narrows a principal', () => {
  test.each<[string, string, string, boolean]>([
    ['type == "A"', 'A', 's', true],
    ['type == "A"', 'B', 's', false],
    ['source.startsWith("ward-")', 'A', 'ward-7', true],
    ['type in ["A", "B"] && source != "x"', 'B', 'x', false],
  ])('%s: %s of %s', (when, type, source, passes) => {
    expect(isWithin({ when: compileNarrowing(when) }, { type, source })).toBe(passes);
  });

  test.each(['severity >= HIGH', 'metadata.userId == "x"', 'message != ""', 'type', '', 'type =='])(
    'is not %j',
    (when) => expect(() => compileNarrowing(when)).toThrow(ExpressionError),
  );
});
