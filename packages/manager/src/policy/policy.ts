import type { AlertSeverity, AlertTypes, Expression, Instant, Millis } from '@therapytrain/alerts-core';
import type { Detection } from './detection.ts';
import type { ResponsePolicy } from './playbook.ts';
import type { Window } from './window.ts';

/** Where notices of what matches go, and in which rhythm. */
export interface Route {
  /** Its path in the tree, for people: `clinical/night`. One without a name is told by its place: `#2`. */
  readonly name: string;
  /** Undefined: matches all. */
  readonly when: Expression | undefined;
  /** The receivers' names; its own, or those of the nearest route above. */
  readonly receivers: readonly string[];
  /** True: routes after this one are tried too. */
  readonly continues: boolean;
  readonly routes: readonly Route[];
  /** How long the first notice of an incident waits for more alerts. */
  readonly firstNotifyAfter: Millis;
  /** The shortest time between two notices of one incident through one channel. */
  readonly batchUpdatesEvery: Millis;
  /** How often an incident that stays open is told again; undefined: never. */
  readonly remindEvery: Millis | undefined;
}

/** A named set of channels. */
export interface Receiver {
  readonly name: string;
  readonly channels: readonly string[];
  /** Told in place of a channel that is dead. */
  readonly fallback: readonly string[];
}

/** How much a channel is told. What exceeds it is told in a digest. */
export interface ChannelLimit {
  /** Notices a minute, in the long run; from 1. */
  readonly perMinute: number;
  /** How many at once after a rest; from 1. */
  readonly burst: number;
  readonly digestEvery: Millis;
}

/** A channel as the policy has it; built by the gateway from its kind. */
export interface ChannelSettings {
  readonly name: string;
  readonly kind: string;
  /** Options with secrets resolved, for the kind's schema. */
  readonly options: Readonly<Record<string, unknown>>;
  /** How many deliveries at once. */
  readonly concurrency: number;
  /** Left out: there is no limit. */
  readonly limit?: ChannelLimit;
  /** How often a canary goes through it; left out: never. */
  readonly canaryEvery?: Millis;
}

/** Response times of a severity. */
export interface Escalation {
  /** How long an incident may stay unacknowledged. */
  readonly acknowledgeWithin: Millis;
  /** How long before it runs out those who were told are reminded; undefined: not at all. Below `acknowledgeWithin`. */
  readonly remindBefore: Millis | undefined;
  /** Receivers, one after another, each when the time has run out once more; the last is told again up to `repeats`. */
  readonly receivers: readonly string[];
  readonly repeats: number;
}

/** While what matches `source` is open, what matches `target` with the same values of `equal` is not told. */
export interface Inhibition {
  readonly name: string;
  readonly source: Expression;
  readonly target: Expression;
  /** Metadata keys. */
  readonly equal: readonly string[];
}

/** A time in which what matches is not told. */
export interface Maintenance {
  readonly name: string;
  readonly when: Expression;
  /** When, as it is written. */
  readonly window: Window;
  /** True while it lasts. */
  covers(at: Instant): boolean;
}

/** A policy in force. */
export interface Policy extends ResponsePolicy {
  /** The first 12 hexadecimal digits of SHA-256 of its canonical JSON, secrets as references. */
  readonly version: string;
  readonly types: AlertTypes;
  readonly retention: {
    readonly maxAge: Millis | undefined;
    readonly maxBytes: number | undefined;
    /** How long what is over is kept after its end: incidents, deliveries, silences, ids of changes. */
    readonly incidents: Millis;
    /** How long entries of the audit are kept at the least. */
    readonly audit: Millis;
    /** True while nothing may be let go. */
    readonly hold: boolean;
  };
  /** The metadata keys that group alerts of a type into incidents; undefined: those that make its fingerprint. */
  groupBy(type: string): readonly string[] | undefined;
  /** How long an incident of the type stays open without an alert; undefined: until somebody resolves it. */
  quietAfter(type: string): Millis | undefined;
  /** Whose the type is, for people; undefined: nobody says. */
  ownerOf(type: string): string | undefined;
  /** What to do about an alert of the type: an https address; undefined: nobody says. */
  runbookOf(type: string): string | undefined;
  /** An alert of a resolved incident's group within this span opens that one again. */
  readonly reopenWithin: Millis;
  readonly routes: readonly Route[];
  readonly receivers: ReadonlyMap<string, Receiver>;
  readonly channels: ReadonlyMap<string, ChannelSettings>;
  /** By severity; a severity without an entry is informational. */
  readonly escalations: ReadonlyMap<AlertSeverity, Escalation>;
  readonly inhibitions: readonly Inhibition[];
  readonly maintenance: readonly Maintenance[];
  /** The longest silence, by the severity that it holds back. */
  readonly longestSilence: ReadonlyMap<AlertSeverity, Millis>;
  /** `https://console…/incidents/` or undefined; an incident's id is put behind it. */
  readonly incidentLink: string | undefined;
  readonly detections: readonly Detection[];
}
