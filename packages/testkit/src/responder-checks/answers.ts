import assert from 'node:assert/strict';
import { peerAnswers, type PeerAnswer } from '../channel-checks/answers.ts';
import { namedWait } from '../channel-checks/subject.ts';
import { ended } from '../channel-checks/trial.ts';
import { type PeerEnding, peerEndings } from '../channel-checks/waits.ts';
import { waitFor } from '../wait-for.ts';
import { arrivedAt, isOutcome } from './outcomes.ts';
import { inForce, promise, respond, revert, stepOf, tryOf } from './trial.ts';
import type { ResponderCheck, ResponderSubject } from './subject.ts';

const isShort = (detail: string): boolean => /^[\x20-\x7e]{1,200}$/.test(detail);

const answered = ({ on, kinds, reasons, says }: PeerAnswer): ResponderCheck =>
  promise(
    says,
    async (subject) => {
      subject.world.behave(on);
      const outcome = await respond(subject, stepOf(subject));
      isOutcome(outcome, kinds, reasons);
      assert.ok(outcome.kind === 'done' || isShort(outcome.detail), 'the detail is one short line');
      assert.equal(subject.world.asked(), 1, 'one attempt is one attempt');
    },
    { needs: [on] },
  );

const ends = ({ on, kinds, reasons, says }: PeerEnding): ResponderCheck =>
  promise(
    says,
    async (subject) => {
      subject.world.behave(on);
      isOutcome(await respond(subject, stepOf(subject)), kinds, reasons);
      assert.ok(subject.world.asked() <= 1, 'one attempt is one attempt');
    },
    { needs: [on] },
  );

const failsToTakeBack = async (subject: ResponderSubject): Promise<void> => {
  const step = stepOf(subject);
  isOutcome(await respond(subject, step), ['done']);
  subject.world.behave('fail');
  isOutcome(await revert(subject, step, { fence: 2 }), ['retry'], ['peer_failed']);
  inForce(subject, 1, step);
  subject.world.behave('accept');
  isOutcome(await revert(subject, step, { fence: 2, number: 2 }), ['done']);
  inForce(subject, 0);
};

const waits = async (subject: ResponderSubject): Promise<void> => {
  subject.world.behave('throttle-after');
  const outcome = await respond(subject, stepOf(subject));
  isOutcome(outcome, ['retry'], ['throttled']);
  assert.equal(outcome.kind === 'retry' && outcome.after, namedWait);
};

const readsLittle = async (subject: ResponderSubject): Promise<void> => {
  subject.world.behave('oversized');
  const step = stepOf(subject);
  const outcome = await ended(subject.responder.respond(step, tryOf(step)), 0);
  isOutcome(outcome, ['ambiguous', 'done'], ['answer_unreadable', 'answer_lost']);
};

const dead = async (subject: ResponderSubject): Promise<void> => {
  await subject.world.stop();
  isOutcome(await respond(subject, stepOf(subject)), ['retry'], ['unreachable', 'timed_out', 'peer_failed']);
};

const givenUpBefore = async (subject: ResponderSubject): Promise<void> => {
  const signal = AbortSignal.abort();
  isOutcome(await respond(subject, stepOf(subject), { signal }), ['retry'], ['cancelled']);
  assert.equal(subject.world.asked(), 0, 'nothing is asked for an attempt that is given up');
  inForce(subject, 0);
  isOutcome(await respond(subject, stepOf(subject)), ['done']);
};

const revertGivenUpBefore = async (subject: ResponderSubject): Promise<void> => {
  const step = stepOf(subject);
  isOutcome(await respond(subject, step), ['done']);
  isOutcome(await revert(subject, step, { fence: 2, signal: AbortSignal.abort() }), ['retry'], ['cancelled']);
  inForce(subject, 1, step);
};

const givenUp = async (subject: ResponderSubject): Promise<void> => {
  const giving = new AbortController();
  subject.world.behave('hang-after');
  const step = stepOf(subject);
  const attempt = subject.responder.respond(step, tryOf(step, { signal: giving.signal }));
  await arrivedAt(subject, 1);
  giving.abort(new Error('the reason of the caller'));
  isOutcome(await ended(attempt, 0), ['ambiguous'], ['cancelled', 'answer_late']);
};

const recovers = async (subject: ResponderSubject): Promise<void> => {
  for (const bad of subject.world.has) {
    subject.world.behave(bad);
    await respond(subject, stepOf(subject));
    subject.world.behave('accept');
    isOutcome(await respond(subject, stepOf(subject)), ['done']);
  }
};

const letsGo = async (subject: ResponderSubject): Promise<void> => {
  subject.world.behave('hang-after');
  const step = stepOf(subject);
  const busy = subject.responder.respond(step, tryOf(step));
  await arrivedAt(subject, 1);
  await ended(subject.responder.close(), 0);
  isOutcome(await ended(busy, 0), ['retry', 'ambiguous']);
  await waitFor(() => subject.world.connections() === 0, { what: 'the connections to end' });
};

const afterClose = async (subject: ResponderSubject): Promise<void> => {
  await subject.responder.close();
  await subject.responder.close();
  isOutcome(await respond(subject, stepOf(subject)), ['retry'], ['cancelled', 'unreachable']);
  assert.equal(subject.world.asked(), 0, 'a closed responder asks nothing');
};

// A deadline that no check waits for: what ends before it, ended for another reason.
const patient = { timeout: 60_000 } as const;

/** What a responder makes of what its peer says, and how it ends. */
export const responderAnswerChecks: readonly ResponderCheck[] = [
  ...peerAnswers.map(answered),
  ...peerEndings.map(ends),
  promise('a wait that the peer names is handed on', waits, { needs: ['throttle-after'] }),
  promise('what could not be taken back is in force, and is taken back by the next try', failsToTakeBack, {
    needs: ['revert', 'fail'],
  }),
  promise('no more of an answer is read than anybody needs', readsLittle, { needs: ['oversized'], wish: patient }),
  promise('a peer that is not there is tried later', dead),
  promise('an attempt that was given up before it began does nothing', givenUpBefore),
  promise('a revert that was given up before it began does nothing', revertGivenUpBefore, { needs: ['revert'] }),
  promise('an attempt that is given up ends at once, and leaves it open', givenUp, {
    needs: ['hang-after'],
    wish: patient,
  }),
  promise('whatever the peer did before, the next attempt is a new one', recovers),
  promise('a responder that is closed while it is busy ends its attempt, and no connection outlives it', letsGo, {
    needs: ['hang-after'],
    wish: patient,
  }),
  promise('a closed responder can be closed again and does nothing', afterClose),
];
