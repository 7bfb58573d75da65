import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { createArrayLog, emptyDisk } from './array-log.ts';
import { holdToContract, reportLater } from './readme-example.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the example of the README is the file that is compiled and run here', () => {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(read('../README.md')) ?? [];
  expect(example).toBe(read('./readme-example.ts'));
});

test('it keeps an alert after half a minute', async () => {
  const log = createArrayLog(emptyDisk, () => {});
  await reportLater(log);
  expect(log.bounds().newest).toBe(1);
});

holdToContract('the log of the README', async () => createArrayLog(emptyDisk, () => {}));
