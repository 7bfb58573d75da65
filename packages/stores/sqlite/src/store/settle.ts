import type { DatabaseSync } from 'node:sqlite';
import type { Delivery, Instant, Settlement, Store } from '@therapytrain/alerts-core';
import type { AddCount, Apply } from './changes.ts';
import { Refusal } from './refusal.ts';
import { jobColumns, type JobRow, type PackedSettled } from './rows.ts';

/** Ends jobs and begins them again, within a transaction. */
export interface Settling {
  settle(settled: readonly PackedSettled[], at: Instant): readonly boolean[];
  replay(ids: readonly string[], due: Instant): readonly JobRow[];
  rebase(by: Parameters<Store['rebase']>[0]): number;
}

type Kept = Pick<JobRow, 'kind' | 'incident' | 'target' | 'event' | 'pairs'>;

const held = "WHERE id = ? AND state = 'claimed' AND claims = ? RETURNING kind, incident, target, event, pairs";

// An attempt that says nothing of them leaves what is known.
const said = 'recipients = coalesce(?, recipients)';

const packed = ({ recipients }: Pick<Delivery, 'recipients'>): string | null =>
  recipients === undefined ? null : JSON.stringify(recipients);

/** Writes a settlement if its claim still holds. Gives what is needed of the job; undefined if the claim was lost. */
const createWriteNext = (db: DatabaseSync) => {
  const done = db.prepare(`UPDATE jobs SET state = 'done', proof = ?, ${said}, settled_at = ? ${held}`);
  const dead = db.prepare(
    `UPDATE jobs SET state = 'dead', last_reason = ?, detail = ?, ${said}, settled_at = ? ${held}`,
  );
  const cancelled = db.prepare(`UPDATE jobs SET state = 'cancelled', detail = ?, settled_at = ? ${held}`);
  // While it waits the column says when it began to.
  const waits = "state = 'waiting', due = ?, claimed_until = ?";
  const again = db.prepare(
    `UPDATE jobs SET ${waits}, last_reason = ?, detail = ?, progress = ?, doubtful = ?, ${said} ${held}`,
  );
  const back = db.prepare(`UPDATE jobs SET ${waits}, attempts = attempts - 1 ${held}`);
  const digested = db.prepare(`UPDATE jobs SET state = 'digested', settled_at = ? ${held}`);
  return (next: Settlement, at: Instant, job: string, claims: number): Kept | undefined => {
    switch (next.state) {
      case 'done':
        return done.get(next.proof, packed(next), at, job, claims) as unknown as Kept | undefined;
      case 'dead':
        return dead.get(next.reason, next.detail, packed(next), at, job, claims) as unknown as Kept | undefined;
      case 'cancelled':
        return cancelled.get(next.detail, at, job, claims) as unknown as Kept | undefined;
      case 'returned':
        return back.get(next.due, at, job, claims) as unknown as Kept | undefined;
      case 'digested':
        return digested.get(at, job, claims) as unknown as Kept | undefined;
      case 'waiting': {
        const { due, reason, detail, progress = null, doubtful } = next;
        const each = [progress, Number(doubtful), packed(next)] as const;
        return again.get(due, at, reason, detail, ...each, job, claims) as unknown as Kept | undefined;
      }
    }
  };
};

/** What pairs become that a settled job stands for. */
const endOf = { done: 'delivered', dead: 'dead', cancelled: 'suppressed' } as const;

/** Writes down which digest tells a job: the one that waits in the slot. */
const createJoin = (db: DatabaseSync) => {
  const join = db.prepare(`
    UPDATE jobs SET digest = (SELECT id FROM jobs WHERE slot = ? AND state = 'waiting' AND claims = 0)
    WHERE id = ? RETURNING digest
  `);
  return (job: string, slot: string): void => {
    const { digest } = join.get(slot, job) as { readonly digest: string | null };
    if (digest === null) throw new Refusal('DEFECT', 'no job waits in the slot of the digest');
  };
};

/** Makes what puts due times right after the clock went back. It looks at all that waits. */
const createRebase = (db: DatabaseSync): Settling['rebase'] => {
  // When it was planned, or settled last.
  const touched = 'max(created_at, claimed_until)';
  const ahead = db.prepare(`
    UPDATE jobs SET due = ?1 + max(0, due - ${touched}), created_at = min(created_at, ?1),
      claimed_until = min(claimed_until, ?1)
    WHERE state = 'waiting' AND ${touched} > ?1 + ?2
  `);
  const far = db.prepare(`
    UPDATE jobs SET due = ?1 WHERE state = 'waiting' AND kind = 'delivery' AND attempts = 0 AND due > ?1 + ?2
  `);
  return ({ now, tolerance, longest }) =>
    Number(ahead.run(now, tolerance).changes) + Number(far.run(now, longest).changes);
};

/** Makes what settles. */
export const createSettling = (db: DatabaseSync, addCount: AddCount, apply: Apply): Settling => {
  const writeNext = createWriteNext(db);
  const keepRef = db.prepare('INSERT INTO refs VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
  const replay = db.prepare(`
    UPDATE jobs SET state = 'waiting', due = ?, attempts = 0, settled_at = NULL
    WHERE id = ? AND state = 'dead' AND kind = 'delivery' RETURNING ${jobColumns}
  `);
  const join = createJoin(db);
  const standIn = db.prepare('UPDATE jobs SET stood_in = 1 WHERE id = ?');
  const settleOne = ({ job, token, next, stoodIn, changes }: PackedSettled, at: Instant): boolean => {
    const kept = writeNext(next, at, job, Number(token));
    if (!kept) return false;
    const { kind, incident, target: channel, event, pairs } = kept;
    if (next.state === 'done' && next.ref !== undefined) keepRef.run(incident, channel, next.ref);
    const { state } = next;
    if (kind === 'delivery' && (state === 'done' || state === 'dead' || state === 'cancelled')) {
      addCount({ channel, state: state === 'done' && event === 'digest' ? 'digested' : endOf[state], pairs });
    }
    if (stoodIn) standIn.run(job);
    if (changes) apply(changes, at);
    if (next.state === 'digested') join(job, next.slot);
    return true;
  };
  return {
    rebase: createRebase(db),
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
