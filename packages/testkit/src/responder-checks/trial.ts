import assert from 'node:assert/strict';
import { createIds, systemClock, systemRandom } from '@therapytrain/alerts-core';
import type { Outcome } from '@therapytrain/alerts-core/channel';
import type { ResponseAttempt, Step, Target, TargetKind } from '@therapytrain/alerts-core/responder';
import { frozen } from '../channel-checks/stories.ts';
import { ended } from '../channel-checks/trial.ts';
import type {
  OpenResponderSubject,
  ResponderCheck,
  ResponderNeed,
  ResponderSubject,
  ResponderWish,
} from './subject.ts';

const ids = createIds(systemClock, systemRandom);
const hour = 3_600_000;

/** Targets that must not be seen anywhere but where they are acted on. */
export const canaryTargets: Readonly<Record<TargetKind, Target>> = {
  address: { kind: 'address', value: '203.0.113.77', resource: '' },
  user: { kind: 'user', value: 'canary-anna.berg-7315', resource: '' },
  access: { kind: 'access', value: 'canary-anna.berg-7315', resource: '/canary-notes/4471' },
};

/** What the subject acts on. */
export const targetOf = ({ kind, target }: ResponderSubject): TargetKind => target ?? kind.target;

/** A step that the subject can do, of which nothing can be changed: who tries throws. */
export const stepOf = (subject: ResponderSubject, more: Partial<Step> = {}): Step => {
  const from = systemClock.now();
  return frozen({
    id: ids.next(),
    target: { ...canaryTargets[targetOf(subject)] },
    args: { ...subject.args },
    from,
    until: subject.kind.reversible ? from + hour : undefined,
    severity: 3,
    playbook: 'drill',
    incident: ids.next(),
    ...more,
  });
};

/** The same step with another end. */
export const longer = (step: Step, by = hour): Step => frozen({ ...step, until: (step.until ?? step.from) + by });

/** One attempt, with what most checks do not care about filled in. */
export const tryOf = (step: Step, more: Partial<ResponseAttempt> = {}, act = 'respond'): ResponseAttempt =>
  Object.freeze({ key: `${step.id}.${act}`, number: 1, fence: 1, signal: new AbortController().signal, ...more });

/** The outcome of acting. Fails if it throws, or does not end in time. */
export const respond = ({ responder, timeout }: ResponderSubject, step: Step, more: Partial<ResponseAttempt> = {}) =>
  ended(responder.respond(step, tryOf(step, more)), timeout);

/** The outcome of taking back. Fails as {@link respond}. */
export const revert = async (
  { responder, timeout }: ResponderSubject,
  step: Step,
  more: Partial<ResponseAttempt> = {},
): Promise<Outcome> => {
  assert.ok(responder.revert, 'a kind that is reversible has a revert');
  return ended(responder.revert(step, tryOf(step, more, 'revert')), timeout);
};

/** Asserts what is in force: so many effects, the last of them of this step. */
export const inForce = ({ world }: ResponderSubject, count: number, step?: Step): void => {
  const effects = world.effects();
  assert.equal(effects.length, count, `${count} effects are in force`);
  if (!step) return;
  const effect = effects.at(-1);
  assert.equal(effect?.id, step.id, 'the effect bears the id of the response');
  assert.equal(effect?.target, step.target.value, 'it is on the target and on nothing else');
  if (step.until !== undefined) assert.equal(effect?.until, step.until, 'it ends when it should');
};

/** A check on a subject of its own, which is let go of afterwards. */
export const promise = (
  name: string,
  check: (subject: ResponderSubject) => Promise<void>,
  { needs = [], wish = {} }: { readonly needs?: readonly ResponderNeed[]; readonly wish?: ResponderWish } = {},
): ResponderCheck => ({
  name,
  needs,
  check: async (open: OpenResponderSubject) => {
    const subject = await open(wish);
    try {
      await check(subject);
    } finally {
      await ended(subject.responder.close(), subject.timeout);
      await subject.world.stop();
    }
  },
});
