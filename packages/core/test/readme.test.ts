import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { AlertSeverity, encodeReport } from '@therapytrain/alerts-core';
import { faultsOf, isUrgent, report } from './readme-example.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the example of the README is the file that is compiled and run here', () => {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(read('../README.md')) ?? [];
  expect(example).toBe(read('./readme-example.ts'));
});

test('it does what it says', () => {
  expect(isUrgent(report)).toBe(true);
  expect(isUrgent(encodeReport({ type: 'OTHER', message: 'm' }))).toBe(false);
  expect(isUrgent(encodeReport({ type: 'OTHER', message: 'm', severity: AlertSeverity.CRITICAL }))).toBe(true);
  expect(faultsOf({ type: 'OTHER', message: 'm' })).toEqual([]);
  expect(faultsOf({ type: 'OTHER', message: '' })).toEqual(['message is empty']);
});
