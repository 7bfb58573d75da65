import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { tell } from './readme-example.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the example of the README is the file that is compiled and run here', () => {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(read('../README.md')) ?? [];
  expect(example).toBe(read('./readme-example.ts'));
});

test('it does what it says', async () => {
  expect(await tell('https://127.0.0.1/', Buffer.from('x'), new AbortController().signal)).toBe('misconfigured');
  expect(await tell('https://10.1.0.1/', Buffer.from('x'), AbortSignal.abort())).toBe('retry');
});
