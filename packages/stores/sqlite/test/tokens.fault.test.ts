import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { AlertError, createToken, systemRandom, type TokenRecord, type TokenStore } from '@therapytrain/alerts-core';
import { openSqliteTokens } from '@therapytrain/alerts-store-sqlite';
import { copyDirectory, removeDirectories, temporaryDirectory } from './support/directories.ts';

const directories: string[] = [];
afterAll(() => removeDirectories(directories));

const fresh = (): string => {
  const directory = temporaryDirectory();
  directories.push(directory);
  return directory;
};

const files = ['tokens.db', 'tokens.db-wal'];
/** What the disk holds at the moment, as after the death of the process. */
const crashed = (directory: string): string => copyDirectory(directory, fresh(), files);

const recordOf = (n: number, said: Partial<TokenRecord> = {}): TokenRecord => ({
  ...{ id: `token${n}`, digest: 'd'.repeat(64), principal: 'ward-7', scopes: ['alerts.write', 'admin'] },
  ...{ when: 'type == "A"', createdBy: 'admin', request: `request ${n}`, createdAt: n, expiresAt: 1_000 + n },
  ...{ revokedAt: undefined, lastUsedAt: undefined },
  ...said,
});

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'OK',
    (error: unknown) => (error instanceof AlertError ? error.code : String(error)),
  );

describe('tokens', () => {
  test('are there after a crash, as they were when each call resolved', async () => {
    const directory = fresh();
    const store = await openSqliteTokens({ directory });
    const states: (readonly TokenRecord[])[] = [];
    const check = async (): Promise<void> => {
      const after = await openSqliteTokens({ directory: crashed(directory) });
      const kept = await after.list();
      expect(kept).toEqual(await store.list());
      states.push(kept);
      await after.close();
    };
    await store.add(recordOf(1));
    await check();
    await store.add(recordOf(2, { when: '', scopes: ['audit.read'] }));
    await check();
    await store.revoke('token1', 50);
    await check();
    await store.used(new Map([['token2', 60]]));
    await check();
    expect(states.at(-1)).toEqual([
      recordOf(1, { revokedAt: 50 }),
      recordOf(2, { when: '', scopes: ['audit.read'], lastUsedAt: 60 }),
    ]);
    await store.close();
  });

  test('of one id or request are made once', async () => {
    const store = await openSqliteTokens({ directory: fresh() });
    await store.add(recordOf(1));
    expect(await codeOf(store.add(recordOf(1, { request: 'other' })))).toBe('CONFLICT');
    expect(await codeOf(store.add(recordOf(2, { request: 'request 1' })))).toBe('CONFLICT');
    expect(await store.list()).toEqual([recordOf(1)]);
    await store.close();
  });

  test('stay revoked at the first time, and are used at the last', async () => {
    const store = await openSqliteTokens({ directory: fresh() });
    await store.add(recordOf(1));
    await store.revoke('token1', 50);
    await store.revoke('token1', 99);
    await store.used(new Map([['token1', 60]]));
    await store.used(
      new Map([
        ['token1', 55],
        ['nobody', 1],
      ]),
    );
    expect(await store.list()).toEqual([recordOf(1, { revokedAt: 50, lastUsedAt: 60 })]);
    await store.close();
  });

  test('are forgotten some time after their end, by expiry or revocation', async () => {
    const store = await openSqliteTokens({ directory: fresh() });
    for (const n of [1, 2, 3]) await store.add(recordOf(n));
    await store.revoke('token3', 10);
    expect(await store.prune(1_002)).toBe(2);
    expect((await store.list()).map(({ id }) => id)).toEqual(['token2']);
    await store.close();
  });

  test('belong to one process, and to nobody after they are closed', async () => {
    const directory = fresh();
    const store: TokenStore = await openSqliteTokens({ directory });
    expect(await codeOf(openSqliteTokens({ directory }))).toBe('STORE_LOCKED');
    await store.close();
    await store.close();
    expect(await codeOf(store.list())).toBe('CLOSED');
    expect(await codeOf(store.add(recordOf(1)))).toBe('CLOSED');
  });

  test('cannot be had from their files', async () => {
    const directory = fresh();
    const store = await openSqliteTokens({ directory });
    const { id, digest, text } = createToken(systemRandom);
    await store.add(recordOf(1, { id, digest }));
    const bytes = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'latin1'));
    const secret = text.split('_')[2] ?? '';
    expect(bytes.some((each) => each.includes(id))).toBe(true);
    expect(bytes.some((each) => each.includes(secret))).toBe(false);
    await store.close();
  });
});
