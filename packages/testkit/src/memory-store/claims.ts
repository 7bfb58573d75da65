import type { Claim, Clock, Delivery, Instant, Settled, Settlement, Store } from '@therapytrain/alerts-core';
import type { Changing } from './changing.ts';
import { deliveryOf, jobOf } from './questions.ts';
import type { JobRow, Rows } from './rows.ts';

type By = Parameters<Store['claim']>[0];

/** Claims jobs and settles them, within a transaction. */
export interface Claims {
  claim(by: By): readonly Claim[];
  renew(claims: readonly Claim[], until: Instant): readonly boolean[];
  settle(settled: readonly Settled[]): readonly boolean[];
  replay(ids: readonly string[], due: Instant): readonly Delivery[];
}

const isClaimed = ({ state, claimedUntil }: JobRow, now: Instant): boolean => state === 'claimed' && claimedUntil > now;

const isDue = (job: JobRow, now: Instant): boolean =>
  job.state === 'waiting' ? job.due <= now : job.state === 'claimed' && job.claimedUntil <= now;

const bySeverityAndDue = (one: JobRow, other: JobRow): number =>
  other.severity - one.severity || one.due - other.due || (one.id < other.id ? -1 : 1);

/** What pairs become that a settled job stands for. */
const endOf = { done: 'delivered', dead: 'dead', cancelled: 'suppressed' } as const;

/** Makes what claims and settles; `clock` tells when a job ended. */
export const createClaims = (rows: Rows, changing: Changing, clock: Pick<Clock, 'now'>): Claims => {
  const take = (job: JobRow, until: Instant): Claim => {
    const [attempts, claims] = [job.attempts + 1, job.claims + 1];
    const row: JobRow = { ...job, state: 'claimed', attempts, claims, claimedUntil: until };
    rows.jobs.put(job.id, row);
    return { job: jobOf(row), token: String(row.claims), until };
  };
  /** The job of a claim, while the claim holds. */
  const held = ({ job, token }: Claim): JobRow | undefined => {
    const row = rows.jobs.get(job.id);
    return row?.state === 'claimed' && String(row.claims) === token ? row : undefined;
  };
  const end = (row: JobRow, next: Exclude<Settlement, { readonly state: 'waiting' }>): void => {
    const settledAt = clock.now();
    if (next.state === 'dead') {
      rows.jobs.put(row.id, { ...row, state: 'dead', lastReason: next.reason, detail: next.detail, settledAt });
    } else if (next.state === 'cancelled') {
      rows.jobs.put(row.id, { ...row, state: 'cancelled', detail: next.detail, settledAt });
    } else {
      rows.jobs.put(row.id, { ...row, state: 'done', proof: next.proof, settledAt });
      const place = JSON.stringify([row.incident, row.target]);
      if (next.ref !== undefined && !rows.refs.get(place)) rows.refs.put(place, next.ref);
    }
    if (row.kind !== 'delivery') return;
    changing.count({ channel: row.target, state: endOf[next.state], pairs: row.pairs });
  };
  const settleOne = ({ claim, next, changes }: Settled): boolean => {
    const row = held(claim);
    if (!row) return false;
    if (next.state === 'waiting') {
      const { due, reason, detail, progress, doubtful } = next;
      rows.jobs.put(row.id, { ...row, state: 'waiting', due, lastReason: reason, detail, progress, doubtful });
    } else end(row, next);
    if (changes) changing.apply(changes);
    return true;
  };

  return {
    claim: ({ now, until, limit, perTarget, except }) => {
      const busy = new Map<string, number>();
      const isFree = ({ kind, target }: JobRow): boolean =>
        kind === 'review' || ((busy.get(target) ?? 0) < perTarget && !except.includes(target));
      const occupy = ({ target }: JobRow): unknown => busy.set(target, (busy.get(target) ?? 0) + 1);
      const jobs = rows.jobs.all();
      for (const job of jobs) if (job.kind === 'delivery' && isClaimed(job, now)) occupy(job);
      const claims: Claim[] = [];
      for (const job of jobs.filter((each) => isDue(each, now)).sort(bySeverityAndDue)) {
        if (claims.length >= limit) break;
        if (!isFree(job)) continue;
        if (job.kind === 'delivery') occupy(job);
        claims.push(take(job, until));
      }
      return claims;
    },
    renew: (claims, until) =>
      claims.map((claim) => {
        const row = held(claim);
        if (row) rows.jobs.put(row.id, { ...row, claimedUntil: until });
        return row !== undefined;
      }),
    settle: (settled) => settled.map(settleOne),
    replay: (ids, due) =>
      [...new Set(ids)].flatMap((id) => {
        const row = rows.jobs.get(id);
        if (row?.state !== 'dead' || row.kind !== 'delivery') return [];
        const again: JobRow = { ...row, state: 'waiting', due, attempts: 0, settledAt: undefined };
        rows.jobs.put(id, again);
        changing.count({ channel: row.target, state: 'dead', pairs: -row.pairs });
        return [deliveryOf(again)];
      }),
  };
};
