import type { Claim, Clock, Instant, Millis, Store } from '@therapytrain/alerts-core';
import { createClockJump } from './clock-jump.ts';
import type { Control } from './control/control.ts';
import type { FollowUp } from './flow.ts';

/** How long a claim lasts, and how often it is renewed while the attempt goes on. */
const lease: Millis = 30_000;
const renewEvery: Millis = 10_000;
/** A clock that goes back by less does no harm: jobs wait that much longer. */
const tolerance: Millis = 60_000;
/** How long it rests when the store is away. */
const rest: Millis = 1_000;
/** A clock that jumps back must not put work off for long. */
const longestNap: Millis = 60_000;

/** What working is made of. */
export interface WorkerParts {
  readonly store: Store;
  readonly followUp: Pick<FollowUp, 'work'>;
  readonly clock: Clock;
  /** How many attempts at once, in all. */
  readonly concurrency: number;
  /** What keeps channels from too much. */
  readonly control: Pick<Control, 'bounds'>;
  /** What is to be looked after now and then, before work is claimed. A failure of it keeps no work back. */
  readonly upkeep: () => Promise<void>;
  /** The longest that a delivery waits that was never tried. */
  readonly longestWait: () => Millis;
  readonly onError: (error: unknown) => void;
}

/** Does what is due: the most severe first, as much as its limits allow. */
export interface Worker {
  /** There may be something new to do. */
  wake(): void;
  /** How many attempts are under way. */
  busy(): number;
  /** Claims no more, gives the attempts under way up, and waits until they have ended. */
  stop(): Promise<void>;
}

/**
 * Puts due times right where the wall clock may have gone back since that was done last: by more than what does no harm,
 * or, at first, while no process was there to see it.
 */
const createRebase = ({ store, clock, longestWait }: Pick<WorkerParts, 'store' | 'clock' | 'longestWait'>) => {
  const jump = createClockJump(clock, tolerance);
  return async (): Promise<void> => {
    if (!jump.isBack()) return;
    await store.rebase({ now: clock.now(), tolerance, longest: longestWait() });
    jump.settled();
  };
};

/** Starts working. */
export const startWorker = (parts: WorkerParts): Worker => {
  const { store, followUp, control, clock, concurrency, upkeep, onError } = parts;
  const rebase = createRebase(parts);
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  let woken = false;
  let wakeUp: (() => void) | undefined;
  const wake = (): void => {
    woken = true;
    wakeUp?.();
  };

  const held = new Set<Claim>();
  const keepClaimed = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await clock.sleep(renewEvery, stopping.signal).catch(() => undefined);
      // Where the store is away, who claims tells of it.
      if (held.size > 0) await store.renew([...held], clock.now() + lease).catch(() => undefined);
    }
  };
  const workOn = async (claim: Claim): Promise<void> => {
    held.add(claim);
    try {
      await followUp.work(claim, stopping.signal);
    } catch (error) {
      // The claim runs out, and the job is tried again.
      onError(error);
    } finally {
      held.delete(claim);
    }
  };
  const start = (claim: Claim): void => {
    const work = workOn(claim).finally(() => {
      running.delete(work);
      wake();
    });
    running.add(work);
  };
  const nap = async (until: Instant | undefined): Promise<void> => {
    const span = Math.min(longestNap, until === undefined ? longestNap : Math.max(0, until - clock.now()));
    const over = new AbortController();
    const woke = new Promise<void>((resolve) => {
      wakeUp = resolve;
      if (woken || stopping.signal.aborted) resolve();
    });
    await Promise.race([woke, clock.sleep(span, over.signal).catch(() => undefined)]);
    over.abort();
  };
  const round = async (): Promise<void> => {
    woken = false;
    await upkeep().catch(onError);
    await rebase();
    const now = clock.now();
    const limit = concurrency - running.size;
    const claims = limit > 0 ? await store.claim({ now, until: now + lease, limit, ...control.bounds() }) : [];
    for (const claim of claims) start(claim);
    if (claims.length > 0 && running.size < concurrency) return;
    const due = running.size < concurrency ? await store.nextDue() : undefined;
    // What is due and was not claimed waits for an attempt of its channel to end, which wakes us.
    await nap(due !== undefined && due <= now ? now + rest : due);
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await round();
      } catch (error) {
        onError(error);
        await clock.sleep(rest, stopping.signal).catch(() => undefined);
      }
    }
  };
  const ended = Promise.all([run(), keepClaimed()]);
  return {
    wake,
    busy: () => running.size,
    stop: async () => {
      stopping.abort();
      wakeUp?.();
      await ended;
      await Promise.allSettled(running);
    },
  };
};
