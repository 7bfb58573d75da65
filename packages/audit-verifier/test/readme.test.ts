import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { NotGenuine } from '../src/index.ts';
import { deliveriesOf } from './readme-example.ts';

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');

test('the example of the README is the file that is compiled and run here', () => {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(read('../README.md')) ?? [];
  expect(example).toBe(read('./readme-example.ts'));
});

test('it refuses what is no receipt', () => {
  expect(() => deliveriesOf(new URL('../package.json', import.meta.url).pathname, 'k', 'w')).toThrow(NotGenuine);
});
