import { afterEach, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { createSqliteLog } from '@therapytrain/alerts-store-sqlite';
import { assertRecovers, assertSound } from './support/checked-log.ts';
import { removeDirectories, temporaryDirectory } from './support/directories.ts';
import {
  type Appender,
  type AppenderOptions,
  failing,
  ioFailure,
  noTracing,
  startAppender,
} from './support/processes.ts';

const directories: string[] = [];
afterEach(() => removeDirectories(directories.splice(0)));

/** A directory with an empty log in it, so that what is injected does not hit its making. */
const preparedDirectory = async (): Promise<string> => {
  const directory = temporaryDirectory();
  directories.push(directory);
  await (await createSqliteLog({ directory })).close();
  return directory;
};

const appendUnder = (options: AppenderOptions): Promise<Appender> => startAppender({ callers: 8, ...options });

// The first fsync is that of the directory when the log is opened, the third one SQLite's own of it: see writer.ts.
const ofCommits = [2, 4, 5, 8, 13];

// Where system calls cannot be made to fail the tests are named with the reason, and skipped.
const [run, reason] = noTracing ? [describe.skip, ` (skipped: ${noTracing})`] : [describe, ''];

run(`a failed fsync${reason}`, () => {
  test.each(ofCommits)(
    'of a commit (the %i. of the writer) ends the process, and the next start recovers',
    async (when) => {
      const directory = await preparedDirectory();
      const appender = await appendUnder({
        directory,
        first: 0,
        size: 3,
        under: failing('EIO', 'fsync,fdatasync', String(when)),
      });
      expect(await appender.ended()).toMatchObject(ioFailure('log'));
      const acknowledged = appender.acknowledged().length;
      // Each commit is forced to the disk before it is acknowledged, so there were no more of them than that.
      expect(acknowledged).toBeLessThanOrEqual(when * 8 * 3);
      const kept = await assertRecovers(directory, appender.acknowledged());
      // The commit that failed may be there or not; what was to follow it is not.
      expect(kept - acknowledged).toBeLessThanOrEqual(8 * 3);
      assertSound(directory);
    },
    120_000,
  );

  test('of the directory refuses to open the log', async () => {
    const directory = await preparedDirectory();
    const appender = await appendUnder({ directory, first: 0, under: failing('EIO', 'fsync,fdatasync', '1') });
    expect(await appender.ended()).toMatchObject({ code: 1, stderr: '' });
    expect(appender.refused()).toEqual(['STORE_UNAVAILABLE']);
  }, 120_000);

  // The process died between writing a commit and forcing it, perhaps; what is read from now on must stay.
  test('of what a crash has left refuses to open the log', async () => {
    const directory = await preparedDirectory();
    const killed = await appendUnder({ directory, first: 0, size: 3 });
    await killed.reached(30);
    await killed.kill();
    const under = failing('EIO', 'fsync,fdatasync', '1', join(directory, 'alerts.db-wal'));
    const appender = await appendUnder({ directory, first: 1_000_000, under });
    expect(await appender.ended()).toMatchObject({ code: 1, stderr: '' });
    expect(appender.refused()).toEqual(['STORE_UNAVAILABLE']);
    await assertRecovers(directory, killed.acknowledged());
  }, 120_000);

  test('of a checkpoint ends the process, and the next start recovers', async () => {
    const directory = await preparedDirectory();
    const under = failing('EIO', 'fsync,fdatasync', '1', join(directory, 'alerts.db'));
    const appender = await appendUnder({ directory, first: 0, size: 250, under });
    expect(await appender.ended()).toMatchObject(ioFailure('log'));
    // The checkpoint came after many commits: only it syncs the database itself.
    expect(appender.acknowledged().length).toBeGreaterThan(1_000);
    await assertRecovers(directory, appender.acknowledged());
    assertSound(directory);
  }, 120_000);
});

run(`a failed write${reason}`, () => {
  test('to the write-ahead log ends the process, and the next start recovers', async () => {
    const directory = await preparedDirectory();
    const under = failing('EIO', 'pwrite64', '40', join(directory, 'alerts.db-wal'));
    const appender = await appendUnder({ directory, first: 0, size: 3, under });
    expect(await appender.ended()).toMatchObject(ioFailure('log'));
    await assertRecovers(directory, appender.acknowledged());
  }, 120_000);
});
