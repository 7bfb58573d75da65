import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Instant, KillSwitch, ResponseFactsQuery, ResponseQuery, Trip } from '@therapytrain/alerts-core';
import { responseStateNames } from '@therapytrain/alerts-core/store';
import { inStates } from './in-states.ts';
import { conflict } from './refusal.ts';
import { type PackedChanges, type ResponseRow, targetText } from './rows.ts';

/** What guardrails go by, with responses as JSON. */
export interface ResponseFactsRow {
  readonly killSwitch: KillSwitch;
  readonly trips: readonly Trip[];
  readonly ofTargets: readonly string[];
  readonly uses: readonly string[];
}

/** What may be asked of responses; they are told as JSON. */
export interface ResponseQuestions {
  response(id: string): string | undefined;
  responses(query: ResponseQuery): readonly string[];
  responseFacts(query: ResponseFactsQuery): ResponseFactsRow;
  killSwitch(): KillSwitch;
}

interface Row {
  readonly id: string;
  readonly json: string;
}

/** Makes what saves responses, trips and the kill switch, within a transaction. */
export const createKeepResponses = (db: DatabaseSync) => {
  const make = db.prepare(`
    INSERT INTO responses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
  `);
  const change = db.prepare(`
    UPDATE responses SET version = ?, state = ?, stands = ?, mode = ?, updated = ?, json = ?
    WHERE id = ? AND version = ?
  `);
  const trip = db.prepare('INSERT OR REPLACE INTO trips VALUES (?, ?)');
  const turn = db.prepare('INSERT OR REPLACE INTO kill_switch VALUES (1, ?)');
  const save = (row: ResponseRow): void => {
    const { id, version, state, stands, mode, playbook, incident, source, origin, target, ofUser, json } = row;
    const { changes } =
      version === 1
        ? make.run(
            ...[id, version, state, stands, mode, playbook, incident, source, origin, target, ofUser],
            ...[row.created, row.updated, json],
          )
        : change.run(version, state, stands, mode, row.updated, json, id, version - 1);
    if (changes === 0) throw conflict('response');
  };
  return ({ responses, trips, killSwitch }: Pick<PackedChanges, 'responses' | 'trips' | 'killSwitch'>): void => {
    for (const response of responses) save(response);
    for (const { scope, until } of trips) trip.run(scope, until);
    if (killSwitch) turn.run(JSON.stringify(killSwitch));
  };
};

const off: KillSwitch = { on: false, by: '', reason: '', at: 0 };

const byId = (one: Row, other: Row): number => (one.id < other.id ? -1 : 1);

const createFacts = (db: DatabaseSync, killSwitch: () => KillSwitch): ResponseQuestions['responseFacts'] => {
  const trips = db.prepare('SELECT scope, until FROM trips WHERE until > ? ORDER BY scope');
  const ofTarget = db.prepare('SELECT id, json FROM responses WHERE target = ? AND (stands = 1 OR updated >= ?)');
  const counts = "state NOT IN ('observed', 'refused', 'stopped')";
  const unasked = db.prepare(`SELECT id, json FROM responses WHERE mode = 'enforce' AND ${counts} AND created >= ?`);
  const ofUsers = (column: 'origin' | 'source'): StatementSync =>
    db.prepare(`SELECT id, json FROM responses WHERE ${column} = ? AND of_user = 1 AND ${counts} AND created >= ?`);
  const [ofOrigin, ofSource] = [ofUsers('origin'), ofUsers('source')];
  const rows = (statement: StatementSync, ...bounds: (string | Instant)[]): readonly Row[] =>
    statement.all(...bounds) as unknown as Row[];
  const once = (found: readonly Row[]): readonly string[] =>
    [...new Map(found.map((row) => [row.id, row])).values()].sort(byId).map(({ json }) => json);
  return ({ targets, changedSince, origins, sources, madeSince, now }) => ({
    killSwitch: killSwitch(),
    trips: trips.all(now) as unknown as Trip[],
    ofTargets: once(targets.flatMap((target) => rows(ofTarget, targetText(target), changedSince))),
    uses: once([
      ...rows(unasked, madeSince),
      ...origins.flatMap((origin) => rows(ofOrigin, origin, madeSince)),
      ...sources.flatMap((source) => rows(ofSource, source, madeSince)),
    ]),
  });
};

/** Makes what answers about responses. */
export const createResponseQuestions = (
  db: DatabaseSync,
  prepared: (sql: string) => StatementSync,
): ResponseQuestions => {
  const one = db.prepare('SELECT json FROM responses WHERE id = ?');
  const turned = db.prepare('SELECT json FROM kill_switch');
  const killSwitch = (): KillSwitch => {
    const row = turned.get() as unknown as Pick<Row, 'json'> | undefined;
    return row ? (JSON.parse(row.json) as KillSwitch) : off;
  };
  return {
    response: (id) => (one.get(id) as Pick<Row, 'json'> | undefined)?.json,
    responses: ({ states, incident, playbook, before, limit }) => {
      const conditions = [
        ...inStates(responseStateNames, states),
        ...(incident === undefined ? [] : ['incident = ?']),
        ...(playbook === undefined ? [] : ['playbook = ?']),
        ...(before === undefined ? [] : ['id < ?']),
      ];
      const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
      const bounds = [incident, playbook, before].filter((each) => each !== undefined);
      const select = prepared(`SELECT json FROM responses ${where} ORDER BY id DESC LIMIT ?`);
      return (select.all(...bounds, limit) as unknown as Row[]).map(({ json }) => json);
    },
    responseFacts: createFacts(db, killSwitch),
    killSwitch,
  };
};
