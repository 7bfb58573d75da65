import assert from 'node:assert/strict';
import type { AlertLog } from '@therapytrain/alerts-core';
import { promise } from '../contract.ts';
import {
  appendAll,
  appendDrafts,
  crashed,
  idsOf,
  type LogCheck,
  type LogSubject,
  readAll,
  rejectsWith,
  reopened,
  stamped,
  textsOf,
} from './subject.ts';

const holds = async (log: AlertLog): Promise<readonly string[]> => textsOf(await readAll(log, 0));

const isTheSameAfterARestart = async (subject: LogSubject): Promise<void> => {
  await appendDrafts(subject, 0, 150);
  const kept = await holds(subject.log);
  const { bytes: _, ...before } = subject.log.bounds();
  const log = await reopened(subject);
  assert.deepEqual(await holds(log), kept);
  const { bytes, ...after } = log.bounds();
  assert.deepEqual(after, before);
  assert.ok(bytes > 0);
};

const goesOnAfterARestart = async (subject: LogSubject): Promise<void> => {
  const first = stamped(subject.ports, 0, 3);
  const early = stamped(subject.ports, 9, 1);
  await appendAll(subject.log, first.slice(0, 2));
  const log = await reopened(subject);
  await rejectsWith('DEFECT', log.append(first.slice(1, 2)));
  const receipts = await appendAll(log, [...first.slice(2), ...early]);
  assert.deepEqual(
    receipts.map(({ sequence }) => sequence),
    [3, 4],
  );
  assert.deepEqual(
    idsOf(await readAll(log, 0)),
    [...first, ...early].map(({ alert }) => alert.id),
  );
};

const survivesACrash = async (subject: LogSubject): Promise<void> => {
  for (let call = 0; call < 10; call++) await appendDrafts(subject, call * 5, 5);
  const before = await holds(subject.log);
  const log = await crashed(subject);
  assert.deepEqual(await holds(log), before, 'what was answered is there after a crash, and nothing else');
  const repeats = await appendAll(log, stamped(subject.ports, 0, 50));
  assert.ok(
    repeats.every(({ duplicate }) => duplicate),
    'what was reported before a crash is known after it',
  );
};

/** What a log promises that outlives its process. */
export const durableChecks: readonly LogCheck[] = [
  promise('a restart changes nothing', isTheSameAfterARestart, 'reopen'),
  promise('sequences and ids go on after a restart', goesOnAfterARestart, 'reopen'),
  promise('what was answered survives a crash', survivesACrash, 'crash'),
];
