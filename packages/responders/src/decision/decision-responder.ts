import { duration, durationText, type Millis } from '@therapytrain/alerts-core';
import { outcomeOf } from '@therapytrain/alerts-core/channel';
import {
  defineResponder,
  longestSession,
  type Responder,
  type ResponderPorts,
  type Step,
} from '@therapytrain/alerts-core/responder';
import { z } from 'zod';
import { decide, type Patience } from './decide.ts';
import { decisionOf, type DecisionResponder } from './decision-of.ts';

const timeout = () =>
  duration()
    .refine((span) => span >= 50 && span <= 120_000, 'is not from 50ms to 2m')
    .prefault('10s')
    .describe('Longest wait until the decision is kept.');

const options = z.strictObject({
  timeout: timeout(),
  longest: duration()
    .refine((span) => span >= 1_000 && span <= 90 * 86_400_000, 'is not from 1s to 90d')
    .prefault('30d')
    .describe('A step that asks for longer is refused; one that names no time lasts so long.'),
});

const spanOf = ({ from, until }: Step): string => (until === undefined ? '' : ` for ${durationText(until - from)}`);

interface Limits {
  readonly timeout: Millis;
  readonly longest: Millis;
}

const create = <A extends z.ZodType>(
  made: DecisionResponder<A>,
  { timeout: wait, longest }: Limits,
  { decisions, clock }: ResponderPorts,
) => {
  const closing = new AbortController();
  const either = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, closing.signal]);
  const patience = (signal: AbortSignal): Patience => ({ clock, timeout: wait, signal: either(signal) });
  return {
    summary: (step: Step): string => {
      const args = made.args.safeParse(step.args, { reportInput: false });
      return args.success ? made.summary(args.data) : 'nothing: the args of the step are not those of the responder';
    },
    respond: async (step, { fence, signal }) => {
      const decided = decisionOf(made, step, longest);
      if ('refused' in decided) return decided.refused;
      return decide(() => decisions.put(decided.decision, fence), patience(signal), 'the decision is in force');
    },
    end: ({ id }: Step, { fence, signal }: Parameters<Responder['respond']>[1]) =>
      decide(() => decisions.end(id, fence), patience(signal), 'the decision has ended'),
    check: async (signal) =>
      either(signal).aborted
        ? outcomeOf('cancelled', 'given up')
        : { kind: 'done', proof: 'decisions are put in force here' },
    close: async () => closing.abort('closed'),
  } satisfies Omit<Responder, 'preview' | 'revert'> & Record<string, unknown>;
};

/**
 * A responder that acts by putting a decision where services hear of it, and takes it back by ending it. The decision
 * bears the response's id: asked twice it is there once, asked with a later end it lasts longer, and the fence of a newer
 * attempt shuts an older one out.
 */
export const decisionResponder = <A extends z.ZodType>(made: DecisionResponder<A>) =>
  defineResponder({
    kind: made.kind,
    target: made.target,
    idempotent: true,
    reversible: true,
    options,
    args: made.args,
    create: (limits, ports): Responder => {
      const { summary, end, ...rest } = create(made, limits, ports);
      return {
        ...rest,
        preview: (step) => ({ summary: `${summary(step)}${spanOf(step)}`, reversible: true }),
        revert: end,
      };
    },
  });

/**
 * As {@link decisionResponder}, for what cannot be undone: no end of it could be asked for, and services hear of it for
 * as long as it can matter (see `longestSession`).
 */
export const finalDecisionResponder = <A extends z.ZodType>(made: DecisionResponder<A>) =>
  defineResponder({
    kind: made.kind,
    target: made.target,
    idempotent: true,
    reversible: false,
    options: z.strictObject({ timeout: timeout() }),
    args: made.args,
    create: (limits, ports): Responder => {
      const { summary, respond, check, close } = create(made, { ...limits, longest: longestSession }, ports);
      return {
        ...{ respond, check, close },
        preview: (step) => ({ summary: summary(step), reversible: false }),
      };
    },
  });
