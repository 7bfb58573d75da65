import type { Instant } from '../ports.ts';
import type { Target } from '../responder/responder.ts';
import type { AlertSeverity } from '../severity.ts';

/** How much a playbook does unasked, from the least to the most. In the order of their numbers on the wire, from 1. */
export const responseModes = ['observe', 'suggest', 'approve', 'enforce'] as const;

/** One of {@link responseModes}. */
export type ResponseMode = (typeof responseModes)[number];

/**
 * Where a response may be, each with its meaning. `waiting`, `planned`, `executing`, `in_force`, `unknown` and `reverting`
 * go on; the others are ends. In the order of their numbers on the wire, from 1.
 */
export const responseStates = {
  observed: 'The playbook only observes: it would have been done, and nothing is.',
  waiting: 'People may approve or reject it.',
  planned: 'It is to be done.',
  executing: 'An attempt is under way, or was when the process ended.',
  in_force: 'It is done, and will be reverted at its time.',
  done: 'It is done, and nothing is to be reverted.',
  unknown: 'It may have been done; a person must look.',
  reverting: 'It is being taken back.',
  reverted: 'It was taken back.',
  refused: 'A guardrail forbids it.',
  rejected: 'A person rejected it.',
  expired: 'Nobody approved it in time.',
  stopped: 'The kill switch was on, or the audit could not be written.',
  dead: 'It could not be done, and will not be tried again by itself.',
  revert_failed: 'It is done, and could not be taken back: a person must do it.',
} as const;

/** One of {@link responseStates}. */
export type ResponseState = keyof typeof responseStates;

/** Their names in the order of their numbers on the wire, from 1. */
export const responseStateNames = Object.keys(responseStates) as readonly ResponseState[];

/** States that go on: something is still to become of the response. */
export const standingStates = [
  'waiting',
  'planned',
  'executing',
  'in_force',
  'unknown',
  'reverting',
] as const satisfies readonly ResponseState[];

/** Who approved, and when. */
export interface Approval {
  readonly by: string;
  readonly at: Instant;
}

/** One action on one target, from its plan to its end: a lease, where it can be reverted. */
export interface Response {
  /** UUID version 7. */
  readonly id: string;
  /** 1 when it is planned, and one more with every change; it is the fence of the attempts. */
  readonly version: number;
  readonly state: ResponseState;
  readonly mode: ResponseMode;
  readonly playbook: string;
  /** Place of the step in the playbook, from 0. */
  readonly step: number;
  /** The responder's name in the policy. */
  readonly responder: string;
  readonly target: Target;
  readonly args: Readonly<Record<string, string | number | boolean>>;
  readonly severity: AlertSeverity;
  readonly incident: string;
  /** Source of the alert that it answers, for the budget of one source. */
  readonly source: string;
  /** The address that the alert came from, in its shortest form; empty for none. Personal, as the target. */
  readonly origin: string;
  /** What would change; safe to show. */
  readonly summary: string;
  /** Why it is where it is, in a few words from a closed list of the manager; empty at first. */
  readonly reason: string;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  /** How long it is to last; 0 where it is not reverted. */
  readonly span: number;
  /** Which rung of the ladder that is, from 0. */
  readonly rung: number;
  /** When its effect began; undefined before. */
  readonly from: Instant | undefined;
  /** When it is to be reverted, or, while it waits, when the question ends; undefined where neither. */
  readonly until: Instant | undefined;
  /** The end that the responder was last asked for with success; undefined before, and where there is none. */
  readonly asked: Instant | undefined;
  /** How many persons must approve it: 0, 1 or 2. */
  readonly approvers: number;
  readonly approvals: readonly Approval[];
  /** Who rejected or reverted it last; empty for nobody. */
  readonly by: string;
  /** How often it was made to last longer. */
  readonly extensions: number;
  /** The version of the policy that planned it. */
  readonly policy: string;
}

/** The switch that stops everything that acts. */
export interface KillSwitch {
  /** True: nothing is done, and what is in flight is given up. What is in force stays, and is still reverted. */
  readonly on: boolean;
  /** Who turned it last; empty before anybody did. */
  readonly by: string;
  readonly reason: string;
  readonly at: Instant;
}

/** A scope in which nothing is done unasked until a time, because too much was. Personal where it names an address. */
export interface Trip {
  /** `all`, or `playbook/`, `responder/`, `source/`, `origin/` and a name: a closed list of the manager. */
  readonly scope: string;
  readonly until: Instant;
}

/** What to list, newest first. */
export interface ResponseQuery {
  readonly states?: readonly ResponseState[];
  readonly incident?: string;
  readonly playbook?: string;
  /** Below this id, for the next page. */
  readonly before?: string;
  readonly limit: number;
}

/** What is asked of the past and the present before something new is planned. */
export interface ResponseFactsQuery {
  /** Whose responses are asked for: those that stand, and those that were changed at `changedSince` or later. */
  readonly targets: readonly Target[];
  readonly changedSince: Instant;
  /** Addresses and reporting sources whose responses against users are asked for. */
  readonly origins: readonly string[];
  readonly sources: readonly string[];
  /** Responses that were made before this do not count any more. */
  readonly madeSince: Instant;
  /** Trips that end at this time or before are not told. */
  readonly now: Instant;
}

/** What the guardrails go by: everything of one moment. */
export interface ResponseFacts {
  readonly killSwitch: KillSwitch;
  readonly trips: readonly Trip[];
  /** Of the targets that were asked for, by any responder; by id. */
  readonly ofTargets: readonly Response[];
  /**
   * What was made since `madeSince` and counts; by id. Unasked (mode `enforce`): what was not refused or stopped. And of
   * the origins and sources that were asked for, against users: what was not refused, stopped or only observed.
   */
  readonly uses: readonly Response[];
}
