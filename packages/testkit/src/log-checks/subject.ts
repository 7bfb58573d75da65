import assert from 'node:assert/strict';
import {
  AlertError,
  type AlertErrorCode,
  type AlertLog,
  type AppendResult,
  type Cursor,
  decodeAlert,
  type KeptAlert,
  type Receipt,
  type StampedAlert,
} from '@therapytrain/alerts-core';
import type { Check } from '../contract.ts';
import { draftOf } from '../draft-of.ts';
import { stamp } from '../stamp.ts';
import type { TestPorts } from '../test-ports.ts';

/** A log to be held to the contract. It is empty at first. */
export interface LogSubject {
  readonly log: AlertLog;
  /** The time and the ids of the alerts that the checks append. The log's own time, if it asks for any, is this too. */
  readonly ports: TestPorts;
  /** Closes the log and opens the same data again. */
  readonly reopen?: () => Promise<AlertLog>;
  /** Opens what a crash at this moment would leave behind, without closing the log first. */
  readonly crash?: () => Promise<AlertLog>;
  /** Lets go of everything, also of the logs that `reopen` and `crash` opened. */
  readonly dispose: () => Promise<void>;
}

/** Opens an empty log. */
export type OpenLog = () => Promise<LogSubject>;

/** One promise of the contract, and how to see whether it is kept. */
export type LogCheck = Check<LogSubject>;

/** The subject's log after a restart. */
export const reopened = ({ reopen }: LogSubject): Promise<AlertLog> => {
  assert.ok(reopen, 'the subject of a durable log must have reopen()');
  return reopen();
};

/** The subject's log after a crash. */
export const crashed = ({ crash }: LogSubject): Promise<AlertLog> => {
  assert.ok(crash, 'the subject of a durable log must have crash()');
  return crash();
};

/** Stamps the drafts `from`, `from + 1`, …; they must be appended in the order they were stamped. */
export const stamped = (ports: TestPorts, from: number, count: number, source?: string): StampedAlert[] =>
  Array.from({ length: count }, (_, at) => stamp(draftOf(from + at), ports, source));

/** The receipt that a result is; fails if it is a refusal. */
export const receiptOf = (result: AppendResult | undefined): Receipt => {
  if (result instanceof AlertError) throw result;
  assert.ok(result, 'there is a result for each alert');
  return result;
};

/** The code of the refusal that a result is; undefined if it is a receipt. */
export const codeOf = (result: AppendResult | undefined): AlertErrorCode | undefined =>
  result instanceof AlertError ? result.code : undefined;

/** Appends and gives the receipts; fails if one is refused. */
export const appendAll = async (log: AlertLog, alerts: readonly StampedAlert[]): Promise<readonly Receipt[]> => {
  const results = await log.append(alerts);
  assert.equal(results.length, alerts.length, 'there is a result for each alert');
  return results.map(receiptOf);
};

/** Appends the drafts `from`, `from + 1`, … and gives the receipts. */
export const appendDrafts = ({ log, ports }: LogSubject, from: number, count: number): Promise<readonly Receipt[]> =>
  appendAll(log, stamped(ports, from, count));

/** Fails unless the call rejects with an `AlertError` of this code. */
export const rejectsWith = async (code: AlertErrorCode, call: Promise<unknown>): Promise<void> => {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof AlertError, `it rejects with an AlertError, not ${String(error)}`);
    assert.equal(error.code, code);
    return true;
  });
};

/** Everything after the cursor, page by page, until a page is empty. */
export const readAll = async (log: AlertLog, after: Cursor = log.bounds().oldest, limit = 64): Promise<KeptAlert[]> => {
  const all: KeptAlert[] = [];
  for (let cursor = after; ;) {
    const { alerts, cursor: next } = await log.read(cursor, limit);
    assert.ok(alerts.length <= limit, 'a read gives no more than its limit');
    assert.equal(next, alerts.at(-1)?.sequence ?? cursor, 'the cursor is the place after the last alert of a read');
    if (alerts.length === 0) return all;
    all.push(...alerts);
    cursor = next;
  }
};

/** The sequences of kept alerts or receipts. */
export const sequencesOf = (each: readonly { readonly sequence: number }[]): number[] =>
  each.map(({ sequence }) => sequence);

/** Kept alerts as texts: the whole of each, and short to show where two lists of them differ. */
export const textsOf = (kept: readonly KeptAlert[]): string[] =>
  kept.map(({ sequence, encoded }) => `${sequence} ${Buffer.from(encoded).toString('base64')}`);

/** The ids of kept alerts. */
export const idsOf = (kept: readonly KeptAlert[]): string[] => kept.map(({ encoded }) => decodeAlert(encoded).id);

/** Fails unless the numbers ascend strictly. */
export const assertAscending = (numbers: readonly number[], what: string): void => {
  for (const [at, number] of numbers.entries()) {
    const before = numbers[at - 1];
    assert.ok(before === undefined || before < number, `${what} ascend, but ${number} comes after ${before}`);
  }
};
