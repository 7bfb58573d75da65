import assert from 'node:assert/strict';
import { promise } from '../contract.ts';
import { waitFor } from '../wait-for.ts';
import {
  appendAll,
  appendDrafts,
  type LogCheck,
  type LogSubject,
  readAll,
  rejectsWith,
  reopened,
  sequencesOf,
  stamped,
} from './subject.ts';

const finishesWhatWasAppended = async ({ log, ports }: LogSubject): Promise<void> => {
  const appends = Array.from({ length: 100 }, (_, call) => appendAll(log, stamped(ports, call * 2, 2)));
  let answered = 0;
  const all = Promise.allSettled(appends.map((append) => append.then(() => answered++)));
  await log.close();
  await new Promise(setImmediate);
  assert.equal(answered, 100, 'what was appended is answered before the log is closed');
  await all;
};

const refusesAfterwards = async ({ log, ports }: LogSubject): Promise<void> => {
  const [kept, late] = stamped(ports, 0, 2);
  assert.ok(kept && late);
  await appendAll(log, [kept]);
  const closing = log.close();
  await rejectsWith('CLOSED', log.append([late]));
  await closing;
  await rejectsWith('CLOSED', log.append([late]));
  await rejectsWith('CLOSED', log.append([]));
  await rejectsWith('CLOSED', log.read(0, 1));
  await rejectsWith('CLOSED', log.readBack(1, 1));
  await rejectsWith('CLOSED', log.find(kept.alert.id));
  await rejectsWith('CLOSED', log.seek(0));
  await rejectsWith('CLOSED', log.retain({}));
  assert.equal(log.bounds().newest, 1, 'the bounds are those of the last commit');
};

const closesOnce = async ({ log }: LogSubject): Promise<void> => {
  await Promise.all([log.close(), log.close()]);
  await log.close();
};

const leavesNoCallWaiting = async (subject: LogSubject): Promise<void> => {
  const { log, ports } = subject;
  await appendDrafts(subject, 0, 1_500);
  await ports.clock.advance(1_000);
  const calls = [
    log.retain({ before: ports.clock.now() }),
    log.retain({}),
    log.read(0, 10),
    log.find('019b76da-a800-7000-8000-000000000000'),
  ];
  let ended = false;
  void Promise.allSettled(calls).then(() => (ended = true));
  await log.close();
  await waitFor(() => ended, { deadline: 3_000, what: 'calls to end that began before close' });
};

const keepsWhatItFinished = async (subject: LogSubject): Promise<void> => {
  const { log, ports } = subject;
  const appends = Array.from({ length: 50 }, (_, call) => appendAll(log, stamped(ports, call * 2, 2)));
  const again = await reopened(subject);
  const receipts = (await Promise.all(appends)).flat();
  assert.deepEqual(sequencesOf(await readAll(again, 0)), sequencesOf(receipts));
};

/** What `close` promises. */
export const closeChecks: readonly LogCheck[] = [
  promise('close finishes what was appended', finishesWhatWasAppended),
  promise('once close was called, every other call rejects with CLOSED', refusesAfterwards),
  promise('close may be called again', closesOnce),
  promise('close leaves no call without an answer', leavesNoCallWaiting),
  promise('what was appended before close is there after a restart', keepsWhatItFinished, 'reopen'),
];
