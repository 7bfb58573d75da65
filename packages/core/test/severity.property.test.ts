import { describe, expect, test } from '@jest/globals';
import {
  AlertSeverity,
  type AlertSeverityName,
  isSeverity,
  severities,
  severityName,
  severityOf,
} from '@therapytrain/alerts-core';
import fc from 'fast-check';

const names: readonly AlertSeverityName[] = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];

describe('the order of severities', () => {
  test('LOW < MEDIUM < HIGH < CRITICAL, for every pair, whatever their names are as text', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.constantFrom(...names), (one, other) => {
        expect(Math.sign(AlertSeverity[one] - AlertSeverity[other])).toBe(
          Math.sign(names.indexOf(one) - names.indexOf(other)),
        );
      }),
      { numRuns: 200 },
    );
  });

  test('as text, the order would be another: this is what the seed got wrong', () => {
    const asText = [...names].sort();
    expect(asText).toEqual(['CRITICAL', 'HIGH', 'LOW', 'MEDIUM']);
    expect([...names].sort((one, other) => AlertSeverity[one] - AlertSeverity[other])).toEqual(names);
  });

  test('any list of severities sorts by how bad they are', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...severities)), (some) => {
        const sorted = [...some].sort((one, other) => one - other).map(severityName);
        expect(sorted).toEqual([...sorted].sort((one, other) => names.indexOf(one) - names.indexOf(other)));
      }),
    );
  });

  test('least severe first', () => {
    expect(severities.map(severityName)).toEqual(names);
    expect(severities).toEqual([1, 2, 3, 4]);
  });
});

describe('names and numbers', () => {
  test.each(names)('%s is found in any case, and named back', (name) => {
    const severity = severityOf(name);
    expect(severity).toBe(AlertSeverity[name]);
    expect(severityOf(name.toLowerCase())).toBe(severity);
    expect(severity && severityName(severity)).toBe(name);
  });

  test('no other text is a severity', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!names.includes(text.toUpperCase() as AlertSeverityName));
        expect(severityOf(text)).toBeUndefined();
      }),
    );
  });

  test.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString', '', 'HIGH ', '3'])('%j is none', (text) => {
    expect(severityOf(text)).toBeUndefined();
  });

  test.each([0, 5, -1, 1.5, Number.NaN, '3', 'HIGH', 3n, null, undefined, {}, [3]])('%p is not one', (value) => {
    expect(isSeverity(value)).toBe(false);
  });

  test.each(severities)('%d is one', (severity) => {
    expect(isSeverity(severity)).toBe(true);
  });
});
