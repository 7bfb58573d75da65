import { expect, test } from '@jest/globals';
import { failed, faultOf, isBusy, messageOf } from '../src/faults.ts';

const sqliteError = (errcode: number): Error => Object.assign(new Error('disk I/O error'), { errcode });

test.each([
  ['SQLITE_FULL', 13, 'full'],
  ['SQLITE_IOERR_SHMSIZE: the file of shared memory could not grow', 4874, 'full'],
  ['SQLITE_IOERR', 10, 'io'],
  ['SQLITE_IOERR_WRITE', 778, 'io'],
  ['SQLITE_IOERR_FSYNC', 1034, 'io'],
  ['SQLITE_IOERR_READ', 266, 'io'],
  ['SQLITE_IOERR_SHMMAP', 5386, 'io'],
  ['SQLITE_CORRUPT', 11, 'io'],
  ['SQLITE_CORRUPT_INDEX', 779, 'io'],
  ['SQLITE_NOTADB', 26, 'io'],
  ['SQLITE_BUSY', 5, 'other'],
  ['SQLITE_NOMEM', 7, 'other'],
  ['SQLITE_CONSTRAINT_UNIQUE', 2067, 'other'],
])('%s (%i) is a fault of the kind %s', (_, code, fault) => {
  expect(faultOf(sqliteError(code))).toBe(fault);
});

test('what is not an error of SQLite is not a fault of the disk', () => {
  expect(faultOf(new TypeError('a defect'))).toBe('other');
  expect(faultOf(undefined)).toBe('other');
});

test('only another lock is busy, in all its kinds', () => {
  expect([5, 261, 517].map((code) => isBusy(sqliteError(code)))).toEqual([true, true, true]);
  expect([6, 10, 0].map((code) => isBusy(sqliteError(code)))).toEqual([false, false, false]);
});

test('a message says which error it was', () => {
  expect(messageOf(sqliteError(1034))).toBe('disk I/O error (SQLite error 1034)');
  expect(messageOf(new Error('something else'))).toBe('something else');
  expect(failed('append', sqliteError(13))).toEqual({
    kind: 'failed',
    of: 'append',
    fault: 'full',
    message: 'disk I/O error (SQLite error 13)',
  });
});
