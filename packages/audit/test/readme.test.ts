import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readCheckpointText, readNote } from '@therapytrain/alerts-audit';
import { publish } from './readme-example.ts';
import { entriesOf } from './support/copy.ts';

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');

test('the example of the README is the file that is compiled and run here', () => {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(read('../README.md')) ?? [];
  expect(example).toBe(read('./readme-example.ts'));
});

test('it publishes entries', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'readme-'));
  try {
    expect(readCheckpointText(readNote(await publish(directory, entriesOf(3))).text).size).toBe(3);
    expect(readCheckpointText(readNote(await publish(directory, entriesOf(2))).text).size).toBe(5);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
