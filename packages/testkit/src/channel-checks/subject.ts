import type { Channel, Clearance } from '@therapytrain/alerts-core/channel';
import type { Millis } from '@therapytrain/alerts-core';

/** What a peer can be made to do. A peer has those that its protocol has, and names them in `has`. */
export type PeerBehaviour =
  /** Takes everything. */
  | 'accept'
  /** Asks for less (429, 421) and names no time. */
  | 'throttle'
  /** Asks for less and says for how long: {@link namedWait}, in seconds. */
  | 'throttle-after'
  /** Asks for less and says until when: a date {@link namedWait} ahead of the peer's own clock. */
  | 'throttle-until'
  /** Says that it failed for now (500, 503, 451, `internal_error`). */
  | 'fail'
  /** Will never take this notice (400, 554, `invalid_blocks`). */
  | 'refuse'
  /** Knows no such credentials (401, 535, `invalid_auth`). */
  | 'unauthorised'
  /** Knows them, and does not allow it (403, `missing_scope`). */
  | 'forbidden'
  /** Has no such target (404, 550, `channel_not_found`). */
  | 'unknown-target'
  /** Its owner withdrew the target (410, `is_archived`). */
  | 'gone'
  /** Finds the notice too large (413, 552, `msg_too_long`). */
  | 'too-large'
  /** Takes the connection and never says a word. */
  | 'hang-at-once'
  /** Takes the whole notice, records that it arrived, and never answers. */
  | 'hang-after'
  /** Takes the notice, and answers one byte at a time without end. */
  | 'drip'
  /** Takes the notice, and answers with far more than anybody should read: 16 MiB as fast as it can, and no end. */
  | 'oversized'
  /** Ends the connection as soon as it is made. */
  | 'cut-at-once'
  /** Takes the whole notice, records that it arrived, and ends the connection without an answer. */
  | 'cut-after'
  /** Takes the notice, and answers what is not of its protocol. */
  | 'garbage'
  /** Points elsewhere (a redirect to its own address under `/elsewhere`). */
  | 'redirect'
  /** Of several recipients takes the first, defers the second and refuses the third for good, as long as it lasts. */
  | 'partial';

/** How long a peer asks to wait, where it names a time. */
export const namedWait: Millis = 7_000;

/** One notice that reached the peer, whether or not the peer said so. */
export interface Arrival {
  /** Every byte of it as it came, headers too, as Latin-1. */
  readonly raw: string;
  /** Everything a person or a program would read in it, decoded: subject, addresses, bodies, JSON strings, URL. */
  readonly text: string;
  /** What tells doubles apart: `Message-ID`, `webhook-id`, `delivery_id`. Derived from the attempt's key. */
  readonly id: string;
  /** The part that a program shows as HTML, where there is one: its source. */
  readonly html?: string;
  /** To whom, where the notice says so; the empty list where it does not. */
  readonly recipients: readonly string[];
}

/** A real peer on loopback that can be made to misbehave. */
export interface ChannelPeer {
  readonly has: ReadonlySet<PeerBehaviour>;
  /** From the next connection or request on, until told otherwise. `accept` at first. */
  behave(behaviour: PeerBehaviour): void;
  /** All that arrived, in order. */
  arrivals(): readonly Arrival[];
  /** How many notices were begun to be given, taken or not: what shows a channel that tries again by itself. */
  attempts(): number;
  /** Open connections. */
  connections(): number;
  /** Ends every connection and stops listening; the port is then dead. May be called twice. */
  stop(): Promise<void>;
}

/** A channel, and what the contract needs to know of it. */
export interface ChannelSubject {
  readonly channel: Channel;
  readonly peer: ChannelPeer;
  /** What must never be seen in an outcome or an error: passwords, tokens, keys, secret parts of addresses, recipients. */
  readonly secrets: readonly string[];
  /** The channel's total deadline for one attempt; a few hundred milliseconds for the contract. */
  readonly timeout: Millis;
}

/** What the contract asks for. Default clearance: that of the options' schema. */
export interface SubjectWish {
  /** With a clearance, the channel is also set to show all that it may. */
  readonly clearance?: Clearance;
  /** How far the channel's wall clock is ahead of the peer's; see `skewedPorts`. */
  readonly skew?: Millis;
  /** The channel's total deadline for one attempt. Default: what the subject names as `timeout`. */
  readonly timeout?: Millis;
}

/** Opens a channel on a peer of its own. The contract closes both. */
export type OpenChannelSubject = (wish: SubjectWish) => Promise<ChannelSubject>;

/** One promise of a channel. */
export interface ChannelCheck {
  /** The promise, as a sentence. */
  readonly name: string;
  /** The behaviour that the peer must have; without it the promise does not apply. */
  readonly needs?: PeerBehaviour;
  /** Rejects with what was broken. */
  check(open: OpenChannelSubject): Promise<void>;
}
