import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { noticeOf, sampleAlert, sampleStory } from '@therapytrain/alerts-testkit';
import { say } from './readme-example.ts';

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');

test('the example of the README is the file that is compiled and run here', () => {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(read('../README.md')) ?? [];
  expect(example).toBe(read('./readme-example.ts'));
});

test('it says a notice', () => {
  expect(say(noticeOf(sampleStory('digest', [sampleAlert('x')]), 2))).toMatch(/^HIGH: 1 alerts.* https:/);
});
