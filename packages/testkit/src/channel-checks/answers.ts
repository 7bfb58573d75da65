import assert from 'node:assert/strict';
import type { Outcome } from '@therapytrain/alerts-core/channel';
import { arrived, attemptOf, deliver, isOutcome, promise } from './trial.ts';
import { type ChannelCheck, type ChannelSubject, namedWait, type PeerBehaviour } from './subject.ts';

/** What a peer may say in order, and what must be made of it. */
export interface PeerAnswer {
  readonly on: PeerBehaviour;
  readonly kinds: readonly Outcome['kind'][];
  readonly reasons: readonly string[];
  readonly says: string;
}

/** What is made of what a peer says, whatever is asked of it. */
export const peerAnswers: readonly PeerAnswer[] = [
  { on: 'throttle', kinds: ['retry'], reasons: ['throttled'], says: 'a peer that asks for less is tried later' },
  { on: 'fail', kinds: ['retry'], reasons: ['peer_failed'], says: 'a peer that failed is tried later' },
  { on: 'refuse', kinds: ['reject'], reasons: ['refused'], says: 'what is refused is not tried again' },
  {
    on: 'unauthorised',
    kinds: ['misconfigured'],
    reasons: ['credentials'],
    says: 'refused credentials are told apart',
  },
  { on: 'forbidden', kinds: ['misconfigured'], reasons: ['permission'], says: 'a missing permission is told apart' },
  {
    on: 'unknown-target',
    kinds: ['reject'],
    reasons: ['unknown_target'],
    says: 'a target that is not there is told apart',
  },
  { on: 'gone', kinds: ['reject'], reasons: ['gone'], says: 'a target that was withdrawn is told apart' },
  { on: 'too-large', kinds: ['reject'], reasons: ['too_large'], says: 'what is too large is told apart' },
  {
    on: 'redirect',
    kinds: ['misconfigured'],
    reasons: ['unsafe_address'],
    says: 'a redirect is told and not followed',
  },
  {
    on: 'garbage',
    kinds: ['ambiguous'],
    reasons: ['answer_unreadable', 'answer_lost'],
    says: 'an answer that cannot be read leaves it open',
  },
];

const held = ({ on, kinds, reasons, says }: PeerAnswer): ChannelCheck =>
  promise(
    says,
    async (subject) => {
      subject.peer.behave(on);
      const outcome = await deliver(subject);
      isOutcome(outcome, kinds, reasons);
      assert.ok(outcome.kind === 'done' || /^[\x20-\x7e]{1,200}$/.test(outcome.detail), 'the detail is one short line');
      assert.equal(subject.peer.attempts(), 1, 'one attempt is one attempt');
    },
    { needs: on },
  );

const takes = async (subject: ChannelSubject): Promise<void> => {
  const outcome = await deliver(subject);
  isOutcome(outcome, ['done']);
  assert.ok(outcome.kind === 'done' && outcome.proof, 'it says what proves it');
  await arrived(subject, 1);
  assert.equal(subject.peer.arrivals().length, 1);
};

const waits = (on: 'throttle-after' | 'throttle-until') =>
  promise(
    on === 'throttle-after'
      ? 'a wait that the peer names is handed on'
      : 'a date that the peer names is handed on as a wait',
    async (subject) => {
      subject.peer.behave(on);
      const outcome = await deliver(subject);
      isOutcome(outcome, ['retry'], ['throttled']);
      const after = outcome.kind === 'retry' ? outcome.after : undefined;
      assert.ok(after !== undefined && after > namedWait - 5_000 && after <= namedWait, `it waits ${after} ms`);
    },
    { needs: on },
  );

const recovers = async (subject: ChannelSubject): Promise<void> => {
  const { peer } = subject;
  for (const bad of peer.has) {
    peer.behave(bad);
    await deliver(subject);
    peer.behave('accept');
    isOutcome(await deliver(subject), ['done']);
  }
};

const triesTheRestAlone = async (subject: ChannelSubject): Promise<void> => {
  const { peer } = subject;
  const attempt = attemptOf();
  peer.behave('partial');
  const first = await deliver(subject, attempt);
  isOutcome(first, ['retry'], ['partial']);
  assert.ok(first.kind === 'retry' && first.progress, 'it hands back who is settled');
  assert.deepEqual(
    first.recipients?.map(({ state }) => state),
    ['accepted', 'deferred', 'refused'],
  );
  const second = peer.arrivals().length;
  peer.behave('accept');
  isOutcome(await deliver(subject, { ...attempt, number: 2, progress: first.progress }), ['done', 'reject']);
  await arrived(subject, second + 1);
  const [rest] = peer.arrivals().slice(second);
  assert.equal(rest?.recipients.length, 1, 'only who does not have it yet is told');
  assert.equal(
    peer
      .arrivals()
      .slice(0, second)
      .some(({ recipients }) => recipients.includes(rest.recipients[0] ?? '')),
    false,
  );
};

const survivesProgress = async (subject: ChannelSubject): Promise<void> => {
  for (const progress of ['', 'x', '{"a":', '0'.repeat(10_000), '\u0000']) {
    isOutcome(await deliver(subject, attemptOf({ progress, number: 2 })), ['done']);
  }
};

/** What a channel makes of what its peer says. */
export const answerChecks: readonly ChannelCheck[] = [
  promise('a notice that the peer takes is done, with its proof', takes),
  ...peerAnswers.map(held),
  waits('throttle-after'),
  waits('throttle-until'),
  promise('whatever the peer did before, the next attempt is a new one', recovers),
  promise('who does not have it yet is tried alone', triesTheRestAlone, { needs: 'partial' }),
  promise('progress that is not its own does no harm', survivesProgress),
];
