import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createGuard } from '../src/serve-writer.ts';
import { createBatch } from '../src/store/batch.ts';
import { openStoreDatabase, type StoreDatabase } from '../src/store/database.ts';
import type { Call } from '../src/store/messages.ts';
import { packChanges } from '../src/store/pack-changes.ts';

// What SQLite calls FULL: a commit waits until it is on the disk.
const full = 2;

let directory: string;
let database: StoreDatabase;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'synchronous-'));
  database = openStoreDatabase(join(directory, 'plan.db'));
});
afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true });
});

const level = (): unknown =>
  (database.connection.prepare('PRAGMA synchronous').get() as { readonly synchronous: number }).synchronous;

const by = { now: 0, until: 1, limit: 1, perTarget: { default: 1, of: {} }, except: [], unaided: [] };
const claim: Call = { number: 1, name: 'claim', args: [by] };
const entry = { at: 0, actor: 'gateway', action: 'a', subject: 's', facts: {} };
const commit: Call = { number: 2, name: 'commit', args: [packChanges({ audit: [entry] }), 0] };

test('a commit waits for the disk, whatever was claimed before', () => {
  expect(level()).toBe(full);
  const batch = createBatch(
    database,
    createGuard(() => undefined),
    () => undefined,
  );
  expect(level()).toBe(full);
  expect(batch([claim])).toMatchObject([{ kind: 'result' }]);
  expect(level()).toBe(full);
  expect(batch([commit, claim])).toMatchObject([{ kind: 'result' }, { kind: 'result' }]);
  expect(level()).toBe(full);
});
