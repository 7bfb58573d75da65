import type { z } from 'zod';
import type { Outcome } from '../channel/outcome.ts';
import type { Instant, Ports } from '../ports.ts';
import type { AlertSeverity } from '../severity.ts';
import type { DecisionFeed } from './decision.ts';

/**
 * What sort of thing is acted on: an address or range, a user by id, or a user's access to one resource. In the order of
 * their numbers on the wire, from 1.
 */
export const targetKinds = ['address', 'user', 'access'] as const;

/** One of {@link targetKinds}. */
export type TargetKind = (typeof targetKinds)[number];

/** What is acted on. Personal: it stands in no log, metric, error or proof. */
export interface Target {
  readonly kind: TargetKind;
  /** An address or range in its shortest form, or a user's id. */
  readonly value: string;
  /** For `access`: what the user may no longer reach; empty otherwise. */
  readonly resource: string;
}

/** What one step of a playbook asks of a responder. The same from try to try, and for the revert. */
export interface Step {
  /** The response: UUID version 7. It names the effect at the peer. */
  readonly id: string;
  readonly target: Target;
  /** By the responder's `args`, checked when the policy was loaded. */
  readonly args: Readonly<Record<string, string | number | boolean>>;
  readonly from: Instant;
  /** When it will be reverted; undefined where it is not. */
  readonly until: Instant | undefined;
  readonly severity: AlertSeverity;
  readonly playbook: string;
  readonly incident: string;
}

/** One try at one effect. */
export interface ResponseAttempt {
  /** Names the effect, and differs between acting and reverting: a peer that has seen it does nothing again. As for a channel. */
  readonly key: string;
  /** 1 for the first try. */
  readonly number: number;
  /**
   * Grows with everything that is asked about one response. Who has seen a higher one refuses: the asker was away for so
   * long that another took over. Whole, from 1.
   */
  readonly fence: number;
  readonly signal: AbortSignal;
  /** True if an earlier attempt may have had its effect. */
  readonly doubtful?: boolean;
}

/** What would change. */
export interface Effect {
  /** One sentence, without the target: `the address is refused by every service for 1 h`. Safe to show and to keep. */
  readonly summary: string;
  /** True where `revert` takes it back as if it had never been. */
  readonly reversible: boolean;
}

/** One way to act. Like a channel, one attempt, one `Outcome`; unlike it, the world is changed. */
export interface Responder {
  /** What would change, without changing or asking anything. Shown to the approver, kept in the audit. */
  readonly preview: (step: Step) => Effect;
  /**
   * Brings the target to the asked state, or makes it last until the new end. Already there is `done`, so a second try
   * is harmless. Whatever the peer does is an `Outcome`; a throw is a defect of ours.
   */
  readonly respond: (step: Step, attempt: ResponseAttempt) => Promise<Outcome>;
  /** Takes it back; never there is `done`. Absent when nothing can: policy then demands an approver. */
  readonly revert?: (step: Step, attempt: ResponseAttempt) => Promise<Outcome>;
  /** Proves that it could act, without acting. */
  readonly check: (signal: AbortSignal) => Promise<Outcome>;
  readonly close: () => Promise<void>;
}

/** What a responder acts through. */
export interface ResponderPorts extends Ports {
  readonly decisions: DecisionFeed;
}

/** What a responder exports: a name, its options, what a step may say, and how to build one. */
export interface ResponderKind<S extends z.ZodType = z.ZodType, A extends z.ZodType = z.ZodType> {
  /** Lower-case words with `-`: configuration key and metric label, such as `block-address`. */
  readonly kind: string;
  /** What it acts on. */
  readonly target: TargetKind;
  /** What it acts on where the options say so, in the place of `target`. */
  targetOf?(options: z.output<S>): TargetKind;
  /**
   * True where a second try with the same key has no second effect, whatever happened to the first. Where it is false,
   * an attempt whose end is not known is handed to a person and never tried again.
   */
  readonly idempotent: boolean;
  /** True where `revert` is there. */
  readonly reversible: boolean;
  /** The only statement of the options of a responder: their types, defaults, limits and documentation. */
  readonly options: S;
  /** What a step of a playbook may say beside target and duration: a strict object of text, numbers and truth. */
  readonly args: A;
  /** Builds without I/O. Options arrive parsed, so nothing is left to refuse here. */
  create(options: z.output<S>, ports: ResponderPorts): Responder;
}

/** Ties `create` to the types that `options` and `args` yield; adds nothing at run time. */
export const defineResponder = <S extends z.ZodType, A extends z.ZodType>(
  kind: ResponderKind<S, A>,
): ResponderKind<S, A> => kind;
