import { setTimeout as sleep } from 'node:timers/promises';

/** The settings that this script was started with. */
export const settingsOf = <T>(): T => JSON.parse(process.argv[2] ?? '{}') as T;

/** Tells the bench something. */
export const tell = (kind: string, more: object = {}): void => void process.send?.({ kind, ...more });

/** Resolves when the bench says so. Without the bench there is nothing left to do. */
export const told = (kind: string): Promise<void> =>
  new Promise((resolve) => {
    process.on('message', (message: { readonly kind: string }) => {
      if (message.kind === kind) resolve();
    });
  });

/** Tells the bench how many there were in all, warm-up included, and how many were refused, and ends this script. */
export const done = (total: number, refused = 0): void =>
  void process.send?.({ kind: 'done', total, refused }, () => process.exit(0));

/** Ends this script when the bench is gone, however it went. */
export const endWithBench = (): void => void process.once('disconnect', () => process.exit(0));

/** How long a load runs. */
export interface LoadTimes {
  readonly warmUp: number;
  readonly seconds: number;
  /** Runs until so many are counted instead, and measures nothing. */
  readonly until?: number;
}

const glance = 10;

/**
 * Measures a load that is running: waits while it warms up, then tells the bench what it counted in the time given, and
 * what else there is to tell of it.
 */
export const measureLoad = async (
  { warmUp, seconds, until }: LoadTimes,
  count: () => number,
  more: object = {},
): Promise<void> => {
  if (until !== undefined) {
    while (count() < until) await sleep(glance);
    return;
  }
  await sleep(warmUp * 1000);
  tell('begin');
  const from = performance.now();
  const before = count();
  await sleep(seconds * 1000);
  tell('end', { result: { count: count() - before, seconds: (performance.now() - from) / 1000, ...more } });
};
