import type { Alert } from '../alert.ts';
import type { Instant } from '../ports.ts';
import type { Sensitivity } from '../sensitivity.ts';
import type { AlertSeverity } from '../severity.ts';

/** How sensitive a value a channel may be given: PUBLIC 1 to HEALTH 4. Nothing is cleared for SECRET. */
export type Clearance = Exclude<Sensitivity, 5>;

/** The levels that a clearance lets through: its own and those below, as a union. */
export type UpTo<C extends Clearance> = C extends 1 ? 1 : C extends 2 ? 1 | 2 : C extends 3 ? 1 | 2 | 3 : Clearance;

declare const clearedTo: unique symbol;

/**
 * Text that holds nothing above the clearance, and none of what a hostile text could do to a reader: no controls, no
 * hidden or direction-changing characters, no live links, no mentions. Only the projection makes it. It still has to be
 * escaped for where it goes (see `escapeHtml` and its neighbours). `L` is the union of the levels it may hold.
 */
export type ClearedText<L extends Clearance> = string & { readonly [clearedTo]: L };

/** Why people are told, in the order of their numbers on the wire, from 1. */
export const noticeEvents = [
  'alert',
  'opened',
  'updated',
  'escalated',
  'acknowledged',
  'resolved',
  'digest',
  /** Nothing is new, and nobody has seen to it yet. */
  'reminded',
  /** What held notices back has ended: how much that was. */
  'silence_ended',
] as const;

/** One of {@link noticeEvents}. */
export type NoticeEvent = (typeof noticeEvents)[number];

/** True for events that tell of one incident; the others have none. */
export const tellsOfIncident = (event: NoticeEvent): boolean =>
  event !== 'alert' && event !== 'digest' && event !== 'silence_ended';

/** Where an incident may be, in the order of their numbers on the wire, from 1. */
export const incidentStates = ['OPEN', 'ACKNOWLEDGED', 'RESOLVED'] as const;

/** One of {@link incidentStates}. */
export type IncidentState = (typeof incidentStates)[number];

/** What is known of an incident before it is cleared for anybody. */
export interface IncidentStory {
  /** Opaque and without personal data; stays the same through the incident's life, and makes its thread. */
  readonly id: string;
  /** What it is about. Default: the title of the newest alert's type. */
  readonly title?: string;
  readonly severity: AlertSeverity;
  readonly state: IncidentState;
  /** How many alerts joined it. */
  readonly count: number;
  readonly firstSeen: Instant;
  readonly lastSeen: Instant;
  /** Who acknowledged, resolved or was called by the escalation: a name of the staff. */
  readonly by?: string;
  /** What they wrote. */
  readonly comment?: string;
  /** While nobody has acknowledged it: until when somebody should. */
  readonly acknowledgeBy?: Instant;
}

/** What a silence held back, before it is cleared for anybody. Its reason is not told: it is what somebody wrote. */
export interface SilenceStory {
  /** Who created it: a name of the staff. */
  readonly author: string;
  /** The highest of what it held back. */
  readonly severity: AlertSeverity;
  readonly alerts: number;
  readonly incidents: number;
}

/** What there is to tell, before it is cleared for anybody. Only the projection reads it. */
export interface Story {
  readonly event: NoticeEvent;
  /** When it came to be told. */
  readonly at: Instant;
  /** Newest first. The ten newest are shown. */
  readonly alerts: readonly Alert[];
  /** How many alerts it stands for, if more than are given. */
  readonly total?: number;
  /** Of a digest: the severity of each incident that it tells of. */
  readonly incidents?: readonly AlertSeverity[];
  /** Present for the events of {@link tellsOfIncident}. */
  readonly incident?: IncidentStory;
  /** Present for `silence_ended`. */
  readonly silence?: SilenceStory;
  /** What people are asked about it, in sentences of ours. */
  readonly asks?: readonly { readonly id: string; readonly text: string }[];
  /** Where to read on: an http or https address of the deployment itself. */
  readonly link?: string;
  /** Whose it is, for people: a team, a person. */
  readonly owner?: string;
  /** What to do about it: an https address of the deployment itself; another one is left out. */
  readonly runbook?: string;
}

/** One fact of an alert's metadata. */
export interface Fact<L extends Clearance> {
  /** The metadata key: a declared one, never the reporter's own. */
  readonly key: string;
  /** The key for people: `User`, `Request count`. */
  readonly label: string;
  readonly text: ClearedText<L>;
  /** True if the value is above the clearance and `text` is a pseudonym in its place. */
  readonly pseudonym: boolean;
}

/** One alert, cleared. */
export interface NoticeAlert<L extends Clearance> {
  readonly id: string;
  readonly type: string;
  /** The type for people: `Authentication failure`. */
  readonly title: string;
  readonly severity: AlertSeverity;
  readonly source: string;
  readonly occurredAt: Instant;
  /** Empty where the clearance is PUBLIC: free text is INTERNAL. */
  readonly message: ClearedText<L>;
  readonly facts: readonly Fact<L>[];
  /** How many metadata values were left out. */
  readonly withheld: number;
}

/** An incident, cleared. */
export interface NoticeIncident<L extends Clearance> {
  readonly id: string;
  readonly title: ClearedText<L>;
  readonly state: IncidentState;
  readonly count: number;
  readonly firstSeen: Instant;
  readonly lastSeen: Instant;
  readonly by: ClearedText<L> | undefined;
  readonly comment: ClearedText<L> | undefined;
  /** While nobody has acknowledged it: until when somebody should. */
  readonly acknowledgeBy?: Instant;
}

/** What a channel is given to say. It holds the levels `L` and no other, so no renderer can show more. */
export interface Notice<L extends Clearance> {
  readonly event: NoticeEvent;
  /** What it was cleared to. */
  readonly clearance: L;
  readonly at: Instant;
  readonly severity: AlertSeverity;
  /** One line of at most 120 characters that says it; never above INTERNAL, whatever the clearance. */
  readonly headline: ClearedText<1 | 2>;
  readonly incident: NoticeIncident<L> | undefined;
  /** At most ten, newest first. */
  readonly alerts: readonly NoticeAlert<L>[];
  /** How many alerts it stands for: `alerts` and those that are not shown. */
  readonly total: number;
  readonly link: string | undefined;
  /** Whose it is, on one line; absent where nobody said, and where the clearance is PUBLIC. */
  readonly owner?: ClearedText<L>;
  /** What to do about it: an https address. */
  readonly runbook?: string;
  /** What people are asked about it, for a channel that can take answers; absent where nothing is, and where the clearance is PUBLIC. */
  readonly asks?: readonly NoticeAsk<L>[];
}

/** One question that a notice asks: whether a response is to be made. */
export interface NoticeAsk<L extends Clearance> {
  /** The response's id. */
  readonly id: string;
  /** What would change, on one line. */
  readonly text: ClearedText<L>;
}
