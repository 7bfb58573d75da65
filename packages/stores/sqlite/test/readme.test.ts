import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { draftOf, stamp, testPorts } from '@therapytrain/alerts-testkit';
import { keep } from './readme-example.ts';
import { removeDirectories, temporaryDirectory } from './support/directories.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the example of the README is the file that is compiled and run here', () => {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(read('../README.md')) ?? [];
  expect(example).toBe(read('./readme-example.ts'));
});

test('it does what it says', async () => {
  const directory = temporaryDirectory();
  const alerts = [stamp({ ...draftOf(0), message: 'one' }, testPorts())];
  expect(await keep(directory, alerts)).toEqual(['one']);
  removeDirectories([directory]);
});
