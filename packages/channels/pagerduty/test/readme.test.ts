import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { close } from './readme-example.ts';

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');

test('the example of the README is the file that is compiled here, and it opens and closes', async () => {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(read('../README.md')) ?? [];
  expect(example).toBe(read('./readme-example.ts'));
  await close();
});
