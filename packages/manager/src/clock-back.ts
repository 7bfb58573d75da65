import type { Changes, Instant, Millis, Response, Store } from '@therapytrain/alerts-core';
import { withoutConflict } from './changes.ts';
import { createClockJump } from './clock-jump.ts';
import type { Leases } from './leases.ts';
import type { RespondingParts } from './responding.ts';
import { endInSpan, next, said } from './stages/respond.ts';
import { responseJob } from './stages/response-job.ts';
import type { RouteFacts } from './stages/route.ts';

/** Less than this the two clocks drift apart by themselves. */
const tolerance: Millis = 2_000;
const page = 200;
/** What was read by the clock that was ahead may be written for so long after it has jumped, and is looked for this often. */
const settlesWithin: Millis = 60_000;
const lookEvery: Millis = 2_000;

/** What is due, or ends, by a clock that was ahead. */
const states = ['planned', 'executing', 'in_force', 'reverting'] as const;

const isAhead = ({ updatedAt }: Response, now: Instant): boolean => updatedAt > now + tolerance;

/**
 * The response as if it were written by the clock as it is now: it lasts for what is left of its lease, where that is
 * known, else no longer than its span. Due at once, so that whoever keeps the end hears of the new one.
 */
export const rebased = (
  response: Response,
  left: Millis | undefined,
  facts: RouteFacts,
): Pick<Changes, 'responses' | 'jobs' | 'audit'> => {
  const { now } = facts;
  const { from } = response;
  const until = endInSpan(response, now);
  const changed = next(
    response,
    {
      from: from === undefined ? undefined : Math.min(from, now),
      until: until === undefined ? undefined : Math.min(until, now + (left ?? Infinity)),
    },
    now,
  );
  return {
    responses: [changed],
    jobs: [responseJob(changed, now, facts)],
    audit: [said('clock_back', changed, facts)],
  };
};

async function* standing(store: Store): AsyncGenerator<Response> {
  let before: string | undefined;
  for (;;) {
    const some = await store.responses({ states, limit: page, ...(before !== undefined && { before }) });
    yield* some;
    before = some.at(-1)?.id;
    if (some.length < page || before === undefined) return;
  }
}

/**
 * Makes what is to be asked now and then. Where the wall clock has jumped back, for a minute after that, and once at the
 * start, it has everything looked at at once that is due by the clock as it was: it would lie there for as long as the jump
 * was wide.
 */
export const createClockBack = (
  { store, ports: { clock }, facts }: RespondingParts,
  leases: Leases,
): (() => Promise<void>) => {
  const jump = createClockJump(clock, tolerance);
  let lookUntil = -Infinity;
  let looked = -Infinity;
  return async () => {
    const isBack = jump.isBack();
    const monotonic = clock.monotonic();
    const isWatching = monotonic < lookUntil && monotonic >= looked + lookEvery;
    if (!isBack && !isWatching) return;
    for await (const { id, ...listed } of standing(store)) {
      if (!isAhead({ id, ...listed }, facts().now)) continue;
      await withoutConflict(async () => {
        const fresh = await store.response(id);
        const at = facts();
        const isStill = fresh && states.some((state) => state === fresh.state) && isAhead(fresh, at.now);
        if (!isStill) return;
        const changes = rebased(fresh, leases.left(fresh), at);
        await store.commit(changes);
        for (const each of changes.responses ?? []) leases.see(each);
      });
    }
    // Only now: what failed is done again. At the start nobody is left who could still write by another clock.
    if (isBack && !jump.isFirst()) lookUntil = monotonic + settlesWithin;
    looked = monotonic;
    if (isBack) jump.settled();
  };
};
