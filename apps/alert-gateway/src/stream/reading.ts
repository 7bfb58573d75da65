import type { AlertLog, Cursor, LogBatch } from '@therapytrain/alerts-core';

// What was read waits in memory until it is given, so only some may be read for at a time.
const readers = 8;
const alerts = 256;

/** Reads from the log for many, a few at a time; the others wait in the order they asked. */
export const createReading = (log: AlertLog): ((after: Cursor) => Promise<LogBatch>) => {
  let reading = 0;
  const waiting: (() => void)[] = [];
  return async (after) => {
    if (reading === readers) await new Promise<void>((resolve) => void waiting.push(resolve));
    else reading++;
    try {
      return await log.read(after, alerts);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else reading--;
    }
  };
};
