import type {
  Account,
  AuditEntry,
  AuditQuery,
  Cursor,
  Delivery,
  DeliveryQuery,
  HiddenTotal,
  DetectionWindow,
  Incident,
  IncidentBatch,
  IncidentQuery,
  Instant,
  Job,
  Silence,
  SubjectKey,
  WindowCount,
  WindowKey,
} from '@therapytrain/alerts-core';
import { type JobRow, type Rows, windowPlace } from './rows.ts';

/** Answers from rows. */
export interface Questions {
  incidentsOf(keys: readonly string[], resolvedSince: Instant): readonly Incident[];
  incidents(query: IncidentQuery): readonly Incident[];
  changedIncidents(after: Cursor, limit: number): IncidentBatch;
  newestChange(): Cursor;
  silences(now: Instant): readonly Silence[];
  deliveries(query: DeliveryQuery): readonly Delivery[];
  hidden(silences: readonly string[]): readonly HiddenTotal[];
  hiddenIncidents(silence: string, after: string, limit: number): readonly string[];
  nextDue(): Instant | undefined;
  accounting(): readonly Account[];
  windows(keys: readonly WindowKey[]): readonly DetectionWindow[];
  windowCounts(): readonly WindowCount[];
  findAudit(query: AuditQuery): readonly AuditEntry[];
  subjectKeys(ids: readonly string[]): readonly SubjectKey[];
}

/** A row as people see it. */
export const deliveryOf = ({ claims: _claims, claimedUntil: _until, ...delivery }: JobRow): Delivery => delivery;

/** A row as who works on it sees it. */
export const jobOf = (row: JobRow): Job => {
  const {
    state: _state,
    settledAt: _settledAt,
    proof: _proof,
    detail: _detail,
    digest: _digest,
    recipients: _recipients,
    ...job
  } = deliveryOf(row);
  return job;
};

const isPending = ({ state }: JobRow): boolean => state === 'waiting' || state === 'claimed';

const newestFirst = (one: { readonly id: string }, other: { readonly id: string }): number =>
  one.id < other.id ? 1 : -1;

const isAsked = <S>(states: readonly S[] | undefined, state: S): boolean => states?.includes(state) ?? true;

const isOverdue = ({ state, acknowledgeBy }: Incident, at: Instant): boolean =>
  state === 'OPEN' && acknowledgeBy !== undefined && acknowledgeBy <= at;
/** The place of the newest change of all. */
export const newestPlace = ({ places }: Rows): Cursor => places.all().reduce((one, other) => Math.max(one, other), 0);

const changedAfter = (rows: Rows, after: Cursor, limit: number): IncidentBatch => {
  const found = rows.incidents
    .all()
    .map((incident) => ({ incident, place: rows.places.get(incident.id) ?? 0 }))
    .filter(({ place }) => place > after)
    .sort((one, other) => one.place - other.place)
    .slice(0, limit);
  return { incidents: found.map(({ incident }) => incident), cursor: found.at(-1)?.place ?? after };
};

const createHiddenQuestions = (rows: Rows): Pick<Questions, 'hidden' | 'hiddenIncidents'> => ({
  hidden: (silences) =>
    [...new Set(silences)].sort().flatMap((silence) => {
      const held = rows.hidden.all().filter((each) => each.silence === silence);
      const [first] = held;
      if (!first) return [];
      return {
        silence,
        alerts: held.reduce((sum, { alerts }) => sum + alerts, 0),
        incidents: held.length,
        severity: held.reduce((most, { severity }) => (severity > most ? severity : most), first.severity),
        channels: [...new Set(held.flatMap(({ channels }) => channels))].sort(),
      };
    }),
  hiddenIncidents: (silence, after, limit) =>
    rows.hidden
      .all()
      .filter((each) => each.silence === silence && each.incident > after)
      .map(({ incident }) => incident)
      .sort()
      .slice(0, limit),
});

/** Makes what answers. */
export const createQuestions = (rows: Rows): Questions => ({
  incidentsOf: (keys, resolvedSince) =>
    [...new Set(keys)].flatMap((key) => {
      const stands = (each: Incident): boolean =>
        each.key === key && (each.state !== 'RESOLVED' || (each.resolvedAt ?? each.updatedAt) >= resolvedSince);
      return rows.incidents.all().filter(stands).sort(newestFirst).slice(0, 1);
    }),
  incidents: ({ states, overdueAt, before, limit }) =>
    rows.incidents
      .all()
      .filter(({ id, state }) => isAsked(states, state) && (before === undefined || id < before))
      .filter((each) => overdueAt === undefined || isOverdue(each, overdueAt))
      .sort(newestFirst)
      .slice(0, limit),
  changedIncidents: (after, limit) => changedAfter(rows, after, limit),
  newestChange: () => newestPlace(rows),
  silences: (now) =>
    rows.silences
      .all()
      .filter(({ until }) => until > now)
      .sort((one, other) => newestFirst(other, one)),
  deliveries: ({ ids, incident, channel, states, digest, before, limit }) =>
    rows.jobs
      .all()
      .filter(
        (each) =>
          each.kind === 'delivery' &&
          (ids === undefined || ids.includes(each.id)) &&
          (incident === undefined || each.incident === incident) &&
          (channel === undefined || each.target === channel) &&
          (digest === undefined || each.digest === digest) &&
          isAsked(states, each.state) &&
          (before === undefined || each.id < before),
      )
      .sort(newestFirst)
      .slice(0, limit)
      .map(deliveryOf),
  ...createHiddenQuestions(rows),
  nextDue: () => {
    const times = rows.jobs
      .all()
      .filter(isPending)
      .map(({ state, due, claimedUntil }) => (state === 'waiting' ? due : claimedUntil));
    return times.length === 0 ? undefined : times.reduce((one, other) => Math.min(one, other));
  },
  accounting: () => {
    const pending = rows.jobs.all().filter((each) => each.kind === 'delivery' && isPending(each));
    const channels = new Set([...rows.counts.keys(), ...pending.map(({ target }) => target)]);
    return [...channels].sort().map((channel) => ({
      channel,
      ...(rows.counts.get(channel) ?? { accepted: 0, delivered: 0, suppressed: 0, digested: 0, dead: 0 }),
      pending: pending.reduce((sum, { target, pairs }) => sum + (target === channel ? pairs : 0), 0),
    }));
  },
  findAudit: ({ action, from, limit }) =>
    rows
      .audit()
      .filter((each) => each.action === action && each.subject >= from)
      .sort((one, other) => (one.subject < other.subject ? -1 : one.subject > other.subject ? 1 : 0))
      .slice(0, limit),
  subjectKeys: (ids) => [...new Set(ids)].flatMap((id) => rows.subjects.get(id) ?? []),
  windows: (keys) => keys.flatMap((key) => rows.windows.get(windowPlace(key)) ?? []),
  windowCounts: () => {
    const names = rows.windows.all().map(({ detection }) => detection);
    return [...new Set(names)].sort().map((detection) => ({
      detection,
      windows: names.filter((each) => each === detection).length,
    }));
  },
});
