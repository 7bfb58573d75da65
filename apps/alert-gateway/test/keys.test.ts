import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { seededRandom } from '@therapytrain/alerts-testkit';
import { loadKey } from '../src/keys.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keys-'));
  file = join(directory, 'cursor.key');
});
afterEach(() => rmSync(directory, { recursive: true }));

test('the key is made once, for its owner alone, and stays', () => {
  const key = loadKey('cursor', directory, seededRandom(1));
  expect(key).toHaveLength(32);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(directory)).toEqual(['cursor.key']);
  expect([...loadKey('cursor', directory, seededRandom(2))]).toEqual([...key]);
});

test('a start that was cut off while the key was made is followed by one that makes it', () => {
  writeFileSync(`${file}.new`, 'half a');
  expect(loadKey('cursor', directory, seededRandom(1))).toHaveLength(32);
  expect(readdirSync(directory)).toEqual(['cursor.key']);
});

test('a key that is none is not replaced: cursors that are out there would be refused without a reason', () => {
  writeFileSync(file, 'too short');
  expect(() => loadKey('cursor', directory, seededRandom(1))).toThrow(/does not hold 32 bytes/);
});

test('nor is one that cannot be read', () => {
  rmSync(directory, { recursive: true });
  writeFileSync(directory, '');
  expect(() => loadKey('cursor', directory, seededRandom(1))).toThrow(/ENOTDIR/);
});
