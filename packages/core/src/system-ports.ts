import { randomFillSync } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createIds } from './ids.ts';
import type { Clock, Ports, Random } from './ports.ts';

// A timer of Node with a longer span fires at once.
const longestTimer = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (span, signal) => {
    try {
      let left = span;
      for (; left > longestTimer; left -= longestTimer) await delay(longestTimer, undefined, signal ? { signal } : {});
      await delay(left, undefined, signal ? { signal } : {});
    } catch (error) {
      // Node rejects with an error of its own, which has the reason as its cause.
      throw signal?.aborted ? signal.reason : error;
    }
  },
};

/** The machine's chance. */
export const systemRandom: Random = {
  fill: (bytes) => void randomFillSync(bytes),
  fraction: () => Math.random(),
};

/** The machine's clock and chance, and ids made of both that come after `newest`, if one is given. */
export const systemPorts = (newest?: string): Ports => ({
  clock: systemClock,
  random: systemRandom,
  ids: createIds(systemClock, systemRandom, newest),
});
