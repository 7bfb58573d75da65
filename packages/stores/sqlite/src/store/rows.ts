import type {
  AlertSeverity,
  AuditEntry,
  Claim,
  Count,
  Cursor,
  Delivery,
  DeliveryState,
  Hidden,
  Decision,
  DetectionWindow,
  Incident,
  Instant,
  Job,
  JobKind,
  KillSwitch,
  KeptDecision,
  NewAuditEntry,
  NewJob,
  Response,
  ResponseState,
  Settled,
  Silence,
  Trip,
  SubjectKey,
  WindowsLetGo,
} from '@therapytrain/alerts-core';
import type { Target } from '@therapytrain/alerts-core/responder';

/**
 * An incident as it goes between threads and into its table, column by column: text, so that only who asks for it takes
 * it apart. A list and no object, whose names would be handed over with each of them. `due` is until when it should have
 * been acknowledged, while it is open.
 */
export type IncidentRow = readonly [
  id: string,
  key: string,
  version: number,
  state: string,
  ended: Instant,
  json: string,
  due: Instant | null,
];

/** A silence likewise. */
export interface SilenceRow {
  readonly id: string;
  readonly until: Instant;
  readonly json: string;
}

/** A new job likewise, but for what every new job has. */
export type NewJobRow = readonly [
  id: string,
  kind: JobKind,
  incident: string,
  target: string,
  event: NewJob['event'],
  severity: AlertSeverity,
  due: Instant,
  slot: string,
  pairs: number,
  policy: string,
  insteadOf: string | null,
  response: string | null,
];

/** A new entry of the audit likewise; `facts` is JSON. */
export type NewEntryRow = readonly [at: Instant, actor: string, action: string, subject: string, facts: string];

/** An entry of the audit as SQLite gives it. */
export interface EntryRow extends Omit<NewAuditEntry, 'facts'> {
  readonly facts: string;
}

/** A response likewise. */
export interface ResponseRow {
  readonly id: string;
  readonly version: number;
  readonly state: ResponseState;
  readonly stands: 0 | 1;
  readonly mode: string;
  readonly playbook: string;
  readonly incident: string;
  readonly source: string;
  readonly origin: string;
  readonly target: string;
  readonly ofUser: 0 | 1;
  readonly created: Instant;
  readonly updated: Instant;
  readonly json: string;
}

/** A decision of a responder likewise. */
export interface DecisionRow {
  readonly place: Cursor;
  readonly json: string;
  readonly ended: Instant | null;
}

/** A decision likewise. */
export interface PackedChanges {
  readonly incidents: readonly IncidentRow[];
  readonly cancel: readonly string[];
  readonly jobs: readonly NewJobRow[];
  readonly silences: readonly SilenceRow[];
  readonly hidden: readonly Hidden[];
  /** One of each channel and state. */
  readonly counts: readonly Count[];
  readonly audit: readonly NewEntryRow[];
  readonly cursor: Cursor | undefined;
  readonly request: string | undefined;
  readonly windows: readonly DetectionWindow[];
  readonly letGo: WindowsLetGo | undefined;
  readonly responses: readonly ResponseRow[];
  readonly trips: readonly Trip[];
  readonly killSwitch: KillSwitch | undefined;
  readonly subjectKeys: readonly SubjectKey[];
  readonly erase: readonly string[];
}

/** What names a claim. */
export interface ClaimName {
  readonly job: string;
  readonly token: string;
}

/** A settlement likewise. */
export interface PackedSettled extends ClaimName {
  readonly next: Settled['next'];
  readonly stoodIn: boolean;
  readonly changes: PackedChanges | undefined;
}

/** A job as SQLite gives it. */
export interface JobRow {
  readonly id: string;
  readonly kind: JobKind;
  readonly incident: string;
  readonly target: string;
  readonly event: NewJob['event'];
  readonly severity: AlertSeverity;
  readonly due: Instant;
  readonly slot: string;
  readonly pairs: number;
  readonly policy: string;
  readonly insteadOf: string | null;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly claims: number;
  readonly claimedUntil: Instant;
  readonly createdAt: Instant;
  readonly progress: string | null;
  readonly doubtful: 0 | 1;
  readonly lastReason: string;
  readonly settledAt: Instant | null;
  readonly proof: string;
  readonly detail: string;
  readonly stoodIn: 0 | 1;
  readonly digest: string | null;
  readonly response: string | null;
  /** JSON. */
  readonly recipients: string | null;
}

/** The columns of a {@link JobRow}. */
export const jobColumns = `id, kind, incident, target, event, severity, due, slot, pairs, policy,
  instead_of AS insteadOf, state, attempts, claims, claimed_until AS claimedUntil, created_at AS createdAt, progress,
  doubtful, last_reason AS lastReason, settled_at AS settledAt, proof, detail, stood_in AS stoodIn, digest,
  response, recipients`;

/** A target as it stands in a column: equal for equal ones. */
export const targetText = ({ kind, value, resource }: Target): string => JSON.stringify([kind, value, resource]);

/** The incident of a row. JSON leaves out what is undefined. */
export const toIncident = (json: string): Incident => ({
  acknowledgedAt: undefined,
  resolvedAt: undefined,
  acknowledgeBy: undefined,
  ...(JSON.parse(json) as Omit<Incident, 'acknowledgedAt' | 'resolvedAt' | 'acknowledgeBy'>),
});

/** The response of a row. JSON leaves out what is undefined. */
export const toResponse = (json: string): Response => ({
  from: undefined,
  until: undefined,
  asked: undefined,
  ...(JSON.parse(json) as Omit<Response, 'from' | 'until' | 'asked'>),
});

/** The silence of a row. */
export const toSilence = (json: string): Silence => JSON.parse(json) as Silence;

/** The entry of a row. */
export const toEntry = (row: EntryRow & { readonly sequence: number }): AuditEntry => ({
  ...row,
  facts: JSON.parse(row.facts) as AuditEntry['facts'],
});

/** The job of a row, for who works on it. */
export const toJob = (row: JobRow): Job => {
  const { insteadOf, claims: _claims, claimedUntil: _until, progress, doubtful, stoodIn, response, ...rest } = row;
  const { state: _state, settledAt: _settledAt, proof: _proof, detail: _detail, ...more } = rest;
  const { digest: _digest, recipients: _recipients, ...job } = more;
  return {
    ...job,
    ...(insteadOf !== null && { insteadOf }),
    ...(response !== null && { response }),
    ...(stoodIn === 1 && { stoodIn: true as const }),
    progress: progress ?? undefined,
    doubtful: doubtful === 1,
  };
};

/** The delivery of a row, for people. */
export const toDelivery = (row: JobRow): Delivery => {
  const { state, settledAt, proof, detail, digest, recipients } = row;
  return {
    ...toJob(row),
    state,
    settledAt: settledAt ?? undefined,
    proof,
    detail,
    ...(digest !== null && { digest }),
    ...(recipients !== null && { recipients: JSON.parse(recipients) as NonNullable<Delivery['recipients']> }),
  };
};

/** The claim of a row that was just claimed. */
export const toClaim = (row: JobRow): Claim => ({
  job: toJob(row),
  token: String(row.claims),
  until: row.claimedUntil,
});

/** The decision of a row. */
const toDecision = (json: string): Decision => JSON.parse(json) as Decision;

/** The decisions of a list of rows. */
export const toDecisions = (json: string): readonly Decision[] => JSON.parse(json) as readonly Decision[];

/** A decision as it is kept. */
export const toKeptDecision = ({ place, json, ended }: DecisionRow): KeptDecision => ({
  decision: toDecision(json),
  place,
  endedAt: ended ?? undefined,
});
