import type { DatabaseSync } from 'node:sqlite';
import type { Count, Hidden, Instant, NewJob } from '@therapytrain/alerts-core';
import { conflict, Refusal } from './refusal.ts';
import type { IncidentRow, NewJobRow, PackedChanges } from './rows.ts';
import { never } from './schema.ts';
import { createKeepResponses } from './responses.ts';
import { createKeepSubjects } from './subjects.ts';
import { createKeepWindows } from './windows.ts';

/** Adds to the accounting of a channel. */
export type AddCount = (count: Count) => void;

/** Applies a decision within a transaction; `at` is when. Throws a {@link Refusal} if what the store holds forbids it. */
export type Apply = (changes: PackedChanges, at: Instant) => void;

/** Makes what counts pairs. */
export const createAddCount = (db: DatabaseSync): AddCount => {
  const add = db.prepare(
    'INSERT INTO counts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET pairs = pairs + excluded.pairs',
  );
  return ({ channel, state, pairs }) => void add.run(channel, state, pairs);
};

const createSaveIncidents = (db: DatabaseSync) => {
  const open = db.prepare('INSERT INTO incidents VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING');
  const change = db.prepare(
    'UPDATE incidents SET key = ?, version = ?, state = ?, ended = ?, json = ?, due = ? WHERE id = ? AND version = ?',
  );
  const note = db.prepare('INSERT OR REPLACE INTO changed (incident) VALUES (?)');
  const openOfKey = db.prepare(`SELECT count(*) AS count FROM incidents WHERE key = ? AND ended = ${never}`);
  const save = (row: IncidentRow): void => {
    const [id, key, version, state, ended, json, due] = row;
    const { changes } =
      version === 1 ? open.run(...row) : change.run(key, version, state, ended, json, due, id, version - 1);
    if (changes === 0) throw conflict();
    note.run(id);
  };
  return (incidents: readonly IncidentRow[]): void => {
    for (const incident of incidents) save(incident);
    for (const [, key, , , ended] of incidents) {
      if (ended === never && (openOfKey.get(key) as { readonly count: number }).count > 1) throw conflict();
    }
  };
};

const createCancel = (db: DatabaseSync, addCount: AddCount) => {
  const cancel = db.prepare(`
    UPDATE jobs SET state = 'cancelled', settled_at = ?
    WHERE slot = ? AND state = 'waiting' AND claims = 0 RETURNING kind, target, pairs
  `);
  return (slot: string, at: Instant): void => {
    const job = cancel.get(at, slot) as Pick<NewJob, 'kind' | 'target' | 'pairs'> | undefined;
    if (job?.kind === 'delivery') addCount({ channel: job.target, state: 'suppressed', pairs: job.pairs });
  };
};

const createSchedule = (db: DatabaseSync) => {
  const schedule = db.prepare(`
    INSERT INTO jobs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'waiting', 0, 0, 0, ?13, NULL, 0, '', NULL,
      '', '', 0, NULL, ?12, NULL)
    ON CONFLICT (slot) WHERE state = 'waiting' AND claims = 0 DO UPDATE SET
      due = min(due, excluded.due), severity = max(severity, excluded.severity), pairs = pairs + excluded.pairs
  `);
  return (job: NewJobRow, at: Instant): void => void schedule.run(...job, at);
};

const createMoveCursor = (db: DatabaseSync) => {
  const move = db.prepare("UPDATE meta SET value = ? WHERE name = 'cursor' AND value <= ?");
  return (to: number | undefined): void => {
    if (to === undefined || move.run(to, to).changes === 1) return;
    throw new Refusal('DEFECT', 'the cursor must not go back');
  };
};

const createHide = (db: DatabaseSync) => {
  const hide = db.prepare(`
    INSERT INTO hidden VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET alerts = alerts + excluded.alerts, severity = max(severity, excluded.severity)
  `);
  const name = db.prepare('INSERT INTO hidden_channels VALUES (?, ?) ON CONFLICT DO NOTHING');
  return ({ silence, incident, alerts, severity, channels }: Hidden): void => {
    hide.run(silence, incident, alerts, severity);
    for (const channel of channels) name.run(silence, channel);
  };
};

/** Makes what applies decisions. */
export const createApply = (db: DatabaseSync, addCount: AddCount): Apply => {
  const note = db.prepare('INSERT INTO requests VALUES (?, ?) ON CONFLICT DO NOTHING');
  const saveIncidents = createSaveIncidents(db);
  const cancel = createCancel(db, addCount);
  const schedule = createSchedule(db);
  const moveCursor = createMoveCursor(db);
  const hide = createHide(db);
  const keepWindows = createKeepWindows(db);
  const keepResponses = createKeepResponses(db);
  const keepSubjects = createKeepSubjects(db);
  const saveSilence = db.prepare('INSERT OR REPLACE INTO silences VALUES (?, ?, ?)');
  // Nothing is ever deleted from it, so its numbers have no gap.
  const audit = db.prepare('INSERT INTO audit (at, actor, action, subject, facts) VALUES (?, ?, ?, ?, ?)');
  return (changes, at) => {
    if (changes.request !== undefined && note.run(changes.request, at).changes === 0) return;
    saveIncidents(changes.incidents);
    // Before the new ones, which may be planned for the same slots.
    for (const slot of changes.cancel) cancel(slot, at);
    for (const job of changes.jobs) schedule(job, at);
    for (const { id, until, json } of changes.silences) saveSilence.run(id, until, json);
    for (const each of changes.hidden) hide(each);
    for (const count of changes.counts) addCount(count);
    for (const entry of changes.audit) audit.run(...entry);
    keepWindows(changes);
    keepResponses(changes);
    keepSubjects(changes);
    moveCursor(changes.cursor);
  };
};
