import { chmodSync, copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { AlertLog } from '@therapytrain/alerts-core';
import { createSqliteLog } from '@therapytrain/alerts-store-sqlite';
import { draftOf, stamp, testPorts, waitFor } from '@therapytrain/alerts-testkit';
import { assertSound, readAll } from './support/checked-log.ts';
import { removeDirectories, temporaryDirectory } from './support/directories.ts';

const directories: string[] = [];
const logs: AlertLog[] = [];

const newDirectory = (): string => {
  directories.push(temporaryDirectory());
  return directories.at(-1) ?? '';
};

const open = async (directory: string): Promise<AlertLog> => {
  const log = await createSqliteLog({ directory });
  logs.push(log);
  return log;
};

afterEach(async () => {
  await Promise.all(logs.splice(0).map((log) => log.close()));
  removeDirectories(directories.splice(0));
});

const batch = (ports: ReturnType<typeof testPorts>, from: number, count: number, message = 'm') =>
  Array.from({ length: count }, (_, at) => stamp({ ...draftOf(from + at), message }, ports));

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('the data directory', () => {
  test('is made, and is for its owner only, with all that is in it', async () => {
    const above = join(newDirectory(), 'not', 'there');
    const directory = join(above, 'yet');
    const log = await open(directory);
    await log.append(batch(testPorts(), 0, 1));
    expect([above, directory].map(modeOf)).toEqual([0o700, 0o700]);
    for (const file of ['alerts.db', 'alerts.db-wal', 'alerts.db-shm', 'lock.db']) {
      expect([file, modeOf(join(directory, file))]).toEqual([file, 0o600]);
    }
  });

  test('that is there keeps the mode that somebody gave it', async () => {
    const directory = newDirectory();
    chmodSync(directory, 0o750);
    await open(directory);
    expect(modeOf(directory)).toBe(0o750);
  });

  test('that cannot be made is said so', async () => {
    const directory = newDirectory();
    writeFileSync(join(directory, 'file'), '');
    const opening = createSqliteLog({ directory: join(directory, 'file', 'data') });
    await expect(opening).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});

describe('the lock', () => {
  test('keeps a second log of the same process out, and the first one goes on', async () => {
    const directory = newDirectory();
    const log = await open(directory);
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(createSqliteLog({ directory })).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    }
    expect(await log.append(batch(testPorts(), 0, 1))).toHaveLength(1);
  });

  test('is let go by close', async () => {
    const directory = newDirectory();
    for (let start = 0; start < 3; start++) await (await open(directory)).close();
  });
});

describe('a database', () => {
  test('of a newer program is refused, and left as it is', async () => {
    const directory = newDirectory();
    await (await open(directory)).close();
    const file = join(directory, 'alerts.db');
    const db = new DatabaseSync(file);
    db.exec('PRAGMA user_version = 99');
    db.close();
    const before = readFileSync(file);
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(createSqliteLog({ directory })).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringContaining('schema has version 99'),
      });
    }
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('that is none is refused', async () => {
    const directory = newDirectory();
    writeFileSync(join(directory, 'alerts.db'), 'no database at all, but longer than the header of one: '.repeat(20));
    await expect(createSqliteLog({ directory })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  test('that is a directory is refused', async () => {
    const directory = newDirectory();
    mkdirSync(join(directory, 'alerts.db'));
    await expect(createSqliteLog({ directory })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});

describe('the log', () => {
  test('shares a commit among many callers', async () => {
    const log = await open(newDirectory());
    const ports = testPorts();
    let commits = 0;
    log.follow(() => commits++);
    const calls = Array.from({ length: 512 }, (_, n) => log.append(batch(ports, n, 1)));
    await Promise.all(calls);
    expect(commits).toBeLessThanOrEqual(4);
  });

  test('answers a read with a few megabytes at most, and goes on from there', async () => {
    const log = await open(newDirectory());
    const ports = testPorts();
    const large = 'x'.repeat(8_000);
    for (let from = 0; from < 1_200; from += 200) await log.append(batch(ports, from, 200, large));
    const { alerts, cursor } = await log.read(0, 100_000);
    expect(alerts.length).toBeGreaterThan(100);
    expect(alerts.length).toBeLessThan(600);
    expect(cursor).toBe(alerts.length);
    expect(await readAll(log)).toHaveLength(1_200);
    expect((await log.readBack(1_200, 100_000)).alerts.length).toBeLessThan(600);
  }, 30_000);

  test('keeps its write-ahead log short, also while it is read all the time', async () => {
    const directory = newDirectory();
    const log = await open(directory);
    const ports = testPorts();
    let reading = true;
    const readers = [0, 1, 2].map(async () => {
      while (reading) await readAll(log);
    });
    const wal = join(directory, 'alerts.db-wal');
    for (let from = 0; from < 40_000; from += 500) await log.append(batch(ports, from, 500));
    reading = false;
    await Promise.all(readers);
    expect(statSync(wal).size).toBeLessThan(64 * 1024 ** 2);
  }, 60_000);

  test('copies its write-ahead log back when it is idle, also after retention', async () => {
    const directory = newDirectory();
    const log = await open(directory);
    const ports = testPorts();
    const database = join(directory, 'alerts.db');
    for (let from = 0; from < 6_000; from += 500) await log.append(batch(ports, from, 500, 'x'.repeat(1_000)));
    // The last thousand pages or so wait for more.
    const most = (): number => log.bounds().bytes - 8 * 1024 ** 2;
    expect(most()).toBeGreaterThan(0);
    await waitFor(() => statSync(database).size >= most());
    const { mtimeMs } = statSync(database);
    await log.retain({ maxBytes: 0 });
    await waitFor(() => statSync(database).mtimeMs > mtimeMs);
  }, 30_000);

  test('leaves nothing in its file of what it let go', async () => {
    const directory = newDirectory();
    const log = await open(directory);
    const ports = testPorts();
    await log.append(batch(ports, 0, 300, 'planted-value-that-must-go'));
    await ports.clock.advance(1_000);
    await log.append(batch(ports, 300, 10));
    await log.retain({ before: ports.clock.now() });
    await log.close();
    expect(readFileSync(join(directory, 'alerts.db')).includes('planted-value-that-must-go')).toBe(false);
    assertSound(directory);
  });

  test('cuts retention short when it is closed, and tells how many went', async () => {
    const directory = newDirectory();
    const log = await open(directory);
    const ports = testPorts();
    for (let from = 0; from < 20_000; from += 1_000) await log.append(batch(ports, from, 1_000));
    const retaining = [log.retain({ maxBytes: 0 }), log.retain({ maxBytes: 0 })];
    await log.close();
    const counts = await Promise.all(retaining);
    expect((await open(directory)).bounds().oldest).toBe(counts.reduce((sum, count) => sum + count));
  }, 30_000);

  test('opens a copy of the files of one that runs', async () => {
    const [directory, copy] = [newDirectory(), newDirectory()];
    const log = await open(directory);
    await log.append(batch(testPorts(), 0, 20));
    for (const file of ['alerts.db', 'alerts.db-wal']) copyFileSync(join(directory, file), join(copy, file));
    expect(await readAll(await open(copy))).toHaveLength(20);
  });
});
