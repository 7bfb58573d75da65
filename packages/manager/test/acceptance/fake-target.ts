import type { Clock, Instant } from '@therapytrain/alerts-core';
import type { Outcome } from '@therapytrain/alerts-core/channel';
import type { ResponseAttempt, Step, TargetKind } from '@therapytrain/alerts-core/responder';
import type { EngineParts } from '@therapytrain/alerts-manager';
import { z } from 'zod';

type Built = NonNullable<ReturnType<NonNullable<EngineParts['responder']>>>;

/** One thing that a target was asked, and what came of it. */
export interface Asked {
  readonly at: Instant;
  readonly responder: string;
  readonly what: 'respond' | 'revert';
  readonly step: Step;
  readonly attempt: ResponseAttempt;
  /** `effect`: something changed; `same`: that key was seen before; `late`: a higher fence was seen before. */
  readonly came: 'effect' | 'same' | 'late';
}

/** What happens to an ask before the target hears of it, or after. */
export type Meanwhile = (ask: Omit<Asked, 'came' | 'at'>) => Outcome | undefined | Promise<Outcome | undefined>;

/** What responders act on, with a log of its own: it alone says what has happened. */
export interface FakeTarget {
  readonly responder: (name: string) => Built | undefined;
  readonly log: readonly Asked[];
  /** Effects that are in force, as `kind value` words. */
  standing(): readonly string[];
  /** Everything that ever had an effect, by responder: the values acted on, in order. */
  acted(responder: string): readonly string[];
  /** What answers before the target is reached; an outcome that it gives is the answer, and nothing has happened. */
  before: Meanwhile;
  /** What answers in the place of the target, which did what it was asked. */
  after: Meanwhile;
}

const done: Outcome = { kind: 'done', proof: 'did it' };

/** How a kind of responder behaves. */
export interface FakeKind {
  readonly kind: string;
  readonly target: TargetKind;
  readonly idempotent?: boolean;
  readonly reversible?: boolean;
}

/** The kinds that the policies of scripts are made with. */
export const fakeKinds = new Map<
  string,
  { target: TargetKind; reversible: boolean; args: z.ZodType; options: z.ZodType }
>(
  (
    [
      ['block-address', 'address', true],
      ['throttle-address', 'address', true],
      ['lock-account', 'user', true],
      ['mail-user', 'user', false],
    ] as const
  ).map(([kind, target, reversible]) => [
    kind,
    { target, reversible, args: z.strictObject({}), options: z.looseObject({}) },
  ]),
);

/** Makes a target of responders by these names. It drops a key that it has seen, and refuses who is late, unless told not to. */
export const createFakeTarget = (
  clock: Pick<Clock, 'now'>,
  kinds: Readonly<Record<string, FakeKind>>,
  { fenced = true, keyed = true }: { readonly fenced?: boolean; readonly keyed?: boolean } = {},
): FakeTarget => {
  const log: Asked[] = [];
  const fences = new Map<string, number>();
  const keys = new Set<string>();
  const inForce = new Map<string, string>();
  const cameOf = ({ what, step, attempt }: Omit<Asked, 'came' | 'at'>): Asked['came'] => {
    if (fenced && attempt.fence < (fences.get(step.id) ?? 0)) return 'late';
    fences.set(step.id, Math.max(attempt.fence, fences.get(step.id) ?? 0));
    if (keyed && keys.has(attempt.key)) return 'same';
    keys.add(attempt.key);
    if (what === 'respond') inForce.set(step.id, `${step.target.kind} ${step.target.value}`);
    else inForce.delete(step.id);
    return 'effect';
  };
  const target: FakeTarget = {
    log,
    standing: () => [...inForce.values()],
    acted: (responder) =>
      log
        .filter((each) => each.responder === responder && each.what === 'respond' && each.came === 'effect')
        .map(({ step }) => step.target.value),
    before: () => undefined,
    after: () => undefined,
    responder: (name) => {
      const { idempotent = true, reversible = true, ...kind } = kinds[name] ?? { kind: '', target: 'user' };
      if (kind.kind === '') return undefined;
      const ask =
        (what: Asked['what']) =>
        async (step: Step, attempt: ResponseAttempt): Promise<Outcome> => {
          const asked = { responder: name, what, step, attempt };
          const early = await target.before(asked);
          if (early) return early;
          log.push({ ...asked, at: clock.now(), came: cameOf(asked) });
          return (await target.after(asked)) ?? done;
        };
      return {
        kind: { ...kind, idempotent, reversible },
        responder: {
          preview: () => ({ summary: `${kind.kind} acts`, reversible }),
          respond: ask('respond'),
          ...(reversible && { revert: ask('revert') }),
          check: async () => done,
          close: async () => undefined,
        },
      };
    },
  };
  return target;
};
