import type { Millis } from '@therapytrain/alerts-core';
import { type Outcome, outcomeOf } from '@therapytrain/alerts-core/channel';
import type { Switch } from './kill-switch.ts';
import type { RespondingParts } from './responding.ts';
import { attemptKey, type Attempting, stepOf } from './stages/respond.ts';
import type { GivenUp } from './stages/respond-end.ts';

/** Longer than this no attempt is waited for: what it did is then not known. */
const attemptTime: Millis = 30_000;
/** How long an attempt that was given up has to end by itself. With it the kill switch stops everything within a second. */
const endingTime: Millis = 500;
interface UnderWay {
  readonly controller: AbortController;
  givenUp: GivenUp;
}

/** Makes attempts: each may be given up at any moment, and none is waited for when it does not end. */
export const createAttempts = (parts: RespondingParts, killSwitch: Switch) => {
  const { ports, onDefect } = parts;
  const underWay = new Map<string, UnderWay>();
  const giveUp = (each: UnderWay, why: GivenUp): void => {
    each.givenUp ??= why;
    each.controller.abort();
  };
  const call = async (
    { what, response, doubtful }: Attempting,
    number: number,
    signal: AbortSignal,
  ): Promise<Outcome> => {
    const built = parts.responder(response.responder);
    if (!built) return outcomeOf('bad_options', 'the policy has no responder of this name');
    const attempt = { key: attemptKey(response, what), number, fence: response.version, signal, doubtful };
    const { respond, revert } = built.responder;
    if (what === 'revert' && !revert) return outcomeOf('refused', 'the responder cannot take it back');
    try {
      return (await (what === 'revert'
        ? revert?.(stepOf(response), attempt)
        : respond(stepOf(response), attempt))) as Outcome;
    } catch (error) {
      onDefect(error);
      // Whether it had its effect before it broke nobody knows.
      return outcomeOf('answer_unreadable', 'a defect of ours');
    }
  };
  const lateAnswer = async (signal: AbortSignal, over: AbortSignal): Promise<Outcome> => {
    await ports.clock.sleep(attemptTime, AbortSignal.any([signal, over])).catch(() => undefined);
    await ports.clock.sleep(endingTime, over).catch(() => undefined);
    return outcomeOf('answer_late', 'the attempt did not end in time');
  };
  return {
    giveUp: (id: string): void => {
      const each = underWay.get(id);
      if (each) giveUp(each, 'taken_back');
    },
    make: async (attempting: Attempting, number: number, signal: AbortSignal) => {
      const { response, what } = attempting;
      const own: UnderWay = { controller: new AbortController(), givenUp: undefined };
      const over = new AbortController();
      const both = AbortSignal.any([own.controller.signal, signal]);
      underWay.set(response.id, own);
      const unfollow = what === 'respond' ? killSwitch.follow(() => giveUp(own, 'kill_switch')) : () => undefined;
      try {
        // It may have been turned while the attempt was written down.
        if (what === 'respond' && killSwitch.isOn()) {
          return { outcome: outcomeOf('cancelled', 'the kill switch is on'), givenUp: 'kill_switch' as const };
        }
        const deadline = lateAnswer(both, over.signal).finally(() => own.controller.abort());
        const outcome = await Promise.race([call(attempting, number, both), deadline]);
        return { outcome, givenUp: own.givenUp };
      } finally {
        over.abort();
        unfollow();
        if (underWay.get(response.id) === own) underWay.delete(response.id);
      }
    },
  };
};
