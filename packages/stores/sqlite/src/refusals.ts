import { AlertError } from '@therapytrain/alerts-core';
import type { Fault, Refused } from './messages.ts';

// Space comes back when somebody makes some; meanwhile trying more often than this helps nobody.
const retryAfter = 2_000;

/** The log, or the store, was closed. */
export const closed = (what = 'log'): AlertError => new AlertError('CLOSED', `the ${what} is closed`);

/** The request id of this alert belongs to another report. */
export const reused = (): AlertError =>
  new AlertError('REQUEST_ID_REUSED', 'the request id was used before, for an alert with another content');

/** The ids of two alerts do not ascend, so one of them did not come from this log's `Ids`. */
export const descending = (): AlertError => new AlertError('DEFECT', 'the ids of a log must ascend');

/** Nothing of a request was kept, and trying again may help. */
export const notKept = (fault: Fault, cause: string, what = 'log'): AlertError =>
  fault === 'full'
    ? new AlertError('DISK_FULL', `there is no space left on the disk of the ${what}`, { cause, retryAfter })
    : new AlertError('STORE_UNAVAILABLE', `the ${what} could not be written`, { cause, retryAfter });

/** Nothing more can be kept by this process. */
export const broken = (what: string, cause: unknown): AlertError =>
  new AlertError('STORE_UNAVAILABLE', `${what}; the process must end`, { cause, retryAfter });

/** The log, or the store, could not be read. */
export const unreadable = (cause: string, what = 'log'): AlertError =>
  new AlertError('STORE_UNAVAILABLE', `the ${what} could not be read`, { cause, retryAfter });

/** The alerts that a cursor asks for were let go. */
export const expired = (): AlertError =>
  new AlertError('CURSOR_EXPIRED', 'alerts after the cursor are past their retention');

/** The log, or the store, of a directory could not be opened. */
export const unopened = (directory: string, { why, message }: Omit<Refused, 'kind'>, what = 'log'): AlertError => {
  if (why === 'locked') {
    return new AlertError('STORE_LOCKED', `another process has the data directory ${directory} open`);
  }
  const code = why === 'full' ? 'DISK_FULL' : 'STORE_UNAVAILABLE';
  return new AlertError(code, `the ${what} in ${directory} cannot be opened: ${message}`, { cause: message });
};
