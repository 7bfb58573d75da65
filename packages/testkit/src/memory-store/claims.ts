import {
  AlertError,
  type Claim,
  type Clock,
  type Delivery,
  type Instant,
  type Settled,
  type Settlement,
  type Store,
} from '@therapytrain/alerts-core';
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
  rebase(by: Parameters<Store['rebase']>[0]): number;
}

const isClaimed = ({ state, claimedUntil }: JobRow, now: Instant): boolean => state === 'claimed' && claimedUntil > now;

const isDue = (job: JobRow, now: Instant): boolean =>
  job.state === 'waiting' ? job.due <= now : job.state === 'claimed' && job.claimedUntil <= now;

const bySeverityAndDue = (one: JobRow, other: JobRow): number =>
  other.severity - one.severity || one.due - other.due || (one.id < other.id ? -1 : 1);

// An attempt that says nothing of them leaves what is known.
const saidIn = ({ recipients }: Pick<Delivery, 'recipients'>) => recipients && { recipients };

/** What pairs become that a settled job stands for. */
const endOf = { done: 'delivered', dead: 'dead', cancelled: 'suppressed' } as const;

/** The job of a claim, while the claim holds. */
const createHeld =
  (rows: Rows) =>
  ({ job, token }: Claim): JobRow | undefined => {
    const row = rows.jobs.get(job.id);
    return row?.state === 'claimed' && String(row.claims) === token ? row : undefined;
  };

/** Makes what settles. */
const createSettleOne = (
  rows: Rows,
  changing: Changing,
  clock: Pick<Clock, 'now'>,
  held: (claim: Claim) => JobRow | undefined,
) => {
  const end = (row: JobRow, next: Extract<Settlement, { readonly state: 'done' | 'dead' | 'cancelled' }>): void => {
    const settledAt = clock.now();
    if (next.state === 'dead') {
      const { reason: lastReason, detail } = next;
      rows.jobs.put(row.id, { ...row, ...saidIn(next), state: 'dead', lastReason, detail, settledAt });
    } else if (next.state === 'cancelled') {
      rows.jobs.put(row.id, { ...row, state: 'cancelled', detail: next.detail, settledAt });
    } else {
      rows.jobs.put(row.id, { ...row, ...saidIn(next), state: 'done', proof: next.proof, settledAt });
      const place = JSON.stringify([row.incident, row.target]);
      if (next.ref !== undefined && !rows.refs.get(place)) rows.refs.put(place, next.ref);
    }
    if (row.kind !== 'delivery') return;
    const told = next.state === 'done' && row.event === 'digest' ? 'digested' : endOf[next.state];
    changing.count({ channel: row.target, state: told, pairs: row.pairs });
  };
  /** A digest tells it from now on: the one that waits in the slot, now that the changes are made. */
  const join = (row: JobRow, slot: string): void => {
    const digest = changing.inSlot(slot)?.id;
    if (digest === undefined) throw new AlertError('DEFECT', 'no job waits in the slot of the digest');
    rows.jobs.put(row.id, { ...row, state: 'digested', digest, settledAt: clock.now() });
  };
  const settleOne = ({ claim, next, stoodIn, changes }: Settled): boolean => {
    const kept = held(claim);
    if (!kept) return false;
    const row = stoodIn ? { ...kept, stoodIn } : kept;
    // While it waits this says when it began to.
    const claimedUntil = clock.now();
    if (next.state === 'waiting') {
      const { due, reason, detail, progress, doubtful } = next;
      const again = { ...saidIn(next), due, lastReason: reason, detail, progress, doubtful };
      rows.jobs.put(row.id, { ...row, ...again, claimedUntil, state: 'waiting' });
    } else if (next.state === 'returned') {
      rows.jobs.put(row.id, { ...row, claimedUntil, state: 'waiting', due: next.due, attempts: row.attempts - 1 });
    } else if (next.state !== 'digested') end(row, next);
    if (changes) changing.apply(changes);
    if (next.state === 'digested') join(row, next.slot);
    return true;
  };
  return settleOne;
};

/** Makes what puts due times right after the clock went back. */
const createRebase =
  (rows: Rows): Claims['rebase'] =>
  ({ now, tolerance, longest }) => {
    const rebased = (job: JobRow): JobRow => {
      const touched = Math.max(job.createdAt, job.claimedUntil);
      if (touched > now + tolerance) {
        const [createdAt, claimedUntil] = [Math.min(job.createdAt, now), Math.min(job.claimedUntil, now)];
        return { ...job, due: now + Math.max(0, job.due - touched), createdAt, claimedUntil };
      }
      const isFar = job.kind === 'delivery' && job.attempts === 0 && job.due > now + longest;
      return isFar ? { ...job, due: now } : job;
    };
    const waiting = rows.jobs.all().filter(({ state }) => state === 'waiting');
    const changed = waiting.map(rebased).filter((job, at) => job !== waiting[at]);
    for (const job of changed) rows.jobs.put(job.id, job);
    return changed.length;
  };

/** Makes what claims and settles; `clock` tells when a job ended. */
export const createClaims = (rows: Rows, changing: Changing, clock: Pick<Clock, 'now'>): Claims => {
  const held = createHeld(rows);
  const settleOne = createSettleOne(rows, changing, clock, held);
  const take = (job: JobRow, until: Instant): Claim => {
    const [attempts, claims] = [job.attempts + 1, job.claims + 1];
    const row: JobRow = { ...job, state: 'claimed', attempts, claims, claimedUntil: until };
    rows.jobs.put(job.id, row);
    return { job: jobOf(row), token: String(row.claims), until };
  };

  return {
    claim: ({ now, until, limit, perTarget, except, unaided }) => {
      const busy = new Map<string, number>();
      const place = ({ kind, target }: JobRow): string => `${kind} ${target}`;
      const most = ({ kind, target }: JobRow): number =>
        kind === 'delivery' && Object.hasOwn(perTarget.of, target) ? (perTarget.of[target] ?? 0) : perTarget.default;
      const isHeld = ({ kind, target, stoodIn }: JobRow): boolean =>
        kind === 'delivery' && (except.includes(target) || (stoodIn === true && unaided.includes(target)));
      const isFree = (job: JobRow): boolean =>
        job.kind === 'review' || ((busy.get(place(job)) ?? 0) < most(job) && !isHeld(job));
      const occupy = (job: JobRow): unknown => busy.set(place(job), (busy.get(place(job)) ?? 0) + 1);
      const jobs = rows.jobs.all();
      for (const job of jobs) if (job.kind !== 'review' && isClaimed(job, now)) occupy(job);
      const isFailing = ({ kind, target, state, lastReason }: JobRow): boolean =>
        kind === 'delivery' && state === 'waiting' && lastReason !== '' && unaided.includes(target);
      const claims: Claim[] = [];
      for (const job of jobs.filter((each) => isDue(each, now) || isFailing(each)).sort(bySeverityAndDue)) {
        if (claims.length >= limit) break;
        if (!isFree(job)) continue;
        if (job.kind !== 'review') occupy(job);
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
    rebase: createRebase(rows),
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
