import type { IdentityCalls } from './identity-types.ts';
import type {
  Account,
  Alert,
  AlertDraft,
  AlertSeverity,
  Delivery,
  Incident,
  Instant,
  Millis,
  Silence,
  Explanation,
} from '@therapytrain/alerts-core';
import type { DecisionCalls, KillSwitchCalls, ResponseCalls } from '../decisions/types.ts';
import type { StreamState } from '../types.ts';
import type { AuditCalls } from './audit-types.ts';

/** An incident as a gateway tells of it. */
export interface ListedIncident extends Omit<Incident, 'key' | 'version' | 'facts' | 'newest'> {
  /** What it was like when it was told; a change that names it is refused if somebody was faster. */
  readonly etag: string;
  /** The type of its newest alert. */
  readonly type: string;
  /** The source of its newest alert. */
  readonly source: string;
}

/** A delivery as a gateway tells of it; `target` is the channel's name. */
export type ListedDelivery = Omit<Delivery, 'kind' | 'slot' | 'progress'>;

/** The accounting of one channel. */
export interface ListedAccount extends Account {
  /** True if `accepted` is the sum of the others. */
  readonly balanced: boolean;
}

/** Which page of a list. */
export interface PageOptions {
  /** 1 to 1,000; the gateway takes 50 if left out. */
  readonly pageSize?: number | undefined;
  /** The `nextPageToken` of the page before, with the same other options. */
  readonly pageToken?: string | undefined;
}

/** How a change is made. */
export interface ChangeOptions {
  /** The same id is carried out once, however often it is sent; a new one if left out. */
  readonly requestId?: string | undefined;
}

/** How an incident is changed. */
export interface IncidentChangeOptions extends ChangeOptions {
  /** Rejects with `CONFLICT` if the incident is not like that any more. */
  readonly etag?: string | undefined;
}

/** The same, with something to say. */
export interface CommentedChangeOptions extends IncidentChangeOptions {
  readonly comment?: string | undefined;
}

/** Which incidents to list. */
export interface IncidentListOptions extends PageOptions {
  /** All, if left out or empty. */
  readonly states?: readonly Incident['state'][] | undefined;
  /** CEL over the newest alert of each, with the incident's severity. All, if left out. */
  readonly filter?: string | undefined;
  /** True: only those that are open and should have been acknowledged by now. */
  readonly overdue?: boolean | undefined;
}

/** One page of incidents. */
export interface IncidentPage {
  /** The one opened last first. May be empty although there is a next page. */
  readonly incidents: readonly ListedIncident[];
  /** Empty at the end. */
  readonly nextPageToken: string;
}

/** Where a stream of incidents begins, and who is told how it is doing. */
export interface IncidentStreamOptions {
  /** A cursor of an earlier stream; all that are not resolved, if left out. */
  readonly cursor?: string | undefined;
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal | undefined;
  /** Told of each change. Must not throw. */
  readonly onState?: ((state: StreamState) => void) | undefined;
}

/** What a stream of incidents tells. */
export type IncidentEvent =
  /** As it is now; with a cursor, the stream can be resumed after it. */
  | { readonly kind: 'incident'; readonly incident: ListedIncident; readonly cursor: string }
  /** Everything up to here has been told: what the stream began with, and what has changed since. */
  | { readonly kind: 'settled'; readonly cursor: string };

/** What is open, and who does something about it. Ids that are not known reject with `INCIDENT_NOT_FOUND`. */
export interface IncidentCalls {
  list(options?: IncidentListOptions): Promise<IncidentPage>;
  /** One incident with its newest alerts, at most ten, newest first. */
  get(id: string): Promise<{ readonly incident: ListedIncident; readonly alerts: readonly Alert[] }>;
  /** Says that somebody sees to it. */
  acknowledge(id: string, options?: CommentedChangeOptions): Promise<ListedIncident>;
  /** Says that it is over. */
  resolve(id: string, options?: CommentedChangeOptions): Promise<ListedIncident>;
  /** Says whose it is; nobody's with the empty name. */
  assign(id: string, assignee: string, options?: IncidentChangeOptions): Promise<ListedIncident>;
  /** Says something about it. */
  comment(id: string, comment: string, options?: IncidentChangeOptions): Promise<ListedIncident>;
  /**
   * Incidents as they are and as they change: first all that are not resolved, then each change. Reconnects and resumes
   * by itself, and misses no state: of changes that come faster than they are taken only the newest is told. Ends by
   * `break`, the signal or `close`; throws only what waiting cannot mend.
   */
  stream(options?: IncidentStreamOptions): AsyncIterable<IncidentEvent>;
}

/** A silence to try. */
export interface SilenceDraft {
  /** CEL over an alert's facts. */
  readonly when: string;
  /** What is more severe breaks through. HIGH, if left out. */
  readonly upTo?: AlertSeverity | undefined;
}

/** A silence to create. It ends at `until`, or `length` after it begins: one of the two. */
export interface NewSilence extends SilenceDraft, ChangeOptions {
  readonly reason: string;
  /** Now, if left out. */
  readonly from?: Instant | undefined;
  readonly until?: Instant | undefined;
  readonly length?: Millis | undefined;
}

/** What a silence would have held back in the last 24 hours. */
export interface PreviewedSilence {
  readonly alerts: number;
  /** Their incidents, at most 100. */
  readonly incidents: readonly ListedIncident[];
}

/** A silence as a gateway tells of it. */
export interface ListedSilence extends Silence {
  /** How many alerts it has held back so far; 0 where it was just created or ended. */
  readonly hiddenAlerts: number;
  /** Of how many incidents; 0 where it was just created or ended. */
  readonly hiddenIncidents: number;
}

/** One page of silences. */
export interface SilencePage {
  /** Newest first. */
  readonly silences: readonly ListedSilence[];
  /** Empty at the end. */
  readonly nextPageToken: string;
}

/** Notices that are held back for a while. */
export interface SilenceCalls {
  create(silence: NewSilence): Promise<ListedSilence>;
  /** Changes nothing. */
  preview(draft: SilenceDraft): Promise<PreviewedSilence>;
  /** Those in force and those still to begin. */
  list(options?: PageOptions): Promise<SilencePage>;
  /** Ends one now. Rejects with `SILENCE_NOT_FOUND` if there is none, or it has ended. */
  expire(id: string, options?: ChangeOptions): Promise<ListedSilence>;
}

/** Which dead letters. */
export interface DeadLetterOptions {
  readonly incident?: string | undefined;
  readonly channel?: string | undefined;
}

/** Which deliveries to list. */
export interface DeliveryListOptions extends DeadLetterOptions, PageOptions {
  /** Only these, at most 100. All, if left out or empty. */
  readonly ids?: readonly string[] | undefined;
  /** All, if left out or empty. */
  readonly states?: readonly Delivery['state'][] | undefined;
}

/** One page of deliveries. */
export interface DeliveryPage {
  /** Newest first. */
  readonly deliveries: readonly ListedDelivery[];
  /** Empty at the end. */
  readonly nextPageToken: string;
}

/** Which dead letters to replay: by their ids, at most 100, or those of an incident or a channel. */
export interface ReplayOptions extends DeadLetterOptions, ChangeOptions {
  readonly ids?: readonly string[] | undefined;
  /** Changes nothing, and tells what would be made due. */
  readonly dryRun?: boolean | undefined;
}

/** What was made due again, or would be. */
export interface Replayed {
  /** Newest first, at most 100. */
  readonly deliveries: readonly ListedDelivery[];
  /** True if more match than one call takes. */
  readonly more: boolean;
}

/** What went out through which channel, and what did not. */
export interface DeliveryCalls {
  list(options?: DeliveryListOptions): Promise<DeliveryPage>;
  /** Deliveries that were given up. */
  deadLetters(options?: DeadLetterOptions & PageOptions): Promise<DeliveryPage>;
  /** Makes dead letters due again. */
  replay(options: ReplayOptions): Promise<Replayed>;
}

/** The policy in force, as a gateway tells of it. */
export interface PolicyInForce {
  readonly version: string;
  readonly loadedAt: Instant;
  /** The gateway's own file; empty for the built-in policy. */
  readonly file: string;
  /** In YAML, without comments, secrets as references. */
  readonly text: string;
  /** The last attempt to change it, where that was refused and nothing was put in force since. */
  readonly refused: RefusedPolicy | undefined;
}

/** An attempt to change the policy that was refused. */
export interface RefusedPolicy {
  readonly at: Instant;
  /** A code of docs/errors.md. */
  readonly code: string;
  readonly message: string;
  readonly faults: readonly PolicyFault[];
  /** Of the policy that was refused; empty where its file has faults. */
  readonly version: string;
  readonly changes: readonly PolicyChange[];
}

/** Something in a policy that is wrong or doubtful: a place and a rule. */
export interface PolicyFault {
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly rule: string;
  readonly hint: string;
}

/** One thing that a policy does otherwise than another. */
export interface PolicyChange {
  readonly kind: 'lost' | 'doubtful' | 'gained' | 'changed';
  readonly text: string;
}

/** What a gateway says of a policy that it was sent. */
export interface CheckedPolicy {
  readonly faults: readonly PolicyFault[];
  readonly lints: readonly PolicyFault[];
  /** Empty where there is a fault. */
  readonly version: string;
  /** Against the policy in force. */
  readonly changes: readonly PolicyChange[];
}

/** How a gateway is to read its policy again. */
export interface ReloadOptions extends ChangeOptions {
  /** Rejects with `CONFLICT` if the file is another version. */
  readonly expectedVersion?: string | undefined;
  readonly acceptLostCoverage?: boolean | undefined;
  /** Changes nothing. */
  readonly dryRun?: boolean | undefined;
}

/** What a reload put in force, or would. */
export interface ReloadedPolicy {
  readonly version: string;
  readonly previousVersion: string;
  readonly changes: readonly PolicyChange[];
  readonly lints: readonly PolicyFault[];
}

/** One alert of a script, and when the gateway would get it; now, if left out. */
export interface ScriptedAlert {
  readonly draft: AlertDraft;
  readonly at?: Instant | undefined;
}

/** What to simulate. */
export interface SimulationOptions {
  /** 1 to 200. */
  readonly alerts: readonly ScriptedAlert[];
  /** The policy in YAML; the one in force, if left out. */
  readonly text?: string | undefined;
  /** Until when incidents are looked at again after the last alert. */
  readonly until?: Instant | undefined;
}

/** A notice that would go out. */
export interface SimulatedNotice {
  readonly channel: string;
  readonly event: Delivery['event'];
  readonly due: Instant;
}

/** What one alert would do. */
export interface SimulatedAlert {
  /** Why it would not be kept; empty if it would. */
  readonly refused: string;
  readonly incident: ListedIncident | undefined;
  readonly routes: readonly string[];
  readonly receivers: readonly string[];
  readonly notices: readonly SimulatedNotice[];
  readonly suppressed: { readonly by: string; readonly rule: string } | undefined;
  readonly detections: readonly string[];
  /** What playbooks would do about it, or ask for; the mode says how much of it unasked. */
  readonly responses: readonly { readonly playbook: string; readonly responder: string; readonly mode: string }[];
}

/** What a script would do. */
export interface Simulated {
  readonly version: string;
  readonly alerts: readonly SimulatedAlert[];
  readonly later: readonly {
    readonly at: Instant;
    readonly why: string;
    readonly incident: ListedIncident;
    readonly notices: readonly SimulatedNotice[];
  }[];
}

/** What a deployment says of itself. */
export interface PolicyCalls {
  get(): Promise<PolicyInForce>;
  /** Looks at a policy, and what it would do otherwise than the one in force. Changes nothing. */
  check(text: string): Promise<CheckedPolicy>;
  /**
   * Has the gateway read its own file again. Rejects with `POLICY_INVALID` or `COVERAGE_LOST`, of which {@link get} then
   * tells the rest, or with `CONFLICT`.
   */
  reload(options?: ReloadOptions): Promise<ReloadedPolicy>;
  /** What alerts would do if no others were kept. Changes nothing. */
  simulate(options: SimulationOptions): Promise<Simulated>;
}

/** How a channel of the policy in force is doing. */
export interface ChannelStatus {
  readonly channel: string;
  /** Undefined where this client does not know the word. */
  readonly breaker: 'closed' | 'half-open' | 'open' | undefined;
  /** How long ago its last canary was delivered; undefined where it has none. */
  readonly canaryAge: Millis | undefined;
}

/** How a gateway is doing. */
export interface GatewayStatus {
  readonly version: string;
  readonly startedAt: Instant;
  readonly serverTime: Instant;
  /** Reports since then. */
  readonly reports: {
    readonly kept: number;
    readonly duplicate: number;
    readonly refused: number;
    readonly shed: number;
  };
  readonly newestSequence: number;
  readonly oldestSequence: number;
  readonly logBytes: number;
  /** Alerts between arrival and commit. */
  readonly waiting: number;
  readonly loopDelay: Millis;
  readonly subscribers: number;
  /** Alerts that the slowest subscriber is behind. */
  readonly slowest: number;
  /** Undefined in a gateway that plans nothing. */
  readonly planning:
    { readonly lag: number; readonly busy: number; readonly channels: readonly ChannelStatus[] } | undefined;
  readonly policy:
    { readonly version: string; readonly loadedAt: Instant; readonly refused: RefusedPolicy | undefined } | undefined;
}

/** What to explain: a kept alert, or one as this client would report it. */
export type Explained = { readonly alertId: string } | { readonly draft: AlertDraft };

/** What people ask of a gateway that plans. One that keeps alerts only rejects all of it with `NOT_CONFIGURED`. */
export interface DeskCalls {
  readonly incidents: IncidentCalls;
  readonly silences: SilenceCalls;
  readonly deliveries: DeliveryCalls;
  readonly policy: PolicyCalls;
  readonly responses: ResponseCalls;
  readonly killSwitch: KillSwitchCalls;
  readonly decisions: DecisionCalls;
  readonly identity: IdentityCalls;
  readonly audit: AuditCalls;
  /** What became of every (alert, channel) pair, for each channel by name. */
  accounting(): Promise<readonly ListedAccount[]>;
  /** Why people were or were not told of an alert, or would be. Changes nothing. */
  explain(what: Explained): Promise<Explanation>;
  /** How the gateway is doing. One that plans nothing answers too. */
  status(): Promise<GatewayStatus>;
}
