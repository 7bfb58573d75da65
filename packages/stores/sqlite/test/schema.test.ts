import { expect, test } from '@jest/globals';
import { DatabaseSync } from 'node:sqlite';
import { isOlder, migrate, oldestSqlite } from '../src/schema.ts';

test.each([
  ['3.51.2', '3.51.3', true],
  ['3.51.3', '3.51.3', false],
  ['3.51.4', '3.51.3', false],
  ['3.9.99', '3.51.3', true],
  ['3.100.0', '3.51.3', false],
  ['4.0', '3.51.3', false],
  ['3.51', '3.51.3', true],
  ['3.51.3.1', '3.51.3', false],
])('%s older than %s: %s', (version, than, older) => {
  expect(isOlder(version, than)).toBe(older);
});

test('the SQLite of this Node is new enough', () => {
  const db = new DatabaseSync(':memory:');
  const { version } = db.prepare('SELECT sqlite_version() AS version').get() as { version: string };
  expect(isOlder(version, oldestSqlite)).toBe(false);
});

test('a database is brought to the newest schema once', () => {
  const db = new DatabaseSync(':memory:');
  migrate(db);
  db.exec("INSERT INTO sources (name) VALUES ('a')");
  migrate(db);
  expect(db.prepare('SELECT count(*) AS count FROM sources').get()).toEqual({ count: 1 });
});

test('a database of a newer program is refused', () => {
  const db = new DatabaseSync(':memory:');
  migrate(db);
  db.exec('PRAGMA user_version = 99');
  expect(() => migrate(db)).toThrow('its schema has version 99, and this program knows 1 at most');
});
