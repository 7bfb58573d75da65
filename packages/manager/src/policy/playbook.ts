import type { Expression, Millis, ResponseMode } from '@therapytrain/alerts-core';
import type { ProtectionRule, Target, TargetKind } from '@therapytrain/alerts-core/responder';

/** A responder as the policy has it; built by the gateway from its kind. */
export interface ResponderSettings {
  readonly name: string;
  readonly kind: string;
  /** What it acts on. */
  readonly target: TargetKind;
  /** Options with secrets resolved, for the kind's schema. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly reversible: boolean;
  /** At most so many distinct targets in a window. */
  readonly budget: Budget;
}

/** How many distinct targets may be acted on in a window. */
export interface Budget {
  readonly targets: number;
  readonly window: Millis;
}

/** One step of a playbook. */
export interface PlaybookStep {
  /** A responder's name. */
  readonly responder: string;
  /** The playbook's, but `approve` in the place of `enforce` where nothing takes back what the responder did. */
  readonly mode: ResponseMode;
  /** Metadata key that holds the address or the user's id. */
  readonly target: string;
  /** Metadata key that holds the resource, where the responder acts on access; undefined otherwise. */
  readonly resource: string | undefined;
  /** As the responder's `args` make of them, with its defaults. */
  readonly args: Readonly<Record<string, string | number | boolean>>;
  /** How long it lasts: for the first time, the second, … of one target; the last one goes on. Empty: it is not reverted. */
  readonly ladder: readonly Millis[];
}

/** What is done about what matches, and how much of it unasked. */
export interface Playbook {
  readonly name: string;
  /** Over the facts of the incident, as a route's. */
  readonly when: Expression;
  readonly mode: ResponseMode;
  readonly steps: readonly PlaybookStep[];
  /** How many persons must approve a step that is not done unasked: 1 or 2. */
  readonly approvers: number;
  /** How long they have. */
  readonly approveWithin: Millis;
  readonly budget: Budget;
  /** True: also on alerts that were imported, or are older than `freshFor` when they are planned. */
  readonly alsoOld: boolean;
}

/** Users of whom some must always be able to sign in, such as the administrators. */
export interface ProtectedGroup {
  readonly group: string;
  /** Of `users` at least so many must stay unlocked: from 1 to all of them. */
  readonly keep: number;
  /** All of the group, each once by its `userForm`, as the policy writes them. */
  readonly users: readonly string[];
}

/** What must not be acted on, as the policy lists it. What is protected without a word of it is not listed. */
export interface Protected {
  /** Addresses and ranges in their shortest form. */
  readonly addresses: readonly string[];
  readonly users: readonly string[];
  readonly groups: readonly ProtectedGroup[];
  /** The widest ranges that may be acted on, as prefix lengths. */
  readonly widest: { readonly ipv4: number; readonly ipv6: number };
}

/** What holds for every playbook. */
export interface Guardrails {
  /** Why a target must not be acted on, whatever else stands: see `protectionRules`; undefined where it may be. */
  protects(target: Target): ProtectionRule | undefined;
  /**
   * The groups that a user is in. Who acts on the user counts who of the group is locked out already; ids of users are
   * compared by their `userForm`.
   */
  keepers(user: string): readonly ProtectedGroup[];
  /** The lists that `protects` and `keepers` answer from. */
  readonly protect: Protected;
  /** Distinct targets of all playbooks together. */
  readonly budget: Budget;
  /** Where responses against more distinct users than this were caused by one source or address in the window, the source is acted on instead. */
  readonly weaponised: Budget;
  /** After a person took something back, it is not done again to the same target for so long. */
  readonly grace: Millis;
  /** A target that was left alone for so long begins at the first rung of the ladder again. */
  readonly decay: Millis;
  /** True: a range of addresses is acted on only when two persons approved it, whatever a playbook says. */
  readonly wideNeedsApproval: boolean;
  /** Older alerts cause no response, unless the playbook says so. */
  readonly freshFor: Millis;
}

/** What a policy says of responses. */
export interface ResponsePolicy {
  readonly responders: ReadonlyMap<string, ResponderSettings>;
  readonly playbooks: readonly Playbook[];
  readonly guardrails: Guardrails;
}
