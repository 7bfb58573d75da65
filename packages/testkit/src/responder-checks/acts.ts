import assert from 'node:assert/strict';
import { arrivedAt, isOutcome } from './outcomes.ts';
import { inForce, longer, promise, respond, revert, stepOf } from './trial.ts';
import type { ResponderCheck, ResponderSubject } from './subject.ts';

const acts = async (subject: ResponderSubject): Promise<void> => {
  const step = stepOf(subject);
  const outcome = await respond(subject, step);
  isOutcome(outcome, ['done']);
  assert.ok(outcome.kind === 'done' && outcome.proof, 'it says what proves it');
  inForce(subject, 1, step);
  assert.deepEqual([subject.world.changes(), subject.world.asked()], [1, 1], 'one attempt is one attempt');
};

const twice = async (subject: ResponderSubject): Promise<void> => {
  const step = stepOf(subject);
  for (const number of [1, 2, 3]) isOutcome(await respond(subject, step, { number }), ['done']);
  isOutcome(await respond(subject, step, { number: 4, fence: 2 }), ['done']);
  inForce(subject, 1, step);
  assert.equal(subject.world.changes(), 1, 'the second try changes nothing');
};

const lasts = async (subject: ResponderSubject): Promise<void> => {
  const step = stepOf(subject);
  isOutcome(await respond(subject, step), ['done']);
  const extended = longer(step);
  isOutcome(await respond(subject, extended, { fence: 2 }), ['done']);
  inForce(subject, 1, extended);
  assert.equal(subject.world.changes(), 2, 'it lasts longer, and that is all');
};

const takesBack = async (subject: ResponderSubject): Promise<void> => {
  const step = stepOf(subject);
  const other = stepOf(subject);
  isOutcome(await respond(subject, step), ['done']);
  isOutcome(await respond(subject, other), ['done']);
  isOutcome(await revert(subject, step, { fence: 2 }), ['done']);
  inForce(subject, 1, other);
};

const takesBackTwice = async (subject: ResponderSubject): Promise<void> => {
  const step = stepOf(subject);
  isOutcome(await respond(subject, step), ['done']);
  for (const number of [1, 2]) isOutcome(await revert(subject, step, { fence: 2, number }), ['done']);
  inForce(subject, 0);
  assert.equal(subject.world.changes(), 2);
};

const takesBackNothing = async (subject: ResponderSubject): Promise<void> => {
  isOutcome(await revert(subject, stepOf(subject)), ['done']);
  inForce(subject, 0);
  assert.equal(subject.world.changes(), 0);
};

const many = async (subject: ResponderSubject): Promise<void> => {
  const steps = Array.from({ length: 12 }, () => stepOf(subject));
  const outcomes = await Promise.all(steps.flatMap((step) => [respond(subject, step), respond(subject, step)]));
  for (const outcome of outcomes) isOutcome(outcome, ['done']);
  inForce(subject, 12);
  assert.equal(subject.world.changes(), 12, 'each is done once');
};

const findsWhatItDid = async (subject: ResponderSubject): Promise<void> => {
  const step = stepOf(subject);
  subject.world.behave('hang-after');
  isOutcome(await respond(subject, step), ['ambiguous']);
  await arrivedAt(subject, 1);
  subject.world.behave('accept');
  isOutcome(await respond(subject, step, { number: 2, doubtful: true }), ['done']);
  inForce(subject, 1, step);
  assert.equal(subject.world.changes(), 1, 'what was done before is not done again');
};

const lateAct = async (subject: ResponderSubject): Promise<void> => {
  const step = stepOf(subject);
  isOutcome(await respond(subject, step, { fence: 3 }), ['done']);
  const late = await respond(subject, subject.kind.reversible ? longer(step, -60_000) : step, { fence: 2 });
  isOutcome(late, ['reject'], ['refused']);
  assert.ok(late.kind === 'reject' && late.detail === 'a newer attempt took over', 'it says that it was late');
  inForce(subject, 1, step);
};

const lateActAfterRevert = async (subject: ResponderSubject): Promise<void> => {
  const step = stepOf(subject);
  isOutcome(await respond(subject, step, { fence: 1 }), ['done']);
  isOutcome(await revert(subject, step, { fence: 3 }), ['done']);
  isOutcome(await respond(subject, step, { fence: 2 }), ['reject'], ['refused']);
  inForce(subject, 0);
};

const lateActAfterEmptyRevert = async (subject: ResponderSubject): Promise<void> => {
  const step = stepOf(subject);
  isOutcome(await revert(subject, step, { fence: 3 }), ['done']);
  isOutcome(await respond(subject, step, { fence: 2 }), ['reject'], ['refused']);
  inForce(subject, 0);
};

const lateRevert = async (subject: ResponderSubject): Promise<void> => {
  const step = stepOf(subject);
  isOutcome(await respond(subject, step, { fence: 1 }), ['done']);
  isOutcome(await respond(subject, longer(step), { fence: 3 }), ['done']);
  isOutcome(await revert(subject, step, { fence: 2 }), ['reject'], ['refused']);
  inForce(subject, 1, longer(step));
};

const fenceOfAnother = async (subject: ResponderSubject): Promise<void> => {
  const [first, second] = [stepOf(subject), stepOf(subject)];
  isOutcome(await respond(subject, first, { fence: 9 }), ['done']);
  isOutcome(await respond(subject, second, { fence: 1 }), ['done']);
  inForce(subject, 2, second);
};

/** What is done, how often, and who may still change it. */
export const actChecks: readonly ResponderCheck[] = [
  promise('what is asked for is done at the target, with its proof', acts),
  promise('asked again it is done once', twice),
  promise('asked with a later end it lasts longer, and is one effect', lasts, { needs: ['revert'] }),
  promise('what is taken back is gone, and nothing else', takesBack, { needs: ['revert'] }),
  promise('taken back again is done', takesBackTwice, { needs: ['revert'] }),
  promise('taken back what never was is done', takesBackNothing, { needs: ['revert'] }),
  promise('twelve at once, each twice, are twelve effects', many, { wish: { timeout: 10_000 } }),
  promise('a second try after a doubtful one has no second effect', findsWhatItDid, { needs: ['hang-after'] }),
  promise('who comes late does not act', lateAct),
  promise('who comes late does not bring back what was taken back', lateActAfterRevert, { needs: ['revert'] }),
  promise('who comes late does not act after a newer revert of nothing', lateActAfterEmptyRevert, {
    needs: ['revert'],
  }),
  promise('who comes late does not take back what was made to last', lateRevert, { needs: ['revert'] }),
  promise('the fence of one response is not that of another', fenceOfAnother),
];
