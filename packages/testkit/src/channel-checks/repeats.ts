import assert from 'node:assert/strict';
import { arrived, attemptOf, deliver, isOutcome, promise } from './trial.ts';
import type { ChannelCheck, ChannelSubject } from './subject.ts';

const idsOf = ({ peer }: ChannelSubject): readonly string[] => peer.arrivals().map(({ id }) => id);

const sameId = async (subject: ChannelSubject): Promise<void> => {
  const attempt = attemptOf();
  subject.peer.behave('hang-after');
  isOutcome(await deliver(subject, attempt), ['ambiguous']);
  subject.peer.behave('accept');
  isOutcome(await deliver(subject, { ...attempt, number: 2, doubtful: true }), ['done']);
  const ids = idsOf(subject);
  assert.ok(ids.length === 1 || ids.length === 2, 'it arrives once more, or is found where it is');
  assert.equal(new Set(ids).size, 1, 'both tries of a delivery bear the same id');
  assert.ok(ids[0], 'it bears an id');
};

const otherId = async (subject: ChannelSubject): Promise<void> => {
  await deliver(subject, attemptOf());
  await deliver(subject, attemptOf());
  await arrived(subject, 2);
  assert.equal(new Set(idsOf(subject)).size, 2, 'two deliveries bear two ids');
};

const oneTry = async (subject: ChannelSubject): Promise<void> => {
  for (const bad of ['fail', 'throttle', 'hang-after', 'cut-after'] as const) {
    if (!subject.peer.has.has(bad)) continue;
    const before = subject.peer.attempts();
    subject.peer.behave(bad);
    await deliver(subject);
    assert.equal(subject.peer.attempts() - before, 1, `after ${bad} it tries once, and leaves the rest to its caller`);
  }
};

const changesNothing = async (subject: ChannelSubject): Promise<void> => {
  // The notices of the contract are frozen through and through: who changes one throws.
  for (let number = 1; number <= 3; number++) isOutcome(await deliver(subject, attemptOf({ number })), ['done']);
};

const strangeKeys = async (subject: ChannelSubject): Promise<void> => {
  for (const key of ['a', 'A.b_c-9', 'k'.repeat(128)]) isOutcome(await deliver(subject, attemptOf({ key })), ['done']);
  await arrived(subject, 3);
  assert.equal(new Set(idsOf(subject)).size, 3);
};

const strangeRef = async (subject: ChannelSubject): Promise<void> => {
  for (const ref of ['', 'x', ':', 'C1:', '0'.repeat(1_000)]) {
    isOutcome(await deliver(subject, attemptOf({ ref })), ['done', 'reject', 'retry']);
  }
};

/** What stays the same from try to try, and what does not. */
export const repeatChecks: readonly ChannelCheck[] = [
  promise('a second try after a doubtful one bears the same id', sameId, { needs: 'hang-after' }),
  promise('two deliveries bear two ids', otherId),
  promise('it does not try again by itself', oneTry),
  promise('it changes nothing of what it is given', changesNothing),
  promise('every key that a delivery may have works', strangeKeys),
  promise('a ref that is not its own does no harm', strangeRef),
];
