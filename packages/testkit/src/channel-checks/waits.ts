import assert from 'node:assert/strict';
import { waitFor } from '../wait-for.ts';
import { arrived, attemptOf, deliver, ended, isOutcome, plainNotice, promise } from './trial.ts';
import type { ChannelCheck, ChannelSubject, PeerBehaviour } from './subject.ts';

/** How a peer may leave us waiting, and what must be made of it. */
export interface PeerEnding {
  readonly on: PeerBehaviour;
  readonly says: string;
  readonly reasons: readonly string[];
  readonly kinds: readonly ('done' | 'retry' | 'ambiguous')[];
}

/** What is made of a peer that does not answer in order, whatever is asked of it. */
export const peerEndings: readonly PeerEnding[] = [
  {
    on: 'cut-at-once',
    says: 'a connection that ends at once is tried later',
    reasons: ['unreachable', 'answer_lost'],
    kinds: ['retry', 'ambiguous'],
  },
  {
    on: 'cut-after',
    says: 'a connection that ends before the answer leaves it open',
    reasons: ['answer_lost'],
    kinds: ['ambiguous'],
  },
  {
    on: 'hang-at-once',
    says: 'a peer that never speaks is waited for no longer than the deadline',
    reasons: ['timed_out', 'answer_late'],
    kinds: ['retry', 'ambiguous'],
  },
  {
    on: 'hang-after',
    says: 'an answer that does not come in time leaves it open',
    reasons: ['answer_late'],
    kinds: ['ambiguous'],
  },
  {
    on: 'drip',
    says: 'an answer that never ends is waited for no longer than the deadline',
    reasons: ['answer_late', 'answer_unreadable'],
    kinds: ['ambiguous', 'done'],
  },
];

const ends = ({ on, says, reasons, kinds }: PeerEnding) =>
  promise(
    says,
    async (subject) => {
      subject.peer.behave(on);
      isOutcome(await deliver(subject), kinds, reasons);
      assert.equal(subject.peer.attempts() <= 1, true, 'one attempt is one attempt');
    },
    { needs: on },
  );

// A deadline that no check waits for: what ends before it, ended for another reason.
const patient = { timeout: 60_000 } as const;

const readsLittle = async ({ channel, peer }: ChannelSubject): Promise<void> => {
  peer.behave('oversized');
  const outcome = await ended(channel.deliver(plainNotice(channel.clearance), attemptOf()), 0);
  isOutcome(outcome, ['ambiguous', 'done'], ['answer_unreadable', 'answer_lost']);
};

const dead = async (subject: ChannelSubject): Promise<void> => {
  await subject.peer.stop();
  isOutcome(await deliver(subject), ['retry'], ['unreachable', 'timed_out']);
};

const givenUpBefore = async (subject: ChannelSubject): Promise<void> => {
  isOutcome(await deliver(subject, attemptOf({ signal: AbortSignal.abort() })), ['retry'], ['cancelled']);
  assert.equal(subject.peer.attempts(), 0, 'nothing is sent for an attempt that is given up');
  isOutcome(await deliver(subject), ['done']);
};

const givenUp =
  (on: 'hang-at-once' | 'hang-after', seen: (subject: ChannelSubject) => unknown) =>
  async (subject: ChannelSubject) => {
    const giving = new AbortController();
    subject.peer.behave(on);
    const notice = plainNotice(subject.channel.clearance);
    const delivery = subject.channel.deliver(notice, attemptOf({ signal: giving.signal }));
    await waitFor(() => seen(subject), { what: 'the attempt to reach the peer' });
    giving.abort(new Error('the reason of the caller'));
    const outcome = await ended(delivery, 0);
    isOutcome(outcome, on === 'hang-after' ? ['ambiguous'] : ['retry', 'ambiguous'], ['cancelled', 'answer_late']);
  };

const letsGo = async (subject: ChannelSubject): Promise<void> => {
  subject.peer.behave('hang-after');
  await deliver(subject);
  await ended(subject.channel.close(), subject.timeout);
  await waitFor(() => subject.peer.connections() === 0, { what: 'the connections to end' });
};

const many = async (subject: ChannelSubject): Promise<void> => {
  const outcomes = await Promise.all(Array.from({ length: 12 }, () => deliver(subject)));
  for (const outcome of outcomes) isOutcome(outcome, ['done']);
  await arrived(subject, 12);
  assert.equal(new Set(subject.peer.arrivals().map(({ id }) => id)).size, 12, 'each arrives once');
};

const closesWhileBusy = async (subject: ChannelSubject): Promise<void> => {
  subject.peer.behave('hang-after');
  const busy = [deliver(subject), deliver(subject)];
  await arrived(subject, 1);
  await ended(subject.channel.close(), subject.timeout);
  for (const outcome of await Promise.all(busy)) isOutcome(outcome, ['retry', 'ambiguous']);
};

const afterClose = async (subject: ChannelSubject): Promise<void> => {
  isOutcome(await deliver(subject), ['done']);
  await subject.channel.close();
  await subject.channel.close();
  isOutcome(await deliver(subject), ['retry'], ['cancelled', 'unreachable']);
  assert.equal(subject.peer.attempts(), 1, 'a closed channel sends nothing');
};

const skewed = (skew: number, says: string) =>
  promise(
    says,
    async (subject) => {
      isOutcome(await deliver(subject), ['done']);
      if (!subject.peer.has.has('throttle-until')) return;
      subject.peer.behave('throttle-until');
      const outcome = await deliver(subject);
      isOutcome(outcome, ['retry'], ['throttled']);
      const after = outcome.kind === 'retry' ? (outcome.after ?? 0) : 0;
      assert.ok(after >= 0 && after <= 3_600_000, `it would wait ${after} ms`);
    },
    { wish: { skew } },
  );

const day = 86_400_000;

/** How a channel ends: in time, when it is told to, and for good. */
export const waitChecks: readonly ChannelCheck[] = [
  promise('a peer that is not there is tried later', dead),
  ...peerEndings.map(ends),
  promise('no more of an answer is read than anybody needs', readsLittle, { needs: 'oversized', wish: patient }),
  promise('an attempt that was given up before it began sends nothing', givenUpBefore),
  promise(
    'an attempt that is given up ends at once',
    givenUp('hang-at-once', ({ peer }) => peer.connections() > 0),
    { needs: 'hang-at-once', wish: patient },
  ),
  promise(
    'an attempt that is given up after it was sent leaves it open',
    givenUp('hang-after', ({ peer }) => peer.arrivals().length > 0),
    { needs: 'hang-after', wish: patient },
  ),
  promise('no connection outlives the channel', letsGo, { needs: 'hang-after' }),
  promise('twelve at once arrive, each once', many),
  promise('a channel that is closed while it is busy ends its attempts', closesWhileBusy, { needs: 'hang-after' }),
  promise('a closed channel can be closed again and sends nothing', afterClose),
  skewed(day, 'a wall clock that is a day ahead changes nothing'),
  skewed(-day, 'a wall clock that is a day behind changes nothing'),
];
