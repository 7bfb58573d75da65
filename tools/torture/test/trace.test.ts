import { describe, expect, it } from '@jest/globals';
import { injectedCall, kindOf, syncCalls } from '../trace.ts';

const opened = `
19636 1795504546.764819 fsync(28</data/alerts.db-journal>) = 0
19636 1795504546.770985 fsync(29</data>) = 0
`;

const killed = `${opened}19636 1795504546.771436 fsync(28</data/alerts.db-wal> <unfinished ...>
19620 1795504546.771609 +++ killed by SIGKILL +++
19636 1795504546.771673 <... fsync resumed>) = ?
19636 1795504546.771784 +++ killed by SIGKILL +++
`;

const failed = `${opened}19636 1795504546.771436 fsync(28</data/alerts.db>) = -1 EIO (Input/output error) (INJECTED)
19636 1795504546.771999 fdatasync(28</data/alerts.db-wal>) = 0
`;

describe('a trace', () => {
  it('gives its calls in order, with their time in whole milliseconds', () => {
    expect(syncCalls(opened)).toEqual([
      { thread: 19636, wall: 1795504546765, syscall: 'fsync', path: '/data/alerts.db-journal' },
      { thread: 19636, wall: 1795504546771, syscall: 'fsync', path: '/data' },
    ]);
  });

  it.each([
    ['nothing, where there was no fault', opened, undefined],
    ['the call that did not come back', killed, '/data/alerts.db-wal'],
    ['the call that was made to fail', failed, '/data/alerts.db'],
    ['nothing, where there is nothing', '', undefined],
  ])('tells %s', (_, trace, path) => {
    expect(injectedCall(trace)?.path).toBe(path);
  });

  it.each([
    ['/data/alerts.db-wal', 'write-ahead log'],
    ['/data/alerts.db-journal', 'rollback journal'],
    ['/data/alerts.db', 'database'],
    ['/data/cursor.key.new', 'key'],
    ['/data/audit/checkpoint.new', 'audit log'],
    ['/data/audit/tile/0', 'audit log'],
    ['/data', 'directory'],
  ])('%s is the %s', (path, kind) => {
    expect(kindOf(path)).toBe(kind);
  });
});
