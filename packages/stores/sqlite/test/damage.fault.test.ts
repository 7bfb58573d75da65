import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import type { AlertError } from '@therapytrain/alerts-core';
import { createSqliteLog } from '@therapytrain/alerts-store-sqlite';
import { draftOf, stamp, testPorts } from '@therapytrain/alerts-testkit';
import { removeDirectories, temporaryDirectory } from './support/directories.ts';

const directories: string[] = [];
afterEach(() => removeDirectories(directories.splice(0)));

test('a database that is damaged while it is open is fatal once, and everything is refused from then on', async () => {
  const directory = temporaryDirectory();
  directories.push(directory);
  const ports = testPorts();
  const alerts = (from: number, count: number) =>
    Array.from({ length: count }, (_, at) => stamp(draftOf(from + at), ports));
  const whole = await createSqliteLog({ directory });
  await whole.append(alerts(0, 3_000));
  await whole.close();

  const fatal: AlertError[] = [];
  const log = await createSqliteLog({ directory, onFatal: (error) => void fatal.push(error) });
  truncateSync(join(directory, 'alerts.db'), 8_192);
  const refused = { code: 'STORE_UNAVAILABLE', message: 'the disk of the log failed; the process must end' };
  const calls = [log.append(alerts(3_000, 2)), log.append(alerts(3_002, 1)), log.retain({ maxBytes: 0 })];
  for (const call of calls) await expect(call).rejects.toMatchObject(refused);
  await expect(log.append(alerts(3_003, 1))).rejects.toMatchObject(refused);
  await expect(log.read(0, 1)).rejects.toMatchObject(refused);
  expect(fatal).toHaveLength(1);
  expect(fatal[0]?.cause).toMatch(/SQLite error/);
  await log.close();
}, 30_000);
