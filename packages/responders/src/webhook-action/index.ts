import { durationText } from '@therapytrain/alerts-core';
import { type Outcome, outcomeOf } from '@therapytrain/alerts-core/channel';
import { defineResponder, type Responder, type ResponseAttempt, type Step } from '@therapytrain/alerts-core/responder';
import { answerOutcome, createSignedDoor, type HttpAnswer } from '@therapytrain/alerts-http';
import { targetFault, tookOver } from '../refusals.ts';
import { args, options } from './options.ts';
import { render, type WebhookActionVerb } from './payload.ts';

// By the effect and its end, so that a receiver which drops what it has seen still hears of a longer one.
const idOf = (key: string, until: number | undefined): string => `${key}.${until ?? 0}`;

const isLate = (answer: HttpAnswer): boolean => answer.kind === 'reply' && answer.status === 409;

/**
 * Asks any program to act on a target, and to take it back, by a signed POST each (Standard Webhooks 1.0.0). The target's
 * value goes out in clear, whatever its sensitivity: choose the receiver accordingly. It must bring an id to the asked
 * state however often it is asked, and answer 409 to a fence below the highest that it has seen of that id.
 */
export const webhookAction = defineResponder({
  kind: 'webhook-action',
  target: 'address',
  targetOf: ({ target }) => target,
  idempotent: true,
  reversible: true,
  options,
  args,
  create: ({ target: wanted, does, ...endpoint }, { clock }): Responder => {
    const door = createSignedDoor(endpoint, { clock });
    const ask = async (step: Step, action: WebhookActionVerb, attempt: ResponseAttempt): Promise<Outcome> => {
      const fault = targetFault(step.target, wanted);
      if (fault !== undefined) return outcomeOf('refused', fault);
      const { key, fence, signal } = attempt;
      const body = render(step, action, fence);
      const id = idOf(key, step.until);
      const answer = await door.post({ id, contentType: 'application/json', body, signal });
      return isLate(answer) ? outcomeOf('refused', tookOver) : answerOutcome(answer, clock);
    };
    return {
      preview: ({ from, until }) => ({
        summary: until === undefined ? does : `${does} for ${durationText(until - from)}`,
        reversible: true,
      }),
      respond: (step, attempt) => ask(step, 'respond', attempt),
      revert: (step, attempt) => ask(step, 'revert', attempt),
      check: (signal) => door.check(signal),
      close: () => door.close(),
    };
  },
});
