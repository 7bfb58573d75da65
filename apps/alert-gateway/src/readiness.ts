import type { Clock, Millis } from '@therapytrain/alerts-core';
import { every } from './every.ts';

// reliability.md §4.2: an event loop that is this late, for this long, should be sent nothing more.
const stuckLoop: Millis = 2_000;
const patience: Millis = 5_000;
const glance: Millis = 1_000;

/**
 * Says that the gateway is ready, and that it is not while its event loop has been stuck for 5 s, until it is stopped:
 * then it is not ready any more.
 */
export const startReadiness = (
  clock: Clock,
  loopDelay: () => Millis,
  set: (ready: boolean) => void,
): { stop(): void } => {
  let ready = true;
  let changedAt: Millis | undefined;
  const look = (): void => {
    const well = loopDelay() <= stuckLoop;
    const now = clock.monotonic();
    if (well === ready) changedAt = undefined;
    else if (now - (changedAt ??= now) >= patience) {
      set((ready = well));
      changedAt = undefined;
    }
  };
  set(true);
  const looking = every(glance, clock, look);
  return {
    stop: () => {
      looking.stop();
      set(false);
    },
  };
};
