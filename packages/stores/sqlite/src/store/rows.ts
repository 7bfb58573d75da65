import type {
  AlertSeverity,
  AuditEntry,
  Changes,
  Claim,
  Count,
  Cursor,
  Delivery,
  DeliveryState,
  Hidden,
  DetectionWindow,
  Incident,
  Instant,
  Job,
  JobKind,
  NewAuditEntry,
  NewJob,
  Settled,
  Silence,
  SubjectKey,
  WindowsLetGo,
} from '@therapytrain/alerts-core';
import { never } from './schema.ts';

/** An incident as it goes between threads and into its table: text, so that only who asks for it takes it apart. */
export interface IncidentRow {
  readonly id: string;
  readonly key: string;
  readonly version: number;
  readonly state: string;
  readonly ended: Instant;
  /** Until when it should have been acknowledged, while it is open. */
  readonly due: Instant | null;
  readonly json: string;
}

/** A silence likewise. */
export interface SilenceRow {
  readonly id: string;
  readonly until: Instant;
  readonly json: string;
}

/** An entry of the audit likewise. */
export interface EntryRow extends Omit<NewAuditEntry, 'facts'> {
  readonly facts: string;
}

/** A decision likewise. */
export interface PackedChanges {
  readonly incidents: readonly IncidentRow[];
  readonly cancel: readonly string[];
  readonly jobs: readonly NewJob[];
  readonly silences: readonly SilenceRow[];
  readonly hidden: readonly Hidden[];
  readonly counts: readonly Count[];
  readonly audit: readonly EntryRow[];
  readonly cursor: Cursor | undefined;
  readonly request: string | undefined;
  readonly windows: readonly DetectionWindow[];
  readonly letGo: WindowsLetGo | undefined;
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
}

/** The columns of a {@link JobRow}. */
export const jobColumns = `id, kind, incident, target, event, severity, due, slot, pairs, policy,
  instead_of AS insteadOf, state, attempts, claims, claimed_until AS claimedUntil, created_at AS createdAt, progress,
  doubtful, last_reason AS lastReason, settled_at AS settledAt, proof, detail, stood_in AS stoodIn, digest`;

const packIncident = (incident: Incident): IncidentRow => {
  const { id, key, version, state, resolvedAt, updatedAt, acknowledgeBy = null } = incident;
  const ended = state === 'RESOLVED' ? (resolvedAt ?? updatedAt) : never;
  return {
    id,
    key,
    version,
    state,
    ended,
    due: state === 'OPEN' ? acknowledgeBy : null,
    json: JSON.stringify(incident),
  };
};

const packSilence = (silence: Silence): SilenceRow => ({
  id: silence.id,
  until: silence.until,
  json: JSON.stringify(silence),
});

/** Makes a decision ready for the store's thread. */
export const packChanges = (changes: Changes): PackedChanges => ({
  incidents: (changes.incidents ?? []).map(packIncident),
  cancel: changes.cancel ?? [],
  jobs: changes.jobs ?? [],
  silences: (changes.silences ?? []).map(packSilence),
  hidden: changes.hidden ?? [],
  counts: changes.counts ?? [],
  audit: (changes.audit ?? []).map((entry) => ({ ...entry, facts: JSON.stringify(entry.facts) })),
  cursor: changes.cursor,
  request: changes.request,
  windows: changes.windows ?? [],
  letGo: changes.letGo,
  subjectKeys: changes.subjectKeys ?? [],
  erase: changes.erase ?? [],
});

/** What names a claim, without its job. */
export const nameOf = ({ job, token }: Claim): ClaimName => ({ job: job.id, token });

/** Makes a settlement ready for the store's thread. */
export const packSettled = ({ claim, next, stoodIn, changes }: Settled): PackedSettled => ({
  ...nameOf(claim),
  next,
  stoodIn: stoodIn === true,
  changes: changes && packChanges(changes),
});

/** The incident of a row. JSON leaves out what is undefined. */
export const toIncident = (json: string): Incident => ({
  acknowledgedAt: undefined,
  resolvedAt: undefined,
  acknowledgeBy: undefined,
  ...(JSON.parse(json) as Omit<Incident, 'acknowledgedAt' | 'resolvedAt' | 'acknowledgeBy'>),
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
  const { insteadOf, claims: _claims, claimedUntil: _until, progress, doubtful, stoodIn, ...rest } = row;
  const { state: _state, settledAt: _settledAt, proof: _proof, detail: _detail, digest: _digest, ...job } = rest;
  return {
    ...job,
    ...(insteadOf !== null && { insteadOf }),
    ...(stoodIn === 1 && { stoodIn: true as const }),
    progress: progress ?? undefined,
    doubtful: doubtful === 1,
  };
};

/** The delivery of a row, for people. */
export const toDelivery = (row: JobRow): Delivery => {
  const { state, settledAt, proof, detail, digest } = row;
  return {
    ...toJob(row),
    state,
    settledAt: settledAt ?? undefined,
    proof,
    detail,
    ...(digest !== null && { digest }),
  };
};

/** The claim of a row that was just claimed. */
export const toClaim = (row: JobRow): Claim => ({
  job: toJob(row),
  token: String(row.claims),
  until: row.claimedUntil,
});
