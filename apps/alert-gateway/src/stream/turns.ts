import type { Clock } from '@therapytrain/alerts-core';

/** Whoever waits for a turn. */
export interface Waiting {
  /** True while it waits; for `Turns` alone to write. */
  queued: boolean;
}

/** Gives turns to those who have something to do, in the order they asked, and lets the event loop breathe in between. */
export interface Turns<T extends Waiting> {
  /** Asks for a turn. Who waits already keeps its place. */
  ask(who: T): void;
}

// How long all of them together may hold up the event loop: reports must not wait for a thousand subscribers.
const longest = 8;

/** Makes the turns. */
export const createTurns = <T extends Waiting>(clock: Clock, serve: (who: T) => void): Turns<T> => {
  let waiting: T[] = [];
  let scheduled = false;
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(run);
  };
  const run = (): void => {
    scheduled = false;
    const until = clock.monotonic() + longest;
    let at = 0;
    for (; at < waiting.length; at++) {
      if ((at & 15) === 15 && clock.monotonic() > until) break;
      const who = waiting[at];
      if (!who) continue;
      who.queued = false;
      serve(who);
    }
    waiting = waiting.slice(at);
    if (waiting.length > 0) schedule();
  };
  return {
    ask: (who) => {
      if (who.queued) return;
      who.queued = true;
      waiting.push(who);
      schedule();
    },
  };
};
