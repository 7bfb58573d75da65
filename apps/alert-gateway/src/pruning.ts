import type { Clock, Instant, Store } from '@therapytrain/alerts-core';
import type { Policy } from '@therapytrain/alerts-manager';

const interval = 60_000;
/** Rows of each sort in one commit: others wait a few milliseconds at most. */
const rowsAtOnce = 500;
/** Between two commits, so that what is planned and delivered meanwhile has its turn. */
const breath = 20;

/** What letting go works with. */
export interface PruningParts {
  readonly store: Pick<Store, 'prune' | 'commit'>;
  readonly policy: () => Pick<Policy, 'retention' | 'reopenWithin'>;
  readonly clock: Clock;
  readonly onPruned: (rows: number) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Lets go of what followed from alerts and is over, once a minute and in small steps, as the policy says. */
export const startPruning = ({ store, policy, clock, onPruned, onFailure }: PruningParts): { stop(): void } => {
  const over = new AbortController();
  const bound = (): Instant => {
    const { retention, reopenWithin } = policy();
    // One that may be opened again must be there.
    return clock.now() - Math.max(retention.incidents, reopenWithin);
  };
  const once = async (): Promise<void> => {
    if (policy().retention.hold) return;
    const before = bound();
    let rows = 0;
    while (!over.signal.aborted) {
      const gone = await store.prune({ before, limit: rowsAtOnce });
      rows += gone;
      if (gone === 0) break;
      await clock.sleep(breath, over.signal).catch(() => undefined);
    }
    if (rows === 0) return;
    const audit = { at: clock.now(), actor: 'gateway', action: 'retention.pruned', subject: 'plan', facts: { rows } };
    await store.commit({ audit: [audit] });
    onPruned(rows);
  };
  const run = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await once().catch(onFailure);
      await clock.sleep(interval, over.signal).catch(() => undefined);
    }
  };
  void run();
  return { stop: () => over.abort() };
};
