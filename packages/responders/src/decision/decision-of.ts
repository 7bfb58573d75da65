import { durationText, type Millis } from '@therapytrain/alerts-core';
import { type Outcome, outcomeOf } from '@therapytrain/alerts-core/channel';
import {
  canonicalAddress,
  type Decision,
  type DecisionKind,
  type Step,
  type TargetKind,
} from '@therapytrain/alerts-core/responder';
import type { z } from 'zod';
import { targetFault } from '../refusals.ts';

/** What distinguishes one responder that acts by a decision from another. */
export interface DecisionResponder<A extends z.ZodType> {
  /** Configuration key, such as `block-address`. */
  readonly kind: string;
  readonly decision: DecisionKind;
  readonly target: TargetKind;
  readonly args: A;
  /** What changes, as a sentence without the target and without its end: `the address is refused by every service`. */
  summary(args: z.output<A>): string;
  /** Requests a minute, where the decision has them. */
  perMinute?(args: z.output<A>): number;
}

/** The decision that a step asks for, or why it is none. */
export type Decided = { readonly decision: Decision } | { readonly refused: Outcome };

/** Pure: the same step gives the same decision, from try to try. `longest` is how long one may last. */
export const decisionOf = <A extends z.ZodType>(
  { decision: kind, target: wanted, args: schema, perMinute }: DecisionResponder<A>,
  { id, target, args: given, from, until, playbook, incident }: Step,
  longest: Millis,
): Decided => {
  const fault = targetFault(target, wanted);
  if (fault !== undefined) return { refused: outcomeOf('refused', fault) };
  const args = schema.safeParse(given, { reportInput: false });
  if (!args.success)
    return { refused: outcomeOf('bad_options', 'the args of the step are not those of the responder') };
  const end = until ?? from + longest;
  if (end - from > longest) {
    return { refused: outcomeOf('bad_options', `the step lasts longer than ${durationText(longest)}`) };
  }
  const { value, resource } = target;
  return {
    decision: {
      ...{ id, kind, resource, from, until: end, playbook, incident },
      target: canonicalAddress(wanted === 'address' ? value : '') ?? value,
      perMinute: perMinute?.(args.data) ?? 0,
    },
  };
};
