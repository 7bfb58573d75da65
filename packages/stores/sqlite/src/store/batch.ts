import type { DatabaseSync } from 'node:sqlite';
import { faultOf, messageOf, primaryCodeOf } from '../faults.ts';
import type { Failed } from '../messages.ts';
import type { Guard } from '../serve-writer.ts';
import { createTransact } from '../transaction.ts';
import type { StoreDatabase } from './database.ts';
import type { Answer, Call } from './messages.ts';
import { Refusal } from './refusal.ts';

// SQLITE_CONSTRAINT: what is to be kept breaks a rule of the schema.
const constraint = 19;

/** A write that can never be done, through a defect of the caller or by what the store holds; undefined for a fault. */
const refusalOf = (error: unknown): Refusal | undefined => {
  if (error instanceof Refusal) return error;
  const code = primaryCodeOf(error);
  // 0: SQLite was not even reached, for a value that no column can hold.
  return code === constraint || code === 0 ? new Refusal('DEFECT', `not to be kept: ${messageOf(error)}`) : undefined;
};

// A row and its entries in the indexes. The checkpoints find out that there were more, or fewer.
const pagesOf = (rows: number): number => 3 * rows;

/** Does work as a part of a transaction that can be taken back alone. */
const createPart = (db: DatabaseSync) => {
  const [begin, keep, back] = ['SAVEPOINT part', 'RELEASE part', 'ROLLBACK TO part'].map((sql) => db.prepare(sql));
  return <T>(work: () => T): T => {
    begin?.run();
    try {
      const result = work();
      keep?.run();
      return result;
    } catch (error) {
      // SQLite takes the whole back by itself where there is no going on.
      if (db.isTransaction) {
        back?.run();
        keep?.run();
      }
      throw error;
    }
  };
};

/** Writes that need not outlive the power: who claimed is gone with it, and what was claimed is due again. */
const fleeting: ReadonlySet<Call['name']> = new Set(['claim', 'renew']);

/**
 * Makes what answers calls that came in together. Those that write share one commit; one that is refused takes only its
 * own changes back. `failure` tells why the guard did not do the last commit.
 */
export const createBatch = (database: StoreDatabase, guard: Guard, failure: () => Failed | undefined) => {
  const { connection, questions, writes, checkpoints } = database;
  const operations = { ...questions, ...writes };
  const transact = createTransact(connection);
  const part = createPart(connection);
  const totalChanges = connection.prepare('SELECT total_changes() AS count');
  // Not prepared: SQLite sets it when the statement is compiled, and not when it is run (sqlite.org/pragma.html).
  const synchronous = (mode: 'FULL' | 'NORMAL'): void => connection.exec(`PRAGMA synchronous = ${mode}`);
  // Within NORMAL a commit does not wait for the disk; the next one that does takes it along (sqlite.org/wal.html).
  const unhurried = <T>(calls: readonly Call[], work: () => T): T => {
    if (!calls.every((call) => !isWrite(call) || fleeting.has(call.name))) return work();
    synchronous('NORMAL');
    try {
      return work();
    } finally {
      synchronous('FULL');
    }
  };
  const rowsWritten = (): number => (totalChanges.get() as { readonly count: number }).count;
  const isWrite = ({ name }: Call): boolean => name in writes;
  const perform = ({ name, args }: Call): unknown =>
    (operations[name] as (...args: readonly unknown[]) => unknown)(...args);

  const read = (call: Call): Answer => {
    const { number } = call;
    try {
      return { number, kind: 'result', result: perform(call) };
    } catch (error) {
      return { number, kind: 'fault', of: 'read', fault: faultOf(error), message: messageOf(error) };
    }
  };
  const write = (call: Call): Answer => {
    const { number } = call;
    try {
      return { number, kind: 'result', result: part(() => perform(call)) };
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal || !connection.isTransaction) throw error;
      return { number, kind: 'refusal', code: refusal.code, message: refusal.message };
    }
  };
  const failedWrite = ({ number }: Call): Answer => {
    const { fault = 'other', message = 'nothing is written any more' } = failure() ?? {};
    return { number, kind: 'fault', of: 'write', fault, message };
  };

  return (calls: readonly Call[]): readonly Answer[] => {
    if (!calls.some(isWrite)) return calls.map(read);
    let answers: readonly Answer[] = [];
    const done = guard('commit', () => {
      // A read among them sees the writes before it, and is told of them when they are durable.
      const before = rowsWritten();
      answers = unhurried(calls, () => transact(() => calls.map((call) => (isWrite(call) ? write(call) : read(call)))));
      checkpoints.wrote(pagesOf(rowsWritten() - before));
    });
    return done ? answers : calls.map((call) => (isWrite(call) ? failedWrite(call) : read(call)));
  };
};
