import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '@therapytrain/alerts-core';

const keyBytes = 32;

/**
 * A key of the deployment: made at the first start, then read from the data directory, so that what was made with it
 * stays good. `cursor` signs cursors; pseudonyms are made with `pseudonym`,
 * those of persons in the audit log with `subject`.
 */
export const loadKey = (name: 'cursor' | 'pseudonym' | 'subject', directory: string, random: Random): Uint8Array => {
  const file = join(directory, `${name}.key`);
  try {
    const key = readFileSync(file);
    if (key.length === keyBytes) return key;
    throw new Error(`${file} does not hold ${keyBytes} bytes`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const key = new Uint8Array(keyBytes);
  random.fill(key);
  // Under its name only once it is whole: a start that was cut off must not leave half a key behind.
  writeFileSync(`${file}.new`, key, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
  return key;
};
