import assert from 'node:assert/strict';
import { type AlertDraft, decodeAlert, limits, type Receipt, type StampedAlert } from '@therapytrain/alerts-core';
import fc from 'fast-check';
import { promise } from '../contract.ts';
import { alertDrafts } from '../alert-drafts.ts';
import { draftOf } from '../draft-of.ts';
import { stamp } from '../stamp.ts';
import type { TestPorts } from '../test-ports.ts';
import {
  appendAll,
  appendDrafts,
  assertAscending,
  idsOf,
  type LogCheck,
  type LogSubject,
  readAll,
  rejectsWith,
  sequencesOf,
  stamped,
} from './subject.ts';

const answersNothingWithNothing = async ({ log }: LogSubject): Promise<void> => {
  assert.deepEqual(await log.append([]), []);
  assert.equal(log.bounds().newest, 0);
};

const answersInOrder = async ({ log, ports }: LogSubject): Promise<void> => {
  const alerts = stamped(ports, 0, 50);
  const receipts = await appendAll(log, alerts);
  assert.deepEqual(
    receipts.map(({ alertId, duplicate }) => ({ alertId, duplicate })),
    alerts.map(({ alert }) => ({ alertId: alert.id, duplicate: false })),
  );
};

const countsUpFromOne = async (subject: LogSubject): Promise<void> => {
  const receipts: Receipt[] = [];
  for (const count of [1, 2, 30, 1, 7]) receipts.push(...(await appendDrafts(subject, receipts.length, count)));
  assert.equal(receipts[0]?.sequence, 1);
  assertAscending(sequencesOf(receipts), 'sequences');
};

// Calls of different sizes from many callers at once, some a turn of the event loop later than others.
const keepsOrderOfCalls = async ({ log, ports }: LogSubject): Promise<void> => {
  const calls: StampedAlert[][] = [];
  const answers: Promise<readonly Receipt[]>[] = [];
  for (let call = 0; call < 200; call++) {
    const alerts = stamped(ports, call * 8, 1 + (call % 5));
    calls.push(alerts);
    answers.push(appendAll(log, alerts));
    if (call % 16 === 15) await new Promise(setImmediate);
  }
  const receipts = await Promise.all(answers);
  assert.deepEqual(
    receipts.map((each) => each.map(({ alertId }) => alertId)),
    calls.map((each) => each.map(({ alert }) => alert.id)),
    'each call gets the results of its own alerts',
  );
  assertAscending(sequencesOf(receipts.flat()), 'sequences of calls at the same time');
  const kept = await readAll(log, 0);
  assert.deepEqual(
    idsOf(kept),
    calls.flat().map(({ alert }) => alert.id),
  );
};

// The log grows from run to run; each run looks at what it added itself.
const keepsWhatItIsGiven = ({ log, ports }: LogSubject): Promise<void> =>
  fc.assert(
    fc.asyncProperty(fc.array(alertDrafts(), { minLength: 1, maxLength: 12 }), async (drafts) => {
      const alerts = drafts.map(({ requestId: _, ...draft }) => stamp(draft, ports));
      const from = log.bounds().newest;
      const receipts = await appendAll(log, alerts);
      const kept = await readAll(log, from);
      assert.deepEqual(sequencesOf(kept), sequencesOf(receipts));
      assert.deepEqual(
        kept.map(({ encoded }) => decodeAlert(encoded)),
        alerts.map(({ encoded }, at) => ({ ...decodeAlert(encoded), sequence: receipts[at]?.sequence })),
      );
    }),
    { numRuns: 20 },
  );

const nearlyTooLarge = (ports: TestPorts): StampedAlert => {
  const metadata = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`key-${at}`, 'ä'.repeat(455)]));
  const draft: AlertDraft = { ...draftOf(0), message: '→'.repeat(Math.floor(limits.messageBytes / 3)), metadata };
  const alert = stamp({ ...draft, requestId: ports.ids.next() }, ports);
  assert.ok(alert.encoded.length > limits.alertBytes - 2_048 && alert.encoded.length <= limits.alertBytes);
  return alert;
};

const keepsLargeAlerts = async ({ log, ports }: LogSubject): Promise<void> => {
  const alerts = [...stamped(ports, 0, 4), nearlyTooLarge(ports), nearlyTooLarge(ports), ...stamped(ports, 4, 4)];
  await appendAll(log, alerts);
  const kept = await readAll(log, 0, 3);
  assert.deepEqual(
    kept.map(({ encoded }) => decodeAlert(encoded)),
    alerts.map(({ alert }, at) => ({ ...alert, sequence: at + 1 })),
  );
};

const refusesIdsThatGoBack = async ({ log, ports }: LogSubject): Promise<void> => {
  const [first, second, third, fourth, fifth] = stamped(ports, 0, 5);
  assert.ok(first && second && third && fourth && fifth);
  await appendAll(log, [second]);
  await rejectsWith('DEFECT', log.append([first]));
  await rejectsWith('DEFECT', log.append([fourth, third]));
  assert.equal(log.bounds().newestId, second.alert.id, 'nothing of a refused call is kept');
  await appendAll(log, [fifth]);
  assert.deepEqual(idsOf(await readAll(log, 0)), [second.alert.id, fifth.alert.id]);
};

/** What `append` promises for alerts that are new. */
export const appendChecks: readonly LogCheck[] = [
  promise('append answers nothing with nothing', answersNothingWithNothing),
  promise('append gives one result for each alert, in their order', answersInOrder),
  promise('sequences ascend from 1, from call to call, and none is given twice', countsUpFromOne),
  promise('appends at the same time keep the order of their calls, and each gets its own results', keepsOrderOfCalls),
  promise('what is read is what was appended, with its sequence', keepsWhatItIsGiven),
  promise('an alert of nearly 64 KiB is kept among small ones', keepsLargeAlerts),
  promise('an id that does not ascend is a DEFECT, and nothing of its call is kept', refusesIdsThatGoBack),
];
