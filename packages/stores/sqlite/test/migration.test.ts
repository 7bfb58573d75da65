import { expect, test } from '@jest/globals';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { openSqliteStore } from '@therapytrain/alerts-store-sqlite';
import { migrate } from '../src/schema.ts';
import { storeMigrations } from '../src/store/schema.ts';
import { removeDirectories, temporaryDirectory } from './support/directories.ts';

test('a store of the first schema is brought to the newest one with all that it holds', async () => {
  const directory = temporaryDirectory();
  const old = new DatabaseSync(join(directory, 'plan.db'));
  migrate(old, storeMigrations.slice(0, 1));
  old.exec(`
    INSERT INTO jobs VALUES ('a', 'delivery', 'i', 'mail', 'opened', 3, 5, 's', 2, 'p', NULL, 'waiting', 0, 0, 0, 1, NULL,
      0, '', NULL, '', '');
    INSERT INTO jobs VALUES ('b', 'delivery', 'i', 'mail', 'opened', 3, 5, 't', 1, 'p', 'chat', 'dead', 4, 4, 9, 1, NULL,
      1, 'refused', 8, '', '550');
    INSERT INTO counts VALUES ('mail', 'accepted', 3), ('mail', 'dead', 1);
  `);
  old.close();
  const store = await openSqliteStore({ directory });
  const deliveries = await store.deliveries({ limit: 10 });
  expect(deliveries.map(({ id, state, stoodIn, digest }) => [id, state, stoodIn, digest])).toEqual([
    ['b', 'dead', undefined, undefined],
    ['a', 'waiting', undefined, undefined],
  ]);
  expect(await store.accounting()).toEqual([
    { channel: 'mail', accepted: 3, delivered: 0, suppressed: 0, digested: 0, dead: 1, pending: 2 },
  ]);
  const by = { now: 10, until: 20, limit: 10, perTarget: { default: 4, of: {} }, except: [], unaided: ['mail'] };
  expect((await store.claim(by)).map(({ job }) => job.id)).toEqual(['a']);
  await store.close();
  removeDirectories([directory]);
});
