import { afterEach, describe, expect, test } from '@jest/globals';
import { AlertError, type Store } from '@therapytrain/alerts-core';
import { createSqliteLog, openSqliteStore } from '@therapytrain/alerts-store-sqlite';
import { assertBalanced, incidentOf, jobOf, seededRandom, testPorts } from '@therapytrain/alerts-testkit';
import { assertSound } from './support/checked-log.ts';
import { assertStoreRecovers } from './support/checked-store.ts';
import { removeDirectories, temporaryDirectory } from './support/directories.ts';
import { fill, mount, noMounting, unmountAll } from './support/mounts.ts';
import { type Acknowledged, failing, ioFailure, noTracing, startAppender } from './support/processes.ts';

const directories: string[] = [];
const newDirectory = (): string => {
  directories.push(temporaryDirectory());
  return directories.at(-1) ?? '';
};
afterEach(() => {
  unmountAll();
  removeDirectories(directories.splice(0));
});

const program = './planner.ts';
const kills = 20;
const seed = Date.now() % 1_000_000;

test(`what was acknowledged survives ${kills} kills, each commit whole (seed ${seed})`, async () => {
  const directory = newDirectory();
  const { fraction } = seededRandom(seed);
  const acknowledged: Acknowledged[] = [];
  for (let kill = 0; kill < kills; kill++) {
    const planner = await startAppender({
      directory,
      first: kill * 1_000_000,
      size: 1 + (kill % 3) * 5,
      callers: 4,
      program,
    });
    // A number of acknowledgements rather than a time, so that a slow machine is killed in the midst of it too.
    await planner.reached(1 + Math.floor(fraction() * 300));
    expect((await planner.kill()).signal).toBe('SIGKILL');
    acknowledged.push(...planner.acknowledged());
    expect(planner.refused()).toEqual([]);
    await assertStoreRecovers(directory, acknowledged);
  }
}, 600_000);

test('a store is open once, beside the log of its directory', async () => {
  const directory = newDirectory();
  const log = await createSqliteLog({ directory });
  const store = await openSqliteStore({ directory });
  const planner = await startAppender({ directory, first: 0, program });
  expect(planner.refused()).toEqual(['STORE_LOCKED']);
  await planner.ended();
  await expect(openSqliteStore({ directory })).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  await store.close();
  await (await openSqliteStore({ directory })).close();
  await log.close();
}, 60_000);

const ports = testPorts();
const plan = async (store: Store, n: number): Promise<AlertError | undefined> => {
  try {
    await store.commit({
      incidents: [incidentOf(ports, { key: n.toString(16).padStart(32, '0') })],
      jobs: [jobOf(ports)],
      counts: [{ channel: 'mail', state: 'accepted', pairs: 1 }],
      cursor: n,
    });
    return undefined;
  } catch (error) {
    if (error instanceof AlertError) return error;
    throw error;
  }
};

(noMounting ? describe.skip : describe)(`a full disk${noMounting}`, () => {
  test('refuses commits, serves reads, and is over when space is there again', async () => {
    const directory = mount('8m');
    const store = await openSqliteStore({ directory, onFatal: (error) => expect(error).toBeUndefined() });
    let n = 0;
    while (n < 20) expect(await plan(store, ++n)).toBeUndefined();
    const makeSpace = fill(directory, 200_000);
    let error: AlertError | undefined;
    while (!error) error = await plan(store, ++n);
    expect(error).toMatchObject({ code: 'DISK_FULL', retryable: true });
    const kept = await store.cursor();
    expect(kept).toBe(n - 1);
    for (let late = 0; late < 10; late++) expect(await plan(store, ++n)).toMatchObject({ code: 'DISK_FULL' });
    expect(await store.cursor()).toBe(kept);
    expect(await store.incidents({ limit: 10_000 })).toHaveLength(kept);
    await assertBalanced(store);
    makeSpace();
    for (let late = 0; late < 50; late++) expect(await plan(store, ++n)).toBeUndefined();
    expect(await store.incidents({ limit: 10_000 })).toHaveLength(kept + 50);
    await assertBalanced(store);
    await store.close();
    assertSound(directory, 'plan.db');
  }, 60_000);

  test('cannot be opened, and says so', async () => {
    const directory = mount('1m');
    fill(directory, 0);
    await expect(openSqliteStore({ directory })).rejects.toMatchObject({ code: 'DISK_FULL' });
  }, 60_000);
});

const [traced, untraced] = noTracing ? [describe.skip, ` (skipped: ${noTracing})`] : [describe, ''];

traced(`a failed fsync of the store${untraced}`, () => {
  // The third one is SQLite's own of the directory, of which it takes no notice when it fails.
  test.each([2, 4, 6, 9])(
    '(the %i. of its thread) ends the process, and the next start recovers',
    async (when) => {
      const directory = newDirectory();
      await (await openSqliteStore({ directory })).close();
      const under = failing('EIO', 'fsync,fdatasync', String(when));
      const planner = await startAppender({ directory, first: 0, size: 3, callers: 4, under, program });
      expect(await planner.ended()).toMatchObject(ioFailure('store'));
      await assertStoreRecovers(directory, planner.acknowledged());
    },
    120_000,
  );
});
