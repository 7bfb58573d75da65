import { z } from 'zod';
import type { Ports } from '../ports.ts';
import { Sensitivity } from '../sensitivity.ts';
import type { Clearance, Notice, UpTo } from './notice.ts';
import type { Outcome } from './outcome.ts';

/** One try at one delivery. */
export interface Attempt {
  /** Names the delivery; the same from try to try, so that a peer can drop doubles. 1 to 128 of A-Z, a-z, 0-9, `.`, `_`, `-`. */
  readonly key: string;
  /** 1 for the first try. */
  readonly number: number;
  /** Ends the attempt. It then resolves with `cancelled`, or with `answer_late` if the notice was already sent. */
  readonly signal: AbortSignal;
  /** The `ref` of the first delivery of the same incident through this channel, to update or thread; undefined at first. */
  readonly ref?: string;
  /** What an earlier attempt of this delivery handed back. */
  readonly progress?: string;
  /** True if an earlier attempt of this delivery ended `ambiguous`. */
  readonly doubtful?: boolean;
}

/** One way to tell people: a pure rendering and one call to one peer. */
export interface Channel<C extends Clearance = Clearance> {
  /** How sensitive a value it may be given. */
  readonly clearance: C;

  /**
   * Makes one attempt and says how it ended. Whatever the peer does is an `Outcome`; a throw is a defect of ours. Never
   * retries, logs or remembers: the manager retries, telemetry logs, the store remembers.
   */
  readonly deliver: (notice: Notice<UpTo<C>>, attempt: Attempt) => Promise<Outcome>;

  /** Proves address and credentials without sending anything a person would see. `done.proof` names a raised clearance. */
  readonly check: (signal: AbortSignal) => Promise<Outcome>;

  /** Lets go of sockets and pools. Called once, after the last attempt has settled. */
  readonly close: () => Promise<void>;
}

/** What a channel package exports: a name, its options, and how to build one. */
export interface ChannelKind<S extends z.ZodType = z.ZodType> {
  /** Lower-case noun: configuration key, metric label, and last word of the package name. */
  readonly kind: string;
  /** The only statement of the options: their types, defaults, limits and documentation. */
  readonly options: S;
  /** Builds without I/O. Options arrive parsed, so nothing is left to refuse here. */
  create(options: z.output<S>, ports: Ports): Channel;
}

/** Ties `create` to the type that `options` yields; adds nothing at run time. */
export const defineChannel = <S extends z.ZodType>(kind: ChannelKind<S>): ChannelKind<S> => kind;

const names = ['PUBLIC', 'INTERNAL', 'PERSONAL', 'HEALTH'] as const;

/** The option `clearance` that every channel has: INTERNAL unless somebody raises it in so many words. */
export const clearance = () =>
  z
    .enum(names, `is not one of ${names.join(', ')}`)
    .default('INTERNAL')
    .transform((name): Clearance => Sensitivity[name])
    .describe('How sensitive a value may go out; what is above is a pseudonym or left out.');

/** What `check` says of a clearance above INTERNAL; undefined for the others. */
export const raisedClearance = (clearance: Clearance): string | undefined =>
  clearance > Sensitivity.INTERNAL ? `clearance raised to ${names[clearance - 1]}` : undefined;
