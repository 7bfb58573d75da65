import type { Cursor } from '../log.ts';
import type { Instant, Millis } from '../ports.ts';
import type { Hidden, HiddenTotal, Incident, Silence } from './incident.ts';
import type { Claim, Delivery, DeliveryState, NewJob, Settlement } from './job.ts';
import type { DetectionWindow, WindowCount, WindowKey, WindowsLetGo } from './window.ts';

/**
 * What became of pairs of an alert and a channel that it should reach. `accepted` is what was planned for the channel;
 * it equals the sum of all others and of the pairs of jobs that wait or are claimed.
 */
export type PairState = 'accepted' | 'delivered' | 'suppressed' | 'digested' | 'dead';

/** A change of the accounting. Channel names are those of the policy; `(no route)` for alerts that no route takes. */
export interface Count {
  readonly channel: string;
  readonly state: PairState;
  /** Whole and not negative. */
  readonly pairs: number;
}

/** The accounting of one channel. */
export interface Account {
  readonly channel: string;
  readonly accepted: number;
  readonly delivered: number;
  readonly suppressed: number;
  readonly digested: number;
  readonly dead: number;
  /** Pairs of jobs that wait or are claimed. */
  readonly pending: number;
}

/** What was decided or done, and why. Never holds a value of an alert's metadata or its message. */
export interface NewAuditEntry {
  readonly at: Instant;
  /** Who: a principal, or `gateway`. */
  readonly actor: string;
  /** A verb of a closed list of the manager: `incident.opened`, `delivery.suppressed` … */
  readonly action: string;
  /** What it is about: the id of an incident, a job, a silence. */
  readonly subject: string;
  /** Bounded facts: names, ids, numbers. */
  readonly facts: Readonly<Record<string, string | number>>;
}

/** An entry as it is kept. */
export interface AuditEntry extends NewAuditEntry {
  /** Its place, from 1, without a gap. */
  readonly sequence: number;
}

/** Everything of one decision. All of it becomes durable, or none. */
export interface Changes {
  /** As they are to be; each `version` is one above the one that was read, 1 for a new one. */
  readonly incidents?: readonly Incident[];
  readonly jobs?: readonly NewJob[];
  /** Jobs of these slots that wait are cancelled, before `jobs` are scheduled; their pairs count as suppressed. */
  readonly cancel?: readonly string[];
  readonly silences?: readonly Silence[];
  readonly hidden?: readonly Hidden[];
  readonly counts?: readonly Count[];
  readonly audit?: readonly NewAuditEntry[];
  /** How far the log is planned. Must not be behind what it is. */
  readonly cursor?: Cursor;
  /** An id of the caller's request: the same one a second time changes nothing, until `prune` forgets it. */
  readonly request?: string;
  /** As they are to be; each takes the place of the one of its detection and group. */
  readonly windows?: readonly DetectionWindow[];
  /** Let go after `windows` are saved. */
  readonly letGo?: WindowsLetGo;
}

/** How many deliveries of a channel may be claimed at a time: by the channel's name, and of every other one. */
export interface PerTarget {
  readonly default: number;
  readonly of: Readonly<Record<string, number>>;
}

/** One settlement of a claim, with what goes with it. */
export interface Settled {
  readonly claim: Claim;
  readonly next: Settlement;
  /** Set where other legs were asked to tell it now; it stays so, also when it is replayed. */
  readonly stoodIn?: true;
  /** Applied only if the claim still holds. Their incidents' versions are checked as in {@link Changes}. */
  readonly changes?: Omit<Changes, 'cursor'>;
}

/** What to list, newest first. */
export interface DeliveryQuery {
  /** Only these, at most 100. */
  readonly ids?: readonly string[];
  readonly incident?: string;
  readonly channel?: string;
  readonly states?: readonly DeliveryState[];
  /** Only those that this digest tells. */
  readonly digest?: string;
  /** Below this id, for the next page. */
  readonly before?: string;
  readonly limit: number;
}

/** What to list, newest first. */
export interface IncidentQuery {
  readonly states?: readonly Incident['state'][];
  /** Only those that are open and should have been acknowledged by this time. */
  readonly overdueAt?: Instant;
  /** Below this id, for the next page. */
  readonly before?: string;
  readonly limit: number;
}

/** Incidents in the order of their newest changes. */
export interface IncidentBatch {
  /** Each once, as it is now, the one that was changed longest ago first. */
  readonly incidents: readonly Incident[];
  /** The place of the last of them; where there is none, the place that was asked for. */
  readonly cursor: Cursor;
}

/**
 * What follows from alerts. One process has it open. Whoever had it open before is gone: what opens it takes back the
 * claims that were left, so that their jobs wait again, for the time they were due, and are doubtful. Every write is one commit: durable when it resolves, nothing of it
 * when it rejects; `claim` and `renew` outlive the process, and need not outlive the power. Rejects with `STORE_UNAVAILABLE`, `DISK_FULL` or `CLOSED` where nothing can be written.
 */
export interface Store {
  /** How far the log is planned, as of the last commit. 0 at first. */
  cursor(): Promise<Cursor>;
  /** The incidents of these keys that are not resolved, or were resolved at this time or later; the newest of a key. */
  incidentsOf(keys: readonly string[], resolvedSince: Instant): Promise<readonly Incident[]>;
  incident(id: string): Promise<Incident | undefined>;
  incidents(query: IncidentQuery): Promise<readonly Incident[]>;
  /**
   * Incidents whose newest change lies after this place in the order of all changes. Reading on from the cursor of each
   * batch passes over no change; of several changes of one incident only the newest is told.
   */
  changedIncidents(after: Cursor, limit: number): Promise<IncidentBatch>;
  /** The place of the newest change of all; 0 in a store that never kept an incident. It never goes back. */
  newestChange(): Promise<Cursor>;
  /** Silences that begin before and end after this time, and those that do later; by id. */
  silences(now: Instant): Promise<readonly Silence[]>;
  /** What these silences have held back so far, by id; those that held back nothing are left out. */
  hidden(silences: readonly string[]): Promise<readonly HiddenTotal[]>;
  /** Ids of the incidents of which a silence held something back, ascending, above `after`, at most `limit`. */
  hiddenIncidents(silence: string, after: string, limit: number): Promise<readonly string[]>;
  /** True if a commit bore this request. */
  applied(request: string): Promise<boolean>;
  /** Rejects with `CONFLICT` if an incident is no longer at the version that was read; then nothing has changed. */
  commit(changes: Changes): Promise<void>;
  /**
   * Claims jobs that are due at `now`, until `until`: the most severe first, then the one that is due first. A job whose
   * claim has run out is due again. Of one channel at most `perTarget` are claimed at a time, none of `except`, and of
   * `unaided` only those that no other leg was asked to tell (`stoodIn`), and of these also what waits to be tried again,
   * whenever that is due.
   */
  claim(by: {
    readonly now: Instant;
    readonly until: Instant;
    readonly limit: number;
    readonly perTarget: PerTarget;
    readonly except: readonly string[];
    readonly unaided: readonly string[];
  }): Promise<readonly Claim[]>;
  /** Makes the claims last longer. False for those that were lost. */
  renew(claims: readonly Claim[], until: Instant): Promise<readonly boolean[]>;
  /**
   * Settles, each by itself. What is done counts as delivered, and a digest that is done as digested. False where the
   * claim had run out and another took the job: then nothing of it is written.
   */
  settle(settled: readonly Settled[]): Promise<readonly boolean[]>;
  /**
   * The wall clock went back. What waits and was planned or claimed more than `tolerance` after `now` is due as long after
   * `now` as it was due after that, and counts as planned now; a delivery that was never tried and is due more than
   * `longest` after `now` is due now. All else stays as it is. Gives how many jobs are due at another time.
   */
  rebase(by: { readonly now: Instant; readonly tolerance: Millis; readonly longest: Millis }): Promise<number>;
  /** When the next job is due, by the times of those that wait and the ends of claims; undefined if there is none. */
  nextDue(): Promise<Instant | undefined>;
  /** The `ref` that the first delivery of the incident through the channel gave. */
  ref(incident: string, channel: string): Promise<string | undefined>;
  deliveries(query: DeliveryQuery): Promise<readonly Delivery[]>;
  /** Makes dead deliveries wait again, from `due`, with no attempts counted. Gives those that were dead; others stay. */
  replay(ids: readonly string[], due: Instant): Promise<readonly Delivery[]>;
  /**
   * Lets go of what was over before a time, the oldest first, at most `limit` rows of each sort: jobs that ended
   * and whose digest, if one tells them, has ended too, incidents that were resolved and of which no job is left, silences with what they hid, ids of requests. The
   * accounting and the audit stay. Gives how many rows went; 0 when there is nothing left to let go.
   */
  prune(by: { readonly before: Instant; readonly limit: number }): Promise<number>;
  /** Every channel that was ever counted, by name. */
  accounting(): Promise<readonly Account[]>;
  audit(after: number, limit: number): Promise<readonly AuditEntry[]>;
  /** Those of these detections and groups that are kept, in any order. One call for a whole batch. */
  windows(keys: readonly WindowKey[]): Promise<readonly DetectionWindow[]>;
  /** How many windows are kept, of each detection that has some; by name. Its cost does not grow with their number. */
  windowCounts(): Promise<readonly WindowCount[]>;
  close(): Promise<void>;
}
