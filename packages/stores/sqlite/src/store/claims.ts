import type { DatabaseSync } from 'node:sqlite';
import type { AlertSeverity, Instant, JobKind, Store } from '@therapytrain/alerts-core';
import { type ClaimName, jobColumns, type JobRow } from './rows.ts';

/** What to claim. */
export type By = Parameters<Store['claim']>[0];

/** Claims jobs, within a transaction. */
export interface Claims {
  claim(by: By): readonly JobRow[];
  renew(claims: readonly ClaimName[], until: Instant): readonly boolean[];
}

interface Target {
  readonly kind: JobKind;
  readonly target: string;
}

interface Candidate extends Target {
  readonly stoodIn: 0 | 1;
  readonly id: string;
  readonly severity: AlertSeverity;
  readonly due: Instant;
}

const mostSevereFirst = [4, 3, 2, 1] as const;

const byOrder = (one: Candidate, other: Candidate): number =>
  other.severity - one.severity || one.due - other.due || (one.id < other.id ? -1 : 1);

/** Finds what is due of one target, in order. It reads no more rows than it gives, however much waits. */
const createDueOf = (db: DatabaseSync) => {
  const due = db.prepare(`
    SELECT id, kind, target, severity, due, stood_in AS stoodIn FROM jobs
    WHERE state = 'waiting' AND kind = ? AND target = ? AND severity = ? AND stood_in = ? AND due <= ?
    ORDER BY due, id LIMIT ?
  `);
  const unaided = db.prepare(`
    SELECT id, kind, target, severity, due, stood_in AS stoodIn FROM jobs
    WHERE state = 'waiting' AND kind = 'delivery' AND target = ? AND severity = ? AND stood_in = 0
      AND (due <= ? OR last_reason <> '')
    ORDER BY due, id LIMIT ?
  `);
  return ({ kind, target }: Target, now: Instant, limit: number, isUnaided: boolean): Candidate[] => {
    const found: Candidate[] = [];
    for (const severity of mostSevereFirst) {
      if (found.length >= limit) break;
      // Which of both comes first the order of all candidates says.
      if (isUnaided) found.push(...(unaided.all(target, severity, now, limit) as never[]));
      else for (const each of [0, 1]) found.push(...(due.all(kind, target, severity, each, now, limit) as never[]));
    }
    return found;
  };
};

/** Every target that something waits for: one step in the index for each. */
const createTargets = (db: DatabaseSync) => {
  // Not by (kind, target) > (?, ?), for which SQLite reads all entries of the kind up to there.
  const after = db.prepare(`
    SELECT kind, target FROM jobs WHERE state = 'waiting' AND kind = ? AND target > ? ORDER BY target LIMIT 1
  `);
  const step = (kind: JobKind, target: string) => after.get(kind, target) as unknown as Target | undefined;
  return (): Target[] => {
    const targets: Target[] = [];
    for (const kind of ['delivery', 'response', 'review'] as const) {
      for (let next = step(kind, ''); next; next = step(kind, next.target)) targets.push(next);
    }
    return targets;
  };
};

/** How much more may be claimed of each channel and each responder. A review is neither: it is not held back. */
const createRoom = (db: DatabaseSync) => {
  const claimed = db.prepare(`
    SELECT kind, target, count(*) AS count FROM jobs
    WHERE state = 'claimed' AND claimed_until > ? AND kind <> 'review' GROUP BY kind, target
  `);
  const place = ({ kind, target }: Target): string => `${kind} ${target}`;
  return ({ now, limit, perTarget, except, unaided }: By) => {
    const rows = claimed.all(now) as unknown as (Target & { readonly count: number })[];
    const busy = new Map(rows.map((row) => [place(row), row.count]));
    const most = ({ kind, target }: Target): number =>
      kind === 'delivery' && Object.hasOwn(perTarget.of, target) ? (perTarget.of[target] ?? 0) : perTarget.default;
    const isExcepted = ({ kind, target }: Target): boolean => kind === 'delivery' && except.includes(target);
    return {
      of: (each: Target): number => {
        if (each.kind === 'review') return limit;
        return isExcepted(each) ? 0 : Math.min(limit, most(each) - (busy.get(place(each)) ?? 0));
      },
      /** Whether only what no other leg was asked to tell is claimed. */
      isUnaided: ({ kind, target }: Target): boolean => kind === 'delivery' && unaided.includes(target),
      take: (each: Target): void => {
        if (each.kind !== 'review') busy.set(place(each), (busy.get(place(each)) ?? 0) + 1);
      },
    };
  };
};

/** Makes what claims. */
export const createClaims = (db: DatabaseSync): Claims => {
  const targets = createTargets(db);
  const dueOf = createDueOf(db);
  const roomFor = createRoom(db);
  const runOut = db.prepare(
    "SELECT id, kind, target, severity, due, stood_in AS stoodIn FROM jobs WHERE state = 'claimed' AND claimed_until <= ?",
  );
  const take = db.prepare(`
    UPDATE jobs SET state = 'claimed', attempts = attempts + 1, claims = claims + 1, claimed_until = ?
    WHERE id = ? RETURNING ${jobColumns}
  `);
  const renew = db.prepare("UPDATE jobs SET claimed_until = ? WHERE id = ? AND state = 'claimed' AND claims = ?");
  return {
    claim: (by) => {
      const room = roomFor(by);
      const candidates = runOut.all(by.now) as unknown as Candidate[];
      for (const target of targets())
        candidates.push(...dueOf(target, by.now, room.of(target), room.isUnaided(target)));
      const claimed: JobRow[] = [];
      for (const candidate of candidates.sort(byOrder)) {
        if (claimed.length >= by.limit) break;
        if (room.of(candidate) <= 0 || (room.isUnaided(candidate) && candidate.stoodIn === 1)) continue;
        room.take(candidate);
        claimed.push(take.get(by.until, candidate.id) as unknown as JobRow);
      }
      return claimed;
    },
    renew: (claims, until) => claims.map(({ job, token }) => renew.run(until, job, Number(token)).changes === 1),
  };
};
