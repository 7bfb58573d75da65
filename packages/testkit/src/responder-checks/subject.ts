import type { Instant, Millis } from '@therapytrain/alerts-core';
import type { Responder, ResponderKind, Step, TargetKind } from '@therapytrain/alerts-core/responder';
import type { PeerBehaviour } from '../channel-checks/subject.ts';

/** One effect that is in force. */
export interface ResponderEffect {
  /** The response that it comes from: the step's id. */
  readonly id: string;
  /** What it is on: an address or range, or a user's id. */
  readonly target: string;
  /** When it ends by itself, or is asked to be taken back; undefined where it is not. */
  readonly until: Instant | undefined;
}

/** What a responder acts on: real, and with an account of its own of what was done to it. */
export interface ResponderWorld {
  readonly has: ReadonlySet<PeerBehaviour>;
  /** From the next request on, until told otherwise. `accept` at first. */
  behave(behaviour: PeerBehaviour): void;
  /** What is in force, in the order in which it began. */
  effects(): readonly ResponderEffect[];
  /** How often an effect began, changed or was taken back. A request that changes nothing is none. */
  changes(): number;
  /** How often it was asked to act or to take back, whatever came of it. */
  asked(): number;
  /** Open connections; 0 for what needs none. */
  connections(): number;
  /** Ends every connection and takes no more; it is then gone. May be called twice. */
  stop(): Promise<void>;
}

/** A responder, and what the contract needs to know of it. */
export interface ResponderSubject {
  readonly kind: ResponderKind;
  readonly responder: Responder;
  readonly world: ResponderWorld;
  /** What must never be seen in an effect, an outcome or an error: keys, tokens, secret parts of addresses. */
  readonly secrets: readonly string[];
  /** The responder's total deadline for one attempt; a few hundred milliseconds for the contract. */
  readonly timeout: Millis;
  /** What it acts on. Default: what its kind says. */
  readonly target?: TargetKind;
  /** What its steps say. Default: nothing. */
  readonly args?: Step['args'];
}

/** What the contract asks for. */
export interface ResponderWish {
  /** The responder's total deadline for one attempt. Default: what the subject names as `timeout`. */
  readonly timeout?: Millis;
}

/** Opens a responder on a world of its own. The contract closes both. */
export type OpenResponderSubject = (wish: ResponderWish) => Promise<ResponderSubject>;

/** What a responder must be able to do for a check to apply: take back, or a behaviour of its world. */
export type ResponderNeed = 'revert' | PeerBehaviour;

/** One promise of a responder. */
export interface ResponderCheck {
  /** The promise, as a sentence. */
  readonly name: string;
  /** Without all of these the promise does not apply. */
  readonly needs: readonly ResponderNeed[];
  /** Rejects with what was broken. */
  check(open: OpenResponderSubject): Promise<void>;
}
