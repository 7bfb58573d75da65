import assert from 'node:assert/strict';
import { AlertSeverity, type AlertDraft, type AppendResult, type Receipt } from '@therapytrain/alerts-core';
import { promise } from '../contract.ts';
import { draftOf } from '../draft-of.ts';
import { stamp } from '../stamp.ts';
import {
  appendAll,
  appendDrafts,
  codeOf,
  type LogCheck,
  type LogSubject,
  readAll,
  receiptOf,
  reopened,
  sequencesOf,
  stamped,
} from './subject.ts';

const draft = { ...draftOf(0), metadata: { userId: 'anna', address: { city: 'Zürich', floor: 3 } } };

/** Reports the draft, or what is changed in it, once more. */
const again = async ({ log, ports }: LogSubject, changed: Partial<AlertDraft> = {}, source?: string) => {
  const [result] = await log.append([stamp({ ...draft, ...changed }, ports, source)]);
  return result as AppendResult;
};

const assertSame = (result: AppendResult, first: Receipt): void =>
  assert.deepEqual(receiptOf(result), { ...first, duplicate: true });

const knowsWithinACall = async ({ log, ports }: LogSubject): Promise<void> => {
  const [one, other] = stamped(ports, 1, 2);
  assert.ok(one && other);
  const repeated = [0, 1, 2].map(() => stamp(draft, ports));
  const [middle, last] = [stamp(draftOf(3), ports), stamp(draft, ports)];
  const receipts = await appendAll(log, [one, other, ...repeated, middle, last]);
  assert.deepEqual(
    receipts.map(({ duplicate }) => duplicate),
    [false, false, false, true, true, false, true],
  );
  for (const at of [3, 4, 6]) assert.deepEqual(receipts[at], { ...receipts[2], duplicate: true });
  assert.equal((await readAll(log, 0)).length, 4);
};

const knowsFromCallToCall = async (subject: LogSubject): Promise<void> => {
  const first = receiptOf(await again(subject));
  await appendDrafts(subject, 1, 10);
  assertSame(await again(subject), first);
  assertSame(await again(subject), first);
  assert.equal((await readAll(subject.log, 0)).length, 11);
};

const knowsAmongCallsAtOnce = async (subject: LogSubject): Promise<void> => {
  const results = await Promise.all(Array.from({ length: 60 }, () => again(subject)));
  const [first, ...rest] = results.map(receiptOf);
  assert.equal(first?.duplicate, false, 'the first call is the first to be kept');
  for (const each of rest) assert.deepEqual(each, { ...first, duplicate: true });
  assert.equal((await readAll(subject.log, 0)).length, 1);
};

const knowsEachSourceAlone = async (subject: LogSubject): Promise<void> => {
  const one = receiptOf(await again(subject, {}, 'one'));
  const other = receiptOf(await again(subject, {}, 'other'));
  assert.equal(other.duplicate, false);
  assertSame(await again(subject, {}, 'one'), one);
  assertSame(await again(subject, {}, 'other'), other);
};

const knowsInAnyCase = async (subject: LogSubject): Promise<void> => {
  const requestId = '0193abcd-ef01-7abc-8def-0123456789ab';
  const first = receiptOf(await again(subject, { requestId }));
  assertSame(await again(subject, { requestId: requestId.toUpperCase() }), first);
};

const keepsAllWithoutRequestId = async ({ log, ports }: LogSubject): Promise<void> => {
  const { requestId: _, ...anonymous } = draft;
  const twice = await appendAll(log, [stamp(anonymous, ports), stamp(anonymous, ports)]);
  const third = await appendAll(log, [stamp(anonymous, ports)]);
  assert.deepEqual(
    [...twice, ...third].map(({ duplicate }) => duplicate),
    [false, false, false],
  );
};

const otherContents: Readonly<Record<string, Partial<AlertDraft>>> = {
  type: { type: 'SYSTEM_HEALTH' },
  severity: { severity: AlertSeverity.LOW },
  message: { message: 'Something else' },
  'a metadata value': { metadata: { ...draft.metadata, userId: 'berta' } },
  'a value within metadata': { metadata: { ...draft.metadata, address: { city: 'Zürich', floor: 4 } } },
  'one metadata key more': { metadata: { ...draft.metadata, more: null } },
  'the time it happened': { occurredAt: Date.UTC(2025, 11, 24) },
  'the dedup key': { dedupKey: 'another' },
};

const refusesOtherContent = async (subject: LogSubject): Promise<void> => {
  const first = receiptOf(await again(subject));
  for (const [what, changed] of Object.entries(otherContents)) {
    assert.equal(codeOf(await again(subject, changed)), 'REQUEST_ID_REUSED', `another report by ${what}`);
  }
  assertSame(await again(subject), first);
  assert.equal((await readAll(subject.log, 0)).length, 1, 'nothing of a refused report is kept');
};

const refusesWithoutHarm = async ({ log, ports }: LogSubject): Promise<void> => {
  const alerts = [draftOf(1), draft, { ...draft, message: 'Something else' }, draftOf(2)];
  const results = await log.append(alerts.map((each) => stamp(each, ports)));
  assert.deepEqual(results.map(codeOf), [undefined, undefined, 'REQUEST_ID_REUSED', undefined]);
  const kept = [results[0], results[1], results[3]].map(receiptOf);
  assert.deepEqual(sequencesOf(await readAll(log, 0)), sequencesOf(kept));
};

const takesTheSameForTheSame = async (subject: LogSubject): Promise<void> => {
  const { userId, address } = draft.metadata;
  const first = receiptOf(await again(subject));
  await subject.ports.clock.advance(5_000);
  assertSame(await again(subject), first);
  const turned = { address: { floor: address.floor, city: address.city }, userId };
  assertSame(await again(subject, { metadata: turned }), first);
  assertSame(await again(subject, { traceParent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }), first);
};

const assertStillKnown = async (subject: LogSubject, first: Receipt): Promise<void> => {
  assertSame(await again(subject), first);
  assert.equal(codeOf(await again(subject, { message: 'Something else' })), 'REQUEST_ID_REUSED');
};

const knowsWhatItLetGo = async (subject: LogSubject): Promise<void> => {
  const first = receiptOf(await again(subject));
  await subject.ports.clock.advance(1_000);
  await appendDrafts(subject, 1, 5);
  assert.equal(await subject.log.retain({ before: subject.ports.clock.now() }), 1);
  await assertStillKnown(subject, first);
  assert.equal(await subject.log.find(first.alertId), undefined, 'a report that is sent again brings nothing back');
};

const knowsAfterARestart = async (subject: LogSubject): Promise<void> => {
  const gone = receiptOf(await again(subject));
  await subject.ports.clock.advance(1_000);
  const kept = receiptOf(await again(subject, { requestId: '0193abcd-ef01-7abc-8def-0123456789ab' }, 'other'));
  assert.equal(await subject.log.retain({ before: subject.ports.clock.now() }), 1);
  const restarted = { ...subject, log: await reopened(subject) };
  await assertStillKnown(restarted, gone);
  assertSame(await again(restarted, { requestId: '0193abcd-ef01-7abc-8def-0123456789ab' }, 'other'), kept);
};

/** What `append` promises for a report that is sent again: its request id is known for ever. */
export const repeatChecks: readonly LogCheck[] = [
  promise('a report that stands twice in one call is kept once', knowsWithinACall),
  promise('a report that is sent again gets its first id and sequence', knowsFromCallToCall),
  promise('a report that is sent many times at once is kept once', knowsAmongCallsAtOnce),
  promise('the same request id from another source is another report', knowsEachSourceAlone),
  promise('a request id is the same in upper and lower case', knowsInAnyCase),
  promise('without a request id every report is another one', keepsAllWithoutRequestId),
  promise('a request id with another content is REQUEST_ID_REUSED, and nothing of it is kept', refusesOtherContent),
  promise('a refused report does not touch its neighbours', refusesWithoutHarm),
  promise('order of metadata, trace and a time that was not said do not make another content', takesTheSameForTheSame),
  promise('a report that is sent again is still known when its alert was let go', knowsWhatItLetGo),
  promise('a report that is sent again is still known after a restart', knowsAfterARestart, 'reopen'),
];
