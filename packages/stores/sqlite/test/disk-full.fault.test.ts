import { afterEach, describe, expect, test } from '@jest/globals';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { AlertError, type AlertLog } from '@therapytrain/alerts-core';
import { createSqliteLog } from '@therapytrain/alerts-store-sqlite';
import { draftOf, stamp, testPorts, waitFor } from '@therapytrain/alerts-testkit';
import { assertKept, assertSound } from './support/checked-log.ts';
import { copyDirectory, temporaryDirectory } from './support/directories.ts';
import { fill, mount, mounts, noMounting, unmountAll } from './support/mounts.ts';
import type { Acknowledged } from './support/processes.ts';

afterEach(unmountAll);

const ports = testPorts();

/** Appends batch after batch, and notes what was acknowledged. */
const createReporter = (log: AlertLog, size: number, first = 0) => {
  const acknowledged: Acknowledged[] = [];
  let next = first;
  return {
    acknowledged,
    /** The error that a batch was refused with; undefined if it was kept. */
    report: async (): Promise<AlertError | undefined> => {
      const from = next;
      next += size;
      const alerts = Array.from({ length: size }, (_, at) => stamp(draftOf(from + at), ports));
      try {
        for (const [at, result] of (await log.append(alerts)).entries()) {
          if (result instanceof AlertError) throw result;
          acknowledged.push({ draft: `case-${from + at}`, sequence: result.sequence, alertId: result.alertId });
        }
        return undefined;
      } catch (error) {
        if (error instanceof AlertError) return error;
        throw error;
      }
    },
  };
};

const untilRefused = async ({ report }: ReturnType<typeof createReporter>): Promise<AlertError> => {
  for (;;) {
    const error = await report();
    if (error) return error;
  }
};

const run = noMounting ? describe.skip : describe;

run(`a full disk${noMounting}`, () => {
  test('refuses reports, serves reads, and is over when space is there again', async () => {
    const directory = mount('8m');
    const log = await createSqliteLog({ directory, onFatal: (error) => expect(error).toBeUndefined() });
    const reporter = createReporter(log, 50);
    for (let batch = 0; batch < 5; batch++) expect(await reporter.report()).toBeUndefined();
    const makeSpace = fill(directory, 200_000);
    expect(await untilRefused(reporter)).toMatchObject({ code: 'DISK_FULL', retryable: true });
    const { newest } = log.bounds();
    for (let batch = 0; batch < 10; batch++) expect(await reporter.report()).toMatchObject({ code: 'DISK_FULL' });
    expect(log.bounds().newest).toBe(newest);
    expect(await assertKept(log, reporter.acknowledged)).toBe(reporter.acknowledged.length);
    makeSpace();
    for (let batch = 0; batch < 20; batch++) expect(await reporter.report()).toBeUndefined();
    expect(await assertKept(log, reporter.acknowledged)).toBe(reporter.acknowledged.length);
    await log.close();
    assertSound(directory);
  }, 60_000);

  // The write-ahead log has its space and is written over, while the database cannot grow: the checkpoint fails first.
  test('that a checkpoint finds first is not fatal, and appends go on meanwhile', async () => {
    const directory = mount('64m');
    const fatal: AlertError[] = [];
    const log = await createSqliteLog({ directory, onFatal: (error) => void fatal.push(error) });
    const [large, small] = [createReporter(log, 48_000), createReporter(log, 100, 1_000_000)];
    // One commit, so that the write-ahead log becomes longer than what a checkpoint waits for.
    expect(await large.report()).toBeUndefined();
    const database = join(directory, 'alerts.db');
    await waitFor(() => statSync(database).size >= log.bounds().bytes, { what: 'the checkpoint' });
    const makeSpace = fill(directory, 0);
    const { size } = statSync(database);
    expect(await untilRefused(small)).toMatchObject({ code: 'DISK_FULL' });
    // These did not fit the database any more, and were more than a checkpoint waits for.
    expect(log.bounds().bytes - size).toBeGreaterThan(4 * 1024 ** 2);
    expect(statSync(database).size).toBe(size);
    makeSpace();
    for (let batch = 0; batch < 40; batch++) expect(await small.report()).toBeUndefined();
    const acknowledged = [...large.acknowledged, ...small.acknowledged];
    expect(await assertKept(log, acknowledged)).toBe(acknowledged.length);
    expect(fatal).toEqual([]);
    await log.close();
    assertSound(directory);
  }, 120_000);

  test('cannot be opened, and says so', async () => {
    const directory = mount('1m');
    fill(directory, 0);
    await expect(createSqliteLog({ directory })).rejects.toMatchObject({ code: 'DISK_FULL' });
  }, 60_000);

  test('has room for the reads of what a crash has left', async () => {
    const crashed = temporaryDirectory();
    mounts.push(crashed);
    const before = await createSqliteLog({ directory: crashed });
    const reporter = createReporter(before, 100);
    for (let batch = 0; batch < 10; batch++) expect(await reporter.report()).toBeUndefined();
    const directory = copyDirectory(crashed, mount('8m'));
    await before.close();
    // Enough for the file of shared memory, and not for the database to grow.
    fill(directory, 64 * 1024);
    const log = await createSqliteLog({ directory });
    expect(await assertKept(log, reporter.acknowledged)).toBe(1_000);
    await log.close();
  }, 60_000);

  test('is told to retain too, which can be asked again', async () => {
    const directory = mount('8m');
    const log = await createSqliteLog({ directory });
    const reporter = createReporter(log, 50);
    for (let batch = 0; batch < 40; batch++) expect(await reporter.report()).toBeUndefined();
    const makeSpace = fill(directory, 0);
    await untilRefused(reporter);
    await expect(log.retain({ maxBytes: 0 })).rejects.toMatchObject({ code: 'DISK_FULL' });
    makeSpace();
    expect(await log.retain({ maxBytes: 0 })).toBeGreaterThan(0);
    expect(log.bounds().oldest).toBe(log.bounds().newest);
    await log.close();
    assertSound(directory);
  }, 60_000);
});
