import assert from 'node:assert/strict';
import type { Outcome } from '@therapytrain/alerts-core/channel';
import type { Effect, Target } from '@therapytrain/alerts-core/responder';
import { hostileInputs } from '../channel-checks/hostile-inputs.ts';
import { saidWhile, shown } from '../channel-checks/keeps-in.ts';
import { ended } from '../channel-checks/trial.ts';
import { isOutcome } from './outcomes.ts';
import { canaryTargets, inForce, longer, promise, respond, revert, stepOf, targetOf } from './trial.ts';
import type { ResponderCheck, ResponderSubject } from './subject.ts';

const never = new AbortController().signal;

const saysWhatItIs = async ({ kind, responder }: ResponderSubject): Promise<void> => {
  assert.match(kind.kind, /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, 'the kind is of lower-case words with "-"');
  assert.equal(responder.revert !== undefined, kind.reversible, 'it can take back what its kind says that it can');
  for (const schema of [kind.options, kind.args]) {
    const extra = schema.safeParse({ 'Not an Option': {} }, { reportInput: false });
    assert.equal(extra.success, false, 'what is no option is refused');
  }
};

const isEffect = ({ summary, reversible }: Effect, subject: ResponderSubject): void => {
  assert.match(summary, /^[^\p{Cc}]{3,200}$/u, 'the summary is one short line');
  assert.ok(!summary.endsWith('.'), 'the summary has no full stop: it stands within a sentence');
  assert.equal(reversible, subject.kind.reversible);
};

const previews = async (subject: ResponderSubject): Promise<void> => {
  const step = stepOf(subject);
  const first = subject.responder.preview(step);
  isEffect(first, subject);
  assert.deepEqual(subject.responder.preview(step), first, 'the same step has the same effect');
  if (!subject.kind.reversible) return;
  const later = subject.responder.preview(longer(step));
  assert.notEqual(later.summary, first.summary, 'the summary says for how long');
};

const previewsOnly = async (subject: ResponderSubject): Promise<void> => {
  const { responder, world } = subject;
  for (const severity of [1, 2, 3, 4] as const) responder.preview(stepOf(subject, { severity }));
  // What it began without waiting for it would be seen by now.
  await new Promise((resolve) => setTimeout(resolve, 50));
  inForce(subject, 0);
  assert.deepEqual([world.changes(), world.asked(), world.connections()], [0, 0, 0], 'a preview asks nobody');
};

const checksOnly = async (subject: ResponderSubject): Promise<void> => {
  const step = stepOf(subject);
  isOutcome(await ended(subject.responder.check(never), subject.timeout), ['done']);
  assert.equal(subject.world.asked(), 0, 'a check does not ask for an act');
  isOutcome(await respond(subject, step), ['done']);
  isOutcome(await ended(subject.responder.check(never), subject.timeout), ['done']);
  inForce(subject, 1, step);
  assert.equal(subject.world.changes(), 1);
};

const checkIsGivenUp = async (subject: ResponderSubject): Promise<void> => {
  const outcome = await ended(subject.responder.check(AbortSignal.abort()), subject.timeout);
  isOutcome(outcome, ['retry'], ['cancelled']);
};

/** All that a responder says of one step, whatever its world does. */
const allSaid = async (subject: ResponderSubject): Promise<readonly (Outcome | Effect)[]> => {
  const said: (Outcome | Effect)[] = [];
  for (const behaviour of subject.world.has) {
    subject.world.behave(behaviour);
    const step = stepOf(subject);
    said.push(subject.responder.preview(step), await respond(subject, step));
    if (subject.kind.reversible) said.push(await revert(subject, step, { fence: 2 }));
    if (subject.kind.reversible) said.push(await respond(subject, step, { fence: 1 }));
    said.push(await ended(subject.responder.check(never), subject.timeout));
  }
  await subject.world.stop();
  said.push(await respond(subject, stepOf(subject)));
  return said;
};

const tellsNothing = async (subject: ResponderSubject): Promise<void> => {
  const { value, resource } = canaryTargets[targetOf(subject)];
  const kept = [...subject.secrets, value, ...(resource === '' ? [] : [resource])];
  for (const each of await allSaid(subject)) {
    for (const text of kept) assert.equal(shown(each).includes(text), false, 'what it says holds what it must not');
  }
};

const logsNothing = async (subject: ResponderSubject): Promise<void> => {
  const said = await saidWhile(async () => void (await allSaid(subject)));
  assert.equal(said.length, 0, 'a responder does not log');
};

const otherTargets = async (subject: ResponderSubject): Promise<void> => {
  const others = Object.values(canaryTargets).filter(({ kind }) => kind !== targetOf(subject));
  const empty: Target = { kind: targetOf(subject), value: '', resource: '' };
  for (const target of [...others, empty]) {
    isOutcome(await respond(subject, stepOf(subject, { target })), ['reject', 'misconfigured']);
  }
  inForce(subject, 0);
  assert.equal(subject.world.asked(), 0, 'nothing is asked for what it cannot act on');
};

const hostileTargets = async (subject: ResponderSubject): Promise<void> => {
  const kind = targetOf(subject);
  for (const { text } of hostileInputs) {
    const step = stepOf(subject, { target: { kind, value: text, resource: kind === 'access' ? text : '' } });
    isEffect(subject.responder.preview(step), subject);
    const before = subject.world.effects().length;
    const outcome = await respond(subject, step);
    isOutcome(outcome, kind === 'address' ? ['reject'] : ['done', 'reject', 'misconfigured']);
    inForce(subject, outcome.kind === 'done' ? before + 1 : before, outcome.kind === 'done' ? step : undefined);
    const spoken = `${shown(outcome)}${shown(subject.responder.preview(step))}`;
    assert.equal(text.trim().length > 3 && spoken.includes(text), false, 'what it says holds the target');
  }
};

/** What a responder says, and what it keeps to itself. */
export const responderKeepChecks: readonly ResponderCheck[] = [
  promise('a kind says what its responder can do', saysWhatItIs),
  promise('a preview says what would change, for how long, and whether it can be taken back', previews),
  promise('a preview changes nothing and asks nobody', previewsOnly),
  promise('a check acts on nothing', checksOnly),
  promise('a check that was given up ends', checkIsGivenUp),
  promise('no preview, outcome or proof holds the target or a secret', tellsNothing),
  promise('it says nothing on the console', logsNothing),
  promise('what it does not act on is refused', otherTargets),
  promise('a hostile target is acted on as it is, or refused', hostileTargets),
];
