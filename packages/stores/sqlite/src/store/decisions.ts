import type { DatabaseSync } from 'node:sqlite';
import type { Cursor, DecisionCount, DecisionKind, DecisionQuery, Enforcer, Instant } from '@therapytrain/alerts-core';
import type { DecisionRow } from './rows.ts';

/** A decision as it comes from another thread. */
export interface PackedDecision {
  readonly id: string;
  readonly kind: DecisionKind;
  readonly until: Instant;
  readonly json: string;
}

/** What may be asked of decisions. They are told as JSON. */
export interface DecisionQuestions {
  decision(id: string): DecisionRow | undefined;
  /** A list of them as one JSON text: thousands cross to another thread as one. */
  decisions(query: DecisionQuery): string;
  decisionCounts(at: Instant): readonly DecisionCount[];
  /** `letGo`: the highest place of which the row is gone. */
  changedDecisions(after: Cursor, limit: number): { readonly rows: readonly DecisionRow[]; readonly letGo: Cursor };
  newestDecisionChange(): Cursor;
  enforcers(): readonly Enforcer[];
}

/** What changes decisions, within a transaction. */
export interface DecisionWrites {
  putDecision(decision: PackedDecision, fence: number): boolean;
  endDecision(id: string, fence: number, at: Instant): boolean;
  noteEnforcer(enforcer: Enforcer): void;
}

interface Kept {
  readonly fence: number;
  readonly kind: DecisionKind | null;
  readonly json: string | null;
  readonly over: Instant;
  readonly ended: Instant | null;
}

/** Makes what keeps decisions and ends them. */
export const createDecisionWrites = (db: DatabaseSync): DecisionWrites => {
  const one = db.prepare('SELECT fence, kind, json, over, ended FROM decisions WHERE id = ?');
  // What takes the place of a row has a new place in the order of changes.
  const keep = db.prepare(
    'INSERT OR REPLACE INTO decisions (id, fence, kind, json, over, ended) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const raise = db.prepare('UPDATE decisions SET fence = ? WHERE id = ?');
  const note = db.prepare('INSERT OR REPLACE INTO enforcers VALUES (?, ?, ?, ?)');
  const isLate = (kept: Kept | undefined, fence: number): boolean => kept !== undefined && kept.fence > fence;
  return {
    putDecision: ({ id, kind, until, json }, fence) => {
      const kept = one.get(id) as unknown as Kept | undefined;
      if (isLate(kept, fence)) return false;
      if (kept?.json === json && kept.ended === null) raise.run(fence, id);
      else keep.run(id, fence, kind, json, until, null);
      return true;
    },
    endDecision: (id, fence, at) => {
      const kept = one.get(id) as unknown as Kept | undefined;
      if (isLate(kept, fence)) return false;
      if (kept && kept.ended !== null) raise.run(fence, id);
      else keep.run(id, fence, kept?.kind ?? null, kept?.json ?? null, Math.min(kept?.over ?? at, at), at);
      return true;
    },
    noteEnforcer: ({ name, kinds, cursor, at }) => void note.run(name, JSON.stringify(kinds), cursor, at),
  };
};

/** Makes what answers about decisions. */
export const createDecisionQuestions = (db: DatabaseSync): DecisionQuestions => {
  const one = db.prepare('SELECT place, json, ended FROM decisions WHERE id = ? AND json IS NOT NULL');
  // Of all kinds where the list of kinds is null.
  const list = db.prepare(`
    SELECT json FROM decisions
    WHERE id > ?1 AND over > ?2 AND json IS NOT NULL
      AND (?3 IS NULL OR kind IN (SELECT value FROM json_each(?3)))
    ORDER BY id LIMIT ?4
  `);
  list.setReturnArrays(true);
  const counts = db.prepare(`
    SELECT kind, count(*) AS decisions FROM decisions WHERE over > ? AND kind IS NOT NULL GROUP BY kind ORDER BY kind
  `);
  const changed = db.prepare(`
    SELECT place, json, ended FROM decisions WHERE place > ? AND json IS NOT NULL ORDER BY place LIMIT ?
  `);
  const newest = db.prepare("SELECT seq AS place FROM sqlite_sequence WHERE name = 'decisions'");
  const letGo = db.prepare("SELECT value FROM meta WHERE name = 'decisions_let_go'");
  const enforcers = db.prepare('SELECT name, kinds, cursor, at FROM enforcers ORDER BY name');
  return {
    decision: (id) => one.get(id) as unknown as DecisionRow | undefined,
    decisions: ({ at, kinds, after = '', limit }) => {
      const rows = list.all(after, at, kinds ? JSON.stringify(kinds) : null, limit);
      // Not by the database: `group_concat` in a stated order takes twice as long.
      return `[${(rows as unknown as readonly (readonly [json: string])[]).map(([json]) => json).join()}]`;
    },
    decisionCounts: (at) => counts.all(at) as unknown as readonly DecisionCount[],
    changedDecisions: (after, limit) => ({
      rows: changed.all(after, limit) as unknown as readonly DecisionRow[],
      letGo: (letGo.get() as { readonly value: number }).value,
    }),
    newestDecisionChange: () => (newest.get() as { readonly place: Cursor } | undefined)?.place ?? 0,
    enforcers: () =>
      (enforcers.all() as unknown as readonly (Omit<Enforcer, 'kinds'> & { readonly kinds: string })[]).map(
        ({ kinds, ...enforcer }) => ({ ...enforcer, kinds: JSON.parse(kinds) as Enforcer['kinds'] }),
      ),
  };
};
