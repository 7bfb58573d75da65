import type { DatabaseSync } from 'node:sqlite';
import type { Instant, Settlement } from '@therapytrain/alerts-core';
import type { AddCount, Apply } from './changes.ts';
import { jobColumns, type JobRow, type PackedSettled } from './rows.ts';

/** Ends jobs and begins them again, within a transaction. */
export interface Settling {
  settle(settled: readonly PackedSettled[], at: Instant): readonly boolean[];
  replay(ids: readonly string[], due: Instant): readonly JobRow[];
}

type Kept = Pick<JobRow, 'kind' | 'incident' | 'target' | 'pairs'>;

const held = "WHERE id = ? AND state = 'claimed' AND claims = ? RETURNING kind, incident, target, pairs";

/** Writes a settlement if its claim still holds. Gives what is needed of the job; undefined if the claim was lost. */
const createWriteNext = (db: DatabaseSync) => {
  const done = db.prepare(`UPDATE jobs SET state = 'done', proof = ?, settled_at = ? ${held}`);
  const dead = db.prepare(`UPDATE jobs SET state = 'dead', last_reason = ?, detail = ?, settled_at = ? ${held}`);
  const cancelled = db.prepare(`UPDATE jobs SET state = 'cancelled', detail = ?, settled_at = ? ${held}`);
  const again = db.prepare(`
    UPDATE jobs SET state = 'waiting', due = ?, last_reason = ?, detail = ?, progress = ?, doubtful = ? ${held}
  `);
  return (next: Settlement, at: Instant, job: string, claims: number): Kept | undefined => {
    switch (next.state) {
      case 'done':
        return done.get(next.proof, at, job, claims) as unknown as Kept | undefined;
      case 'dead':
        return dead.get(next.reason, next.detail, at, job, claims) as unknown as Kept | undefined;
      case 'cancelled':
        return cancelled.get(next.detail, at, job, claims) as unknown as Kept | undefined;
      case 'waiting': {
        const { due, reason, detail, progress = null, doubtful } = next;
        return again.get(due, reason, detail, progress, Number(doubtful), job, claims) as unknown as Kept | undefined;
      }
    }
  };
};

/** What pairs become that a settled job stands for. */
const endOf = { done: 'delivered', dead: 'dead', cancelled: 'suppressed' } as const;

/** Makes what settles. */
export const createSettling = (db: DatabaseSync, addCount: AddCount, apply: Apply): Settling => {
  const writeNext = createWriteNext(db);
  const keepRef = db.prepare('INSERT INTO refs VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
  const replay = db.prepare(`
    UPDATE jobs SET state = 'waiting', due = ?, attempts = 0, settled_at = NULL
    WHERE id = ? AND state = 'dead' AND kind = 'delivery' RETURNING ${jobColumns}
  `);
  const settleOne = ({ job, token, next, changes }: PackedSettled, at: Instant): boolean => {
    const kept = writeNext(next, at, job, Number(token));
    if (!kept) return false;
    const { kind, incident, target: channel, pairs } = kept;
    if (next.state === 'done' && next.ref !== undefined) keepRef.run(incident, channel, next.ref);
    if (kind === 'delivery' && next.state !== 'waiting') {
      addCount({ channel, state: endOf[next.state], pairs });
    }
    if (changes) apply(changes, at);
    return true;
  };
  return {
    settle: (settled, at) => settled.map((each) => settleOne(each, at)),
    replay: (ids, due) =>
      ids.flatMap((id) => {
        const row = replay.get(due, id) as unknown as JobRow | undefined;
        if (!row) return [];
        addCount({ channel: row.target, state: 'dead', pairs: -row.pairs });
        return [row];
      }),
  };
};
