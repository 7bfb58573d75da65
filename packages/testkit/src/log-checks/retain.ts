import assert from 'node:assert/strict';
import { AlertError, type Cursor, type Receipt } from '@therapytrain/alerts-core';
import { promise } from '../contract.ts';
import { draftOf } from '../draft-of.ts';
import { stamp } from '../stamp.ts';
import {
  appendAll,
  appendDrafts,
  idsOf,
  type LogCheck,
  type LogSubject,
  readAll,
  rejectsWith,
  reopened,
  sequencesOf,
  stamped,
} from './subject.ts';

/** Appends the drafts in two halves, a second apart, and tells when the second half began. */
const appendHalves = async (subject: LogSubject, half: number) => {
  const old = await appendDrafts(subject, 0, half);
  await subject.ports.clock.advance(1_000);
  const before = subject.ports.clock.now();
  const young = await appendDrafts(subject, half, half);
  return { old, young, before };
};

const lastOf = (receipts: readonly Receipt[]): Cursor => receipts.at(-1)?.sequence ?? 0;

const letsGoByAge = async (subject: LogSubject): Promise<void> => {
  const { log } = subject;
  const { old, young, before } = await appendHalves(subject, 700);
  assert.equal(await log.retain({ before }), old.length, 'it tells how many');
  assert.equal(await log.retain({ before }), 0);
  assert.deepEqual(sequencesOf(await readAll(log)), sequencesOf(young), 'one received at that very time stays');
  const { oldest, newest } = log.bounds();
  assert.deepEqual({ oldest, newest }, { oldest: lastOf(old), newest: lastOf(young) });
};

const saysWhatExpired = async (subject: LogSubject): Promise<void> => {
  const { log } = subject;
  const { old, young, before } = await appendHalves(subject, 10);
  await log.retain({ before });
  for (const cursor of [0, 1, lastOf(old) - 1]) await rejectsWith('CURSOR_EXPIRED', log.read(cursor, 5));
  const { alerts } = await log.read(lastOf(old), 3);
  assert.deepEqual(sequencesOf(alerts), sequencesOf(young).slice(0, 3));
};

const showsNothingThatWent = async (subject: LogSubject): Promise<void> => {
  const { log } = subject;
  const { old, young, before } = await appendHalves(subject, 10);
  await log.retain({ before });
  for (const { alertId } of old) assert.equal(await log.find(alertId), undefined);
  for (const { alertId, sequence } of young) assert.equal((await log.find(alertId))?.sequence, sequence);
  const back = await log.readBack(lastOf(young), 1_000);
  assert.deepEqual(sequencesOf(back.alerts), sequencesOf(young).reverse(), 'readBack ends at what was let go');
  assert.deepEqual((await log.readBack(lastOf(old), 5)).alerts, []);
  assert.equal(await log.seek(0), lastOf(old));
};

const letsGoBySize = async (subject: LogSubject): Promise<void> => {
  const { log, ports } = subject;
  const bulky = { message: 'x'.repeat(2_000) };
  await appendAll(
    log,
    Array.from({ length: 300 }, (_, n) => stamp({ ...draftOf(n), ...bulky }, ports)),
  );
  const { bytes, newest } = log.bounds();
  const maxBytes = Math.floor(bytes * 0.7);
  const count = await log.retain({ maxBytes });
  assert.ok(log.bounds().bytes <= maxBytes, 'the log is below its size');
  assert.ok(count > 0 && count < newest, 'it lets some go, and not all');
  assert.deepEqual(
    sequencesOf(await readAll(log)),
    Array.from({ length: newest - count }, (_, at) => count + 1 + at),
    'the oldest go first',
  );
  assert.equal(await log.retain({ maxBytes }), 0, 'a log below its size keeps what it has');
};

const letsGoOfNothing = async (subject: LogSubject): Promise<void> => {
  const { log, ports } = subject;
  assert.equal(await log.retain({ before: ports.clock.now() + 1, maxBytes: 0 }), 0, 'there is nothing to let go');
  await appendDrafts(subject, 0, 3);
  assert.equal(await log.retain({}), 0);
  assert.equal(await log.retain({ before: ports.clock.now(), maxBytes: 1024 ** 3 }), 0);
  assert.equal((await readAll(log, 0)).length, 3);
};

const goesOnWhenAllWent = async (subject: LogSubject): Promise<void> => {
  const { log, ports } = subject;
  const receipts = await appendDrafts(subject, 0, 5);
  await ports.clock.advance(1_000);
  assert.equal(await log.retain({ before: ports.clock.now() }), 5);
  const { oldest, newest, newestId } = log.bounds();
  assert.deepEqual({ oldest, newest, newestId }, { oldest: 5, newest: 5, newestId: receipts[4]?.alertId });
  assert.deepEqual(await log.read(5, 10), { alerts: [], cursor: 5 });
  await rejectsWith('CURSOR_EXPIRED', log.read(4, 10));
  assert.equal(await log.seek(0), 5);
  assert.deepEqual(sequencesOf(await appendDrafts(subject, 5, 2)), [6, 7], 'no sequence is given twice');
  assert.deepEqual(sequencesOf(await readAll(log)), [6, 7]);
};

const remembersWhatWent = async (subject: LogSubject): Promise<void> => {
  const receipts = await appendDrafts(subject, 0, 5);
  await subject.ports.clock.advance(1_000);
  await subject.log.retain({ before: subject.ports.clock.now() });
  const log = await reopened(subject);
  const { oldest, newest, newestId } = log.bounds();
  assert.deepEqual({ oldest, newest, newestId }, { oldest: 5, newest: 5, newestId: receipts[4]?.alertId });
  await rejectsWith('CURSOR_EXPIRED', log.read(0, 10));
  assert.deepEqual(sequencesOf(await appendAll(log, stamped(subject.ports, 5, 1))), [6]);
};

// Readers may be told that their cursor expired, and begin anew at the oldest; a silent gap they would not notice.
const leavesNoGap = async (subject: LogSubject): Promise<void> => {
  const { log, ports } = subject;
  const { before } = await appendHalves(subject, 1_200);
  let [cursor, expired] = [0, 0];
  const readOn = async (): Promise<void> => {
    try {
      const { alerts, cursor: next } = await log.read(cursor, 40);
      assert.deepEqual(
        sequencesOf(alerts),
        alerts.map((_, at) => cursor + 1 + at),
      );
      cursor = next;
    } catch (error) {
      assert.ok(error instanceof AlertError && error.code === 'CURSOR_EXPIRED');
      expired++;
      cursor = log.bounds().oldest;
    }
  };
  await readOn();
  const retaining = log.retain({ before });
  const appending = appendAll(log, stamped(ports, 2_400, 20));
  for (let reads = 0; reads < 20; reads++) await readOn();
  assert.equal(await retaining, 1_200);
  await appending;
  while (cursor < log.bounds().newest) await readOn();
  assert.ok(expired <= 20);
  assert.equal((await readAll(log)).length, 1_220, 'what is appended meanwhile stays');
};

const answersEachCall = async (subject: LogSubject): Promise<void> => {
  const { log } = subject;
  const { before } = await appendHalves(subject, 800);
  const counts = await Promise.all([log.retain({ before }), log.retain({}), log.retain({ before: 0 })]);
  assert.deepEqual(counts, [800, 0, 0]);
  assert.equal(idsOf(await readAll(log)).length, 800);
};

/** What `retain` promises. */
export const retainChecks: readonly LogCheck[] = [
  promise('retain lets go of what was received before a time', letsGoByAge),
  promise('a cursor before what was let go is CURSOR_EXPIRED, and never a silent gap', saysWhatExpired),
  promise('no read shows what was let go', showsNothingThatWent),
  promise('retain keeps the log below a size, oldest alerts first', letsGoBySize),
  promise('retain keeps all where no bound is reached', letsGoOfNothing),
  promise('sequences and ids go on when every alert was let go', goesOnWhenAllWent),
  promise('what was let go is remembered after a restart', remembersWhatWent, 'reopen'),
  promise('readers and reporters go on while retain is at work', leavesNoGap),
  promise('each call of retain is told its own count', answersEachCall),
];
