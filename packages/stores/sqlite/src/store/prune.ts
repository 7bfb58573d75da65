import type { DatabaseSync } from 'node:sqlite';
import type { Instant } from '@therapytrain/alerts-core';
import { idFloor } from '../search.ts';

/** What to let go. */
export interface PruneBy {
  readonly before: Instant;
  readonly limit: number;
}

/** Lets go of what is over, within a transaction. Gives how many rows went. */
export type Prune = (by: PruneBy) => number;

interface Id {
  readonly id: string;
}

// What ended before a time was made before it, and ids begin with when they were made: so the oldest are looked at first,
// in the order of the key, and no index is needed that every job would pay for.
const createJobs = (db: DatabaseSync) => {
  const drop = db.prepare(`
    DELETE FROM jobs WHERE id IN (
      SELECT id FROM jobs WHERE id < ? AND state NOT IN ('waiting', 'claimed') AND settled_at < ?
      AND NOT EXISTS (
        SELECT 1 FROM jobs AS digests WHERE digests.id = jobs.digest AND digests.state IN ('waiting', 'claimed')
      )
      ORDER BY id LIMIT ?
    )
  `);
  return ({ before, limit }: PruneBy): number => Number(drop.run(idFloor(before), before, limit).changes);
};

const createIncidents = (db: DatabaseSync) => {
  const over = db.prepare(`
    SELECT id FROM incidents
    WHERE id < ? AND ended < ? AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.incident = incidents.id)
    ORDER BY id LIMIT ?
  `);
  const drop = db.prepare('DELETE FROM incidents WHERE id = ?');
  const dropRest = ['refs', 'changed'].map((table) => db.prepare(`DELETE FROM ${table} WHERE incident = ?`));
  return ({ before, limit }: PruneBy): number => {
    const ids = over.all(idFloor(before), before, limit) as unknown as Id[];
    for (const { id } of ids) {
      drop.run(id);
      for (const each of dropRest) each.run(id);
    }
    return ids.length;
  };
};

const createSilences = (db: DatabaseSync) => {
  const over = db.prepare(`
    SELECT id FROM silences
    WHERE until < ? AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.incident = silences.id)
    ORDER BY id LIMIT ?
  `);
  const dropHidden = db.prepare(`
    DELETE FROM hidden WHERE silence = ?1
    AND incident IN (SELECT incident FROM hidden WHERE silence = ?1 ORDER BY incident LIMIT ?2)
  `);
  const left = db.prepare('SELECT 1 FROM hidden WHERE silence = ? LIMIT 1');
  const drop = ['silences WHERE id', 'hidden_channels WHERE silence', 'refs WHERE incident'].map((which) =>
    db.prepare(`DELETE FROM ${which} = ?`),
  );
  return ({ before, limit }: PruneBy): number => {
    let rows = 0;
    // One silence may have hidden very much: its account goes in steps, and it goes last.
    for (const { id } of over.all(before, limit) as unknown as Id[]) {
      if (rows >= limit) break;
      rows += Number(dropHidden.run(id, limit - rows).changes);
      if (left.get(id) !== undefined) break;
      for (const each of drop) each.run(id);
      rows++;
    }
    return rows;
  };
};

const createResponses = (db: DatabaseSync) => {
  const drop = db.prepare(`
    DELETE FROM responses WHERE id IN (
      SELECT id FROM responses WHERE id < ? AND stands = 0 AND updated < ?
      AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.response = responses.id)
      ORDER BY id LIMIT ?
    )
  `);
  const dropTrips = db.prepare(
    'DELETE FROM trips WHERE scope IN (SELECT scope FROM trips WHERE until < ? ORDER BY scope LIMIT ?)',
  );
  return ({ before, limit }: PruneBy): number =>
    Number(drop.run(idFloor(before), before, limit).changes) + Number(dropTrips.run(before, limit).changes);
};

const createDecisions = (db: DatabaseSync) => {
  const drop = db.prepare(`
    DELETE FROM decisions WHERE place IN (SELECT place FROM decisions WHERE over < ? ORDER BY over, id LIMIT ?)
    RETURNING place
  `);
  const note = db.prepare("UPDATE meta SET value = max(value, ?) WHERE name = 'decisions_let_go'");
  return ({ before, limit }: PruneBy): number => {
    const gone = drop.all(before, limit) as unknown as readonly { readonly place: number }[];
    if (gone.length > 0) note.run(gone.reduce((most, { place }) => Math.max(most, place), 0));
    return gone.length;
  };
};

/** Makes what lets go. */
export const createPrune = (db: DatabaseSync): Prune => {
  const dropRequests = db.prepare(
    'DELETE FROM requests WHERE id IN (SELECT id FROM requests WHERE at < ? ORDER BY at, id LIMIT ?)',
  );
  const dropEnforcers = db.prepare(
    'DELETE FROM enforcers WHERE name IN (SELECT name FROM enforcers WHERE at < ? ORDER BY at, name LIMIT ?)',
  );
  const sorts = [createJobs(db), createIncidents(db), createSilences(db), createResponses(db), createDecisions(db)];
  return (by) => {
    const plain = [dropRequests, dropEnforcers].map((drop) => Number(drop.run(by.before, by.limit).changes));
    return [...sorts.map((sort) => sort(by)), ...plain].reduce((sum, rows) => sum + rows, 0);
  };
};
