import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { systemClock } from '@therapytrain/alerts-core';
import { testPorts, waitFor } from '@therapytrain/alerts-testkit';
import { openCursorFile } from '../src/cursor-file.ts';
import { UsageError } from '../src/output/fault.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alertctl-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('a cursor file remembers the last cursor', async () => {
  const path = join(directory, 'cursor');
  const first = await openCursorFile(path, systemClock);
  expect(first.cursor).toBeUndefined();
  first.note('a');
  first.note('b');
  await first.flush();
  expect(await readFile(path, 'utf8')).toBe('b\n');
  expect((await openCursorFile(path, systemClock)).cursor).toBe('b');
  expect(await readdir(directory)).toEqual(['cursor']);
});

test('it is written soon, but not with every alert', async () => {
  const { clock } = testPorts();
  const path = join(directory, 'cursor');
  const file = await openCursorFile(path, clock);
  const holds = (cursor: string) => async () => (await readFile(path, 'utf8').catch(() => '')) === `${cursor}\n`;
  file.note('1');
  await waitFor(holds('1'));
  await waitFor(() => clock.sleepers() === 1);
  file.note('2');
  file.note('3');
  expect(await readFile(path, 'utf8')).toBe('1\n');
  await clock.advance(200);
  await waitFor(holds('3'));
  await file.flush();
});

test('it says so when it cannot be written', async () => {
  const file = await openCursorFile(join(directory, 'missing', 'cursor'), systemClock);
  file.note('a');
  await expect(file.flush()).rejects.toThrow(UsageError);
  expect(() => file.note('b')).toThrow(/no such file or directory/);
});

test('an empty file is none, and a directory is refused', async () => {
  await writeFile(join(directory, 'empty'), '\n');
  expect((await openCursorFile(join(directory, 'empty'), systemClock)).cursor).toBeUndefined();
  await expect(openCursorFile(directory, systemClock)).rejects.toThrow(/it is a directory/);
});
