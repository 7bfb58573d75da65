import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type {
  Account,
  AuditQuery,
  Cursor,
  DeliveryQuery,
  HiddenTotal,
  IncidentQuery,
  Instant,
  PairState,
  SubjectKey,
} from '@therapytrain/alerts-core';
import { auditSought, deliveryStates, incidentStates } from '@therapytrain/alerts-core/store';
import { createDecisionQuestions, type DecisionQuestions } from './decisions.ts';
import { type EntryRow, jobColumns, type JobRow } from './rows.ts';
import { inStates } from './in-states.ts';
import { createResponseQuestions, type ResponseQuestions } from './responses.ts';
import { never } from './schema.ts';
import { createSubjectKeys } from './subjects.ts';
import { createWindowQuestions, type WindowQuestions } from './windows.ts';

/** An incident as JSON, at the place of its newest change. */
export interface ChangedRow {
  readonly place: Cursor;
  readonly json: string;
}

/** Answers from the database. Incidents and silences are told as JSON. */
export interface Questions extends WindowQuestions, ResponseQuestions, DecisionQuestions {
  cursor(): Cursor;
  incidentsOf(keys: readonly string[], resolvedSince: Instant): readonly string[];
  incident(id: string): string | undefined;
  incidents(query: IncidentQuery): readonly string[];
  changedIncidents(after: Cursor, limit: number): readonly ChangedRow[];
  newestChange(): Cursor;
  silences(now: Instant): readonly string[];
  nextDue(): Instant | undefined;
  hidden(silences: readonly string[]): readonly HiddenTotal[];
  hiddenIncidents(silence: string, after: string, limit: number): readonly string[];
  applied(request: string): boolean;
  ref(incident: string, channel: string): string | undefined;
  deliveries(query: DeliveryQuery): readonly JobRow[];
  accounting(): readonly Account[];
  audit(after: number, limit: number): readonly (EntryRow & { readonly sequence: number })[];
  findAudit(query: AuditQuery): readonly (EntryRow & { readonly sequence: number })[];
  subjectKeys(ids: readonly string[]): readonly SubjectKey[];
}

interface Json {
  readonly json: string;
}

const jsonOf = ({ json }: Json): string => json;

/** Prepares each statement once. The conditions come from the code, so there are not many. */
const createPrepared = (db: DatabaseSync) => {
  const prepared = new Map<string, StatementSync>();
  return (sql: string): StatementSync => {
    const statement = prepared.get(sql) ?? db.prepare(sql);
    prepared.set(sql, statement);
    return statement;
  };
};

const createLists = (prepared: (sql: string) => StatementSync): Pick<Questions, 'incidents' | 'deliveries'> => {
  const given = <T extends string | number>(value: T | undefined): T[] => (value === undefined ? [] : [value]);
  return {
    incidents: ({ states, overdueAt, before, limit }) => {
      const conditions = [
        ...inStates(incidentStates, states),
        ...(states && !states.includes('RESOLVED') ? [`ended = ${never}`] : []),
        ...(overdueAt === undefined ? [] : ['due <= ?']),
        ...(before === undefined ? [] : ['id < ?']),
      ];
      const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
      const select = prepared(`SELECT json FROM incidents ${where} ORDER BY id DESC LIMIT ?`);
      return (select.all(...given(overdueAt), ...given(before), limit) as unknown as Json[]).map(jsonOf);
    },
    deliveries: ({ ids, incident, channel, states, digest, before, limit }) => {
      const conditions = [
        "kind = 'delivery'",
        ...(ids === undefined ? [] : [`id IN (${ids.map(() => '?').join(', ')})`]),
        ...inStates(deliveryStates, states),
        ...(incident === undefined ? [] : ['incident = ?']),
        ...(channel === undefined ? [] : ['target = ?']),
        ...(digest === undefined ? [] : ['digest = ?']),
        ...(before === undefined ? [] : ['id < ?']),
      ];
      const where = conditions.join(' AND ');
      const select = prepared(`SELECT ${jobColumns} FROM jobs WHERE ${where} ORDER BY id DESC LIMIT ?`);
      const bounds = [...(ids ?? []), ...given(incident), ...given(channel), ...given(digest), ...given(before)];
      return select.all(...bounds, limit) as unknown as JobRow[];
    },
  };
};

const noPairs = { accepted: 0, delivered: 0, suppressed: 0, digested: 0, dead: 0, pending: 0 };

const createAccounting = (db: DatabaseSync): Questions['accounting'] => {
  const all = db.prepare(`
    SELECT channel, state, pairs FROM counts
    UNION ALL
    SELECT target, 'pending', sum(pairs) FROM jobs WHERE state = 'waiting' AND kind = 'delivery' GROUP BY target
    UNION ALL
    SELECT target, 'pending', sum(pairs) FROM jobs WHERE state = 'claimed' AND kind = 'delivery' GROUP BY target
    ORDER BY channel
  `);
  return () => {
    const accounts = new Map<string, Account>();
    for (const row of all.all()) {
      const { channel, state, pairs } = row as unknown as {
        readonly channel: string;
        readonly state: PairState | 'pending';
        readonly pairs: number;
      };
      const account = accounts.get(channel) ?? { channel, ...noPairs };
      accounts.set(channel, { ...account, [state]: account[state] + pairs });
    }
    return [...accounts.values()];
  };
};

const createHidden = (db: DatabaseSync): Pick<Questions, 'hidden' | 'hiddenIncidents'> => {
  const total = db.prepare(`
    SELECT silence, sum(alerts) AS alerts, count(*) AS incidents, max(severity) AS severity
    FROM hidden WHERE silence = ? GROUP BY silence
  `);
  const channels = db.prepare('SELECT channel FROM hidden_channels WHERE silence = ? ORDER BY channel');
  const incidents = db.prepare(
    'SELECT incident FROM hidden WHERE silence = ? AND incident > ? ORDER BY incident LIMIT ?',
  );
  const hiddenBy = (silence: string): readonly HiddenTotal[] => {
    const row = total.get(silence) as unknown as Omit<HiddenTotal, 'channels'> | undefined;
    const names = channels.all(silence) as unknown as { readonly channel: string }[];
    return row ? [{ ...row, channels: names.map(({ channel }) => channel) }] : [];
  };
  return {
    hidden: (silences) => [...silences].sort().flatMap(hiddenBy),
    hiddenIncidents: (silence, after, limit) =>
      (incidents.all(silence, after, limit) as unknown as { readonly incident: string }[]).map(
        ({ incident }) => incident,
      ),
  };
};

const createFeed = (db: DatabaseSync): Pick<Questions, 'changedIncidents' | 'newestChange'> => {
  const after = db.prepare(`
    SELECT place, json FROM changed JOIN incidents ON id = incident WHERE place > ? ORDER BY place LIMIT ?
  `);
  const newest = db.prepare("SELECT seq AS place FROM sqlite_sequence WHERE name = 'changed'");
  return {
    changedIncidents: (place, limit) => after.all(place, limit) as unknown as ChangedRow[],
    newestChange: () => (newest.get() as { readonly place: Cursor } | undefined)?.place ?? 0,
  };
};

// The action stands in the SQL, so that SQLite sees which index will do; of a closed list only.
const createFindAudit = (db: DatabaseSync): Questions['findAudit'] => {
  const finds = new Map(
    auditSought.map((action) => {
      const sql = `SELECT * FROM audit WHERE action = '${action}' AND subject >= ? ORDER BY subject, sequence LIMIT ?`;
      return [action, db.prepare(sql)] as const;
    }),
  );
  return ({ action, from, limit }) =>
    (finds.get(action)?.all(from, limit) ?? []) as unknown as ReturnType<Questions['audit']>;
};

/** Makes what answers. */
export const createQuestions = (db: DatabaseSync): Questions => {
  const prepared = createPrepared(db);
  const cursor = db.prepare("SELECT value FROM meta WHERE name = 'cursor'");
  const ofKey = db.prepare('SELECT json FROM incidents WHERE key = ? AND ended >= ? ORDER BY id DESC LIMIT 1');
  const one = db.prepare('SELECT json FROM incidents WHERE id = ?');
  const silences = db.prepare('SELECT json FROM silences WHERE until > ? ORDER BY id');
  const applied = db.prepare('SELECT 1 FROM requests WHERE id = ?');
  const ref = db.prepare('SELECT ref FROM refs WHERE incident = ? AND channel = ?');
  const audit = db.prepare('SELECT * FROM audit WHERE sequence > ? ORDER BY sequence LIMIT ?');
  const nextDue = db.prepare(`
    SELECT min(due) AS due FROM (
      SELECT min(due) AS due FROM jobs WHERE state = 'waiting'
      UNION ALL
      SELECT min(claimed_until) FROM jobs WHERE state = 'claimed'
    )
  `);
  return {
    ...createLists(prepared),
    ...createHidden(db),
    ...createWindowQuestions(db),
    ...createResponseQuestions(db, prepared),
    ...createFeed(db),
    ...createDecisionQuestions(db),
    findAudit: createFindAudit(db),
    subjectKeys: createSubjectKeys(db),
    accounting: createAccounting(db),
    cursor: () => (cursor.get() as { readonly value: number }).value,
    incidentsOf: (keys, resolvedSince) =>
      keys.flatMap((key) => (ofKey.all(key, resolvedSince) as unknown as Json[]).map(jsonOf)),
    incident: (id) => (one.get(id) as Json | undefined)?.json,
    silences: (now) => (silences.all(now) as unknown as Json[]).map(jsonOf),
    nextDue: () => (nextDue.get() as { readonly due: Instant | null }).due ?? undefined,
    applied: (request) => applied.get(request) !== undefined,
    ref: (incident, channel) => (ref.get(incident, channel) as { readonly ref: string } | undefined)?.ref,
    audit: (after, limit) => audit.all(after, limit) as unknown as ReturnType<Questions['audit']>,
  };
};
