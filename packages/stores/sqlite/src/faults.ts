import type { Failed, Fault } from './messages.ts';

// sqlite.org/rescode.html; an extended code has the primary one in its low byte.
const primary = 0xff;
const busy = 5;
const ioErr = 10;
const corrupt = 11;
const full = 13;
const notADb = 26;
// The file of shared memory could not grow. The disk is full, and nothing was written badly.
const ioErrShmSize = 4874;

const codeOf = (error: unknown): number =>
  typeof error === 'object' && error !== null && 'errcode' in error ? Number(error.errcode) : 0;

/** SQLite's number for an error, without what it adds to it; 0 for an error that is not SQLite's. */
export const primaryCodeOf = (error: unknown): number => codeOf(error) & primary;

/** True where another connection has the lock. */
export const isBusy = (error: unknown): boolean => primaryCodeOf(error) === busy;

/** What kind of failure an error of SQLite is. */
export const faultOf = (error: unknown): Fault => {
  const code = codeOf(error);
  if (code === ioErrShmSize) return 'full';
  switch (code & primary) {
    case full:
      return 'full';
    case ioErr:
    case corrupt:
    case notADb:
      return 'io';
    default:
      return 'other';
  }
};

/** What an error says, with SQLite's own number for it. */
export const messageOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  return code === 0 ? text : `${text} (SQLite error ${code})`;
};

/** The reply for a request that failed. */
export const failed = (of: Failed['of'], error: unknown): Failed => ({
  kind: 'failed',
  of,
  fault: faultOf(error),
  message: messageOf(error),
});
