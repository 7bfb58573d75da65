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

/** What to explain: a kept alert, or one as this client would report it. */
export type Explained = { readonly alertId: string } | { readonly draft: AlertDraft };

/** What people ask of a gateway that plans. One that keeps alerts only rejects all of it with `NOT_CONFIGURED`. */
export interface DeskCalls {
  readonly incidents: IncidentCalls;
  readonly silences: SilenceCalls;
  readonly deliveries: DeliveryCalls;
  /** What became of every (alert, channel) pair, for each channel by name. */
  accounting(): Promise<readonly ListedAccount[]>;
  /** Why people were or were not told of an alert, or would be. Changes nothing. */
  explain(what: Explained): Promise<Explanation>;
}
