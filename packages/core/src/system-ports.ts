import { randomFillSync } from 'node:crypto';
import { createIds } from './ids.ts';
import type { Clock, Millis, Ports, Random } from './ports.ts';

// A timer of Node with a longer span fires at once.
const longestTimer = 2 ** 31 - 1;

// Most sleeps are given up, one with each request: Node's own makes an error with a stack then, which costs more than all
// else of it.
const delay = (span: Millis, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const giveUp = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', giveUp);
      resolve();
    }, span);
    signal?.addEventListener('abort', giveUp, { once: true });
  });

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (span, signal) => {
    let left = span;
    for (; left > longestTimer; left -= longestTimer) await delay(longestTimer, signal);
    await delay(left, signal);
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
