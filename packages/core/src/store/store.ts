import type { Cursor } from '../log.ts';
import type { Instant, Millis } from '../ports.ts';
import type { Decision } from '../responder/decision.ts';
import type { DecisionBatch, DecisionCount, DecisionQuery, Enforcer, KeptDecision } from './decision.ts';
import type { Hidden, HiddenTotal, Incident, Silence } from './incident.ts';
import type { Claim, Delivery, DeliveryState, NewJob, Settlement } from './job.ts';
import type { KillSwitch, Response, ResponseFacts, ResponseFactsQuery, ResponseQuery, Trip } from './response.ts';
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

/**
 * The actions whose entries are found by their subject: a batch of alerts by the last of its places, a delivery by its
 * id, and the keys that the log was signed with. A list, because an index costs each entry that is written.
 */
export const auditSought = ['alerts.kept', 'delivery.done', 'audit.key_changed'] as const;

/** One of {@link auditSought}. */
export type AuditSought = (typeof auditSought)[number];

/** Which entries to find. */
export interface AuditQuery {
  readonly action: AuditSought;
  /** Only those with this subject or one that comes after it, as text. */
  readonly from: string;
  readonly limit: number;
}

/** The key of the commitments that stand for values of one person. */
export interface SubjectKey {
  /** A pseudonym: no name, and no hash that could be guessed. */
  readonly id: string;
  /** 32 random bytes. */
  readonly key: Uint8Array;
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
  /** As they are to be; versions as those of `incidents`. */
  readonly responses?: readonly Response[];
  /** Each takes the place of the one of its scope. */
  readonly trips?: readonly Trip[];
  readonly killSwitch?: KillSwitch;
  /** Each is kept only where there is none of its id yet. */
  readonly subjectKeys?: readonly SubjectKey[];
  /** Keys of these ids are gone for ever once it is durable, after `subjectKeys` are kept. */
  readonly erase?: readonly string[];
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
  /** Applied only if the claim still holds. The versions of incidents and responses are checked as in {@link Changes}. */
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
  /** Rejects with `CONFLICT` if an incident or a response is no longer at the version that was read; then nothing has changed. */
  commit(changes: Changes): Promise<void>;
  /**
   * Claims jobs that are due at `now`, until `until`: the most severe first, then the one that is due first. A job whose
   * claim has run out is due again. Of one channel at most `perTarget` are claimed at a time, none of `except`, and of
   * `unaided` only those that no other leg was asked to tell (`stoodIn`), and of these also what waits to be tried again,
   * whenever that is due. Of the responses of one responder at most the default of `perTarget` are claimed at a time; a
   * channel of the same name has nothing to do with it.
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
   * The wall clock went back. What waits and was planned or settled more than `tolerance` after `now` is due as long after
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
   * and whose digest, if one tells them, has ended too, incidents that were resolved and of which no job is left, silences with what they hid, ids of requests,
   * responses that do not stand and were changed last before it and of which no job is left, trips, decisions that are
   * over, enforcers that have said nothing since. The accounting and the audit stay. Gives how many rows went; 0 when
   * there is nothing left to let go.
   */
  prune(by: { readonly before: Instant; readonly limit: number }): Promise<number>;
  /** Every channel that was ever counted, by name. */
  accounting(): Promise<readonly Account[]>;
  audit(after: number, limit: number): Promise<readonly AuditEntry[]>;
  /** Entries of an action, by subject and then by sequence. */
  findAudit(query: AuditQuery): Promise<readonly AuditEntry[]>;
  /** The keys of these ids that are kept, in any order. */
  subjectKeys(ids: readonly string[]): Promise<readonly SubjectKey[]>;
  /** Those of these detections and groups that are kept, in any order. One call for a whole batch. */
  windows(keys: readonly WindowKey[]): Promise<readonly DetectionWindow[]>;
  /** How many windows are kept, of each detection that has some; by name. Its cost does not grow with their number. */
  windowCounts(): Promise<readonly WindowCount[]>;
  response(id: string): Promise<Response | undefined>;
  responses(query: ResponseQuery): Promise<readonly Response[]>;
  /** What guardrails go by. One call for a whole batch. */
  responseFacts(query: ResponseFactsQuery): Promise<ResponseFacts>;
  /** Off, by nobody, at 0, before anybody turned it. */
  killSwitch(): Promise<KillSwitch>;
  /**
   * Keeps the decision, in the place of the one of its id: asked twice, it is there once, and that is one change. False
   * where a higher `fence` was seen for its id; then nothing has changed. A fence is known until the decision is let go.
   */
  putDecision(decision: Decision, fence: number): Promise<boolean>;
  /** Ends it at a time. Already ended, or never there, is true and no change. False as for `putDecision`. */
  endDecision(id: string, fence: number, at: Instant): Promise<boolean>;
  decision(id: string): Promise<KeptDecision | undefined>;
  decisions(query: DecisionQuery): Promise<readonly Decision[]>;
  /** How many are in force at a time, of each kind that has some; in the order of the kinds' names. */
  decisionCounts(at: Instant): Promise<readonly DecisionCount[]>;
  /**
   * Decisions whose newest change lies after this place in the order of all changes of decisions, ended ones too. Reading
   * on from the cursor of each batch passes over no change; of several changes of one only the newest is told. That the
   * time of one has come is no change.
   */
  changedDecisions(after: Cursor, limit: number): Promise<DecisionBatch>;
  /** The place of the newest change of all decisions; 0 in a store that never kept one. It never goes back. */
  newestDecisionChange(): Promise<Cursor>;
  /** Notes what an enforcer says, in the place of what it said before. */
  noteEnforcer(enforcer: Enforcer): Promise<void>;
  /** All that are known, by name. */
  enforcers(): Promise<readonly Enforcer[]>;
  close(): Promise<void>;
}
