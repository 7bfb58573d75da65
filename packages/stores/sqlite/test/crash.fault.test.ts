import { afterEach, expect, test } from '@jest/globals';
import { createSqliteLog } from '@therapytrain/alerts-store-sqlite';
import { seededRandom } from '@therapytrain/alerts-testkit';
import { assertKept, assertRecovers, assertSound } from './support/checked-log.ts';
import { removeDirectories, temporaryDirectory } from './support/directories.ts';
import { type Acknowledged, startAppender } from './support/processes.ts';

const directories: string[] = [];
const newDirectory = (): string => {
  directories.push(temporaryDirectory());
  return directories.at(-1) ?? '';
};
afterEach(() => removeDirectories(directories.splice(0)));

const cycles = 20;
const seed = Date.now() % 1_000_000;

test(`what was acknowledged survives ${cycles} kills under load, each alert once (seed ${seed})`, async () => {
  const directory = newDirectory();
  const { fraction } = seededRandom(seed);
  const acknowledged: Acknowledged[] = [];
  for (let cycle = 0; cycle < cycles; cycle++) {
    const appender = await startAppender({
      directory,
      first: cycle * 1_000_000,
      size: 1 + (cycle % 3) * 40,
      callers: 8,
    });
    // A number of acknowledgements rather than a time, so that a slow machine is killed in the midst of it too.
    const enough = 1 + Math.floor(fraction() * 600);
    await appender.reached(enough);
    expect((await appender.kill()).signal).toBe('SIGKILL');
    acknowledged.push(...appender.acknowledged());
    expect(appender.refused()).toEqual([]);
  }
  expect(await assertRecovers(directory, acknowledged)).toBeGreaterThanOrEqual(acknowledged.length);
  assertSound(directory);
}, 600_000);

test('the lock goes with the process that held it, and with nothing else', async () => {
  const directory = newDirectory();
  const appender = await startAppender({ directory, first: 0 });
  await appender.reached(1);
  await expect(createSqliteLog({ directory })).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  await appender.kill();
  const log = await createSqliteLog({ directory });
  await assertKept(log, appender.acknowledged());
  // A process that closes a file lets go of all its locks on it, so an attempt to open the log must not touch them.
  await expect(createSqliteLog({ directory })).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  const late = await startAppender({ directory, first: 0 });
  expect(late.refused()).toEqual(['STORE_LOCKED']);
  expect((await late.ended()).code).toBe(1);
  await log.close();
}, 120_000);
