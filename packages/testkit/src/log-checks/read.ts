import assert from 'node:assert/strict';
import type { Cursor, KeptAlert, Receipt, StampedAlert } from '@therapytrain/alerts-core';
import { promise } from '../contract.ts';
import {
  appendAll,
  appendDrafts,
  idsOf,
  type LogCheck,
  type LogSubject,
  readAll,
  sequencesOf,
  stamped,
  textsOf,
} from './subject.ts';

const isEmptyAtFirst = async ({ log }: LogSubject): Promise<void> => {
  const { oldest, newest, newestId } = log.bounds();
  assert.deepEqual({ oldest, newest, newestId }, { oldest: 0, newest: 0, newestId: undefined });
  assert.deepEqual(await log.read(0, 10), { alerts: [], cursor: 0 });
  assert.deepEqual(await log.readBack(0, 10), { alerts: [], cursor: 0 });
  assert.equal(await log.find('019b76da-a800-7000-8000-000000000000'), undefined);
  assert.equal(await log.seek(0), 0);
};

const readsPageByPage = async (subject: LogSubject): Promise<void> => {
  const receipts = await appendDrafts(subject, 0, 60);
  for (const limit of [1, 7, 59, 60, 61, 1_000]) {
    assert.deepEqual(sequencesOf(await readAll(subject.log, 0, limit)), sequencesOf(receipts), `with limit ${limit}`);
  }
};

const readsFromTheCursor = async (subject: LogSubject): Promise<void> => {
  const { log } = subject;
  const sequences = sequencesOf(await appendDrafts(subject, 0, 20));
  const [tenth = 0, last = 0] = [sequences[9], sequences[19]];
  const { alerts, cursor } = await log.read(tenth, 3);
  assert.deepEqual(sequencesOf(alerts), sequences.slice(10, 13), 'the alert at the cursor is not read again');
  assert.equal(cursor, sequences[12]);
  assert.deepEqual(await log.read(last, 5), { alerts: [], cursor: last }, 'after the newest there is nothing');
  assert.deepEqual(await log.read(tenth, 0), { alerts: [], cursor: tenth }, 'a limit of 0 is a limit too');
};

/** Everything up to the cursor, newest first, page by page. */
const readAllBack = async ({ log }: LogSubject, upTo: Cursor, limit: number): Promise<KeptAlert[]> => {
  const all: KeptAlert[] = [];
  for (let cursor = upTo; ;) {
    const { alerts, cursor: next } = await log.readBack(cursor, limit);
    assert.ok(alerts.length <= limit, 'a read gives no more than its limit');
    if (alerts.length === 0) return all;
    assert.ok(next < (alerts.at(-1)?.sequence ?? 0), 'the cursor is the place before the last alert of the page');
    all.push(...alerts);
    cursor = next;
  }
};

const readsBack = async (subject: LogSubject): Promise<void> => {
  const sequences = sequencesOf(await appendDrafts(subject, 0, 40)).reverse();
  for (const limit of [1, 7, 40, 100]) {
    const back = await readAllBack(subject, subject.log.bounds().newest, limit);
    assert.deepEqual(sequencesOf(back), sequences, `with limit ${limit}`);
  }
  const middle = await readAllBack(subject, sequences[15] ?? 0, 10);
  assert.deepEqual(sequencesOf(middle), sequences.slice(15), 'the alert at the cursor is the first');
};

const readsWhatItAnswered = async (subject: LogSubject): Promise<void> => {
  for (let round = 0; round < 20; round++) {
    const [receipt] = await appendDrafts(subject, round, 1);
    const { alerts } = await subject.log.read((receipt?.sequence ?? 0) - 1, 1);
    assert.deepEqual(sequencesOf(alerts), [receipt?.sequence]);
    assert.equal(subject.log.bounds().newest, receipt?.sequence);
  }
};

const findsById = async ({ log, ports }: LogSubject): Promise<void> => {
  const alerts = stamped(ports, 0, 9);
  const never = alerts.splice(4, 1);
  const receipts = await appendAll(log, alerts);
  const kept = await readAll(log, 0);
  for (const [at, { alert }] of alerts.entries()) {
    const found = await log.find(alert.id);
    assert.equal(found?.sequence, receipts[at]?.sequence);
    assert.deepEqual(textsOf(found ? [found] : []), textsOf(kept.slice(at, at + 1)));
  }
  for (const id of [...never.map(({ alert }) => alert.id), ports.ids.next(), '', 'z', '019b']) {
    assert.equal(await log.find(id), undefined);
  }
};

// Three alerts in each of a few milliseconds.
const appendOverTime = async ({ log, ports }: LogSubject, spans: readonly number[], from = 0) => {
  const alerts: StampedAlert[] = [];
  for (const span of spans) {
    await ports.clock.advance(span);
    const some = stamped(ports, from + alerts.length, 3);
    await appendAll(log, some);
    alerts.push(...some);
  }
  return alerts;
};

const placeBefore = (alerts: readonly StampedAlert[], since: number): Cursor => {
  const at = alerts.findIndex(({ alert }) => alert.receivedAt >= since);
  return at < 0 ? alerts.length : at;
};

const seeksByTime = async (subject: LogSubject): Promise<void> => {
  const alerts = await appendOverTime(subject, [0, 1, 10, 1, 86_400_000, 1]);
  const times = alerts.map(({ alert }) => alert.receivedAt);
  for (const since of [0, ...times.flatMap((time) => [time - 1, time, time + 1]), Number.MAX_SAFE_INTEGER]) {
    assert.equal(await subject.log.seek(since), placeBefore(alerts, since));
  }
};

const seeksPastAClockThatJumps = async (subject: LogSubject): Promise<void> => {
  const { clock } = subject.ports;
  const start = clock.now();
  const early = await appendOverTime(subject, [0, 1_000]);
  clock.set(start - 3_600_000);
  const late = await appendOverTime(subject, [0, 1_000], early.length);
  for (const since of [start - 3_600_000, start - 1, start, start + 1_000]) {
    const cursor = await subject.log.seek(since);
    assert.ok(cursor <= placeBefore([...early, ...late], since), 'a seek passes over nothing that is late enough');
  }
  assert.deepEqual(
    idsOf(await readAll(subject.log, 0)),
    [...early, ...late].map(({ alert }) => alert.id),
    'sequence, never time, gives the order',
  );
};

// A log that numbers alerts before they are committed shows a later one first, and a reader steps over the earlier one.
const passesOverNothing = async ({ log, ports }: LogSubject): Promise<void> => {
  const appends: Promise<readonly Receipt[]>[] = [];
  const seen: KeptAlert[] = [];
  let cursor: Cursor = 0;
  const readOn = async (limit: number): Promise<void> => {
    const { alerts, cursor: next } = await log.read(cursor, limit);
    seen.push(...alerts);
    cursor = next;
  };
  for (let call = 0; call < 150; call++) {
    appends.push(appendAll(log, stamped(ports, call * 4, 1 + (call % 4))));
    if (call % 3 === 0) {
      await new Promise(setImmediate);
      await readOn(1 + (call % 11));
    }
  }
  const receipts = (await Promise.all(appends)).flat();
  while (cursor < log.bounds().newest) await readOn(50);
  assert.deepEqual(sequencesOf(seen), sequencesOf(receipts));
};

/** What the reads promise. */
export const readChecks: readonly LogCheck[] = [
  promise('a new log is empty, and every read of it says so', isEmptyAtFirst),
  promise('read gives everything once and in order, whatever the limit', readsPageByPage),
  promise('read begins after the cursor', readsFromTheCursor),
  promise('readBack gives everything once, newest first, from the cursor on', readsBack),
  promise('what was answered can be read at once', readsWhatItAnswered),
  promise('find gives the alert of an id, and nothing for an id that was never kept', findsById),
  promise('seek gives the place before the first alert of a time', seeksByTime),
  promise('seek passes over nothing when the clock went back', seeksPastAClockThatJumps),
  promise('read passes over nothing that is still to commit', passesOverNothing),
];
