import type { AlertLog, Clock } from '@therapytrain/alerts-core';
import type { Policy } from '@therapytrain/alerts-manager';

const interval = 60_000;

/** Lets old alerts go, once a minute, as the policy says. */
export const startRetention = (
  log: AlertLog,
  retention: () => Policy['retention'],
  clock: Clock,
  onRetained: (count: number) => void,
  onFailure: (error: unknown) => void,
): { stop(): void } => {
  const over = new AbortController();
  const once = async (): Promise<void> => {
    const { maxAge, maxBytes } = retention();
    if (maxAge === undefined && maxBytes === undefined) return;
    const count = await log.retain({
      ...(maxAge === undefined ? {} : { before: clock.now() - maxAge }),
      ...(maxBytes === undefined ? {} : { maxBytes }),
    });
    if (count > 0) onRetained(count);
  };
  const run = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await once().catch(onFailure);
      await clock.sleep(interval, over.signal).catch(() => {});
    }
  };
  void run();
  return { stop: () => over.abort() };
};
