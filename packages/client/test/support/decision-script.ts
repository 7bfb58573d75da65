import type { Decision } from '@therapytrain/alerts-core';
import { createFakeClock, epoch, type FakeClock } from '@therapytrain/alerts-testkit';
import { createFollowedCache } from '../../src/decisions/cache.ts';
import type { DecisionCache, DecisionCacheOptions, DecisionEvent } from '../../src/index.ts';

/** A decision that is in force for an hour from the beginning of the fake time. */
export const decisionOf = (id: string, changes: Partial<Decision> = {}): Decision => ({
  id,
  kind: 'block_address',
  target: '192.0.2.7',
  resource: '',
  perMinute: 0,
  from: epoch,
  until: epoch + 3_600_000,
  playbook: 'brute-force',
  incident: '',
  ...changes,
});

/** A cache in fake time, and the gateway that it follows: a script of events. */
export interface ScriptedCache {
  readonly clock: FakeClock;
  readonly cache: DecisionCache;
  /** What it said that it enforces. */
  readonly said: string[];
  /** The gateway tells this. */
  tell(...events: readonly DecisionEvent[]): Promise<void>;
  /** A snapshot of these. */
  snapshot(...decisions: readonly Decision[]): Promise<void>;
  /** The stream ends for good. */
  fail(error: Error): Promise<void>;
}

/** Makes a cache over a script. */
export const scripted = (options: DecisionCacheOptions = {}): ScriptedCache => {
  const clock = createFakeClock();
  const said: string[] = [];
  const queue: (DecisionEvent | Error)[] = [];
  let wake = (): void => undefined;
  const stream = async function* () {
    for (;;) {
      const next = queue.shift();
      if (next instanceof Error) throw next;
      if (next) yield next;
      else await new Promise<void>((resolve) => void (wake = resolve));
    }
  };
  const cache = createFollowedCache(
    {
      clock,
      stream,
      acknowledge: async (enforcer, cursor) => void said.push(`${enforcer} ${cursor}`),
      signal: new AbortController().signal,
    },
    options,
  );
  let cursors = 0;
  const tell = async (...events: readonly (DecisionEvent | Error)[]): Promise<void> => {
    queue.push(...events);
    wake();
    await clock.advance(0);
  };
  return {
    clock,
    cache,
    said,
    tell,
    snapshot: (...decisions) =>
      tell(
        { kind: 'begin' },
        { kind: 'changes', decisions, ended: [], cursor: '' },
        { kind: 'end', cursor: `snapshot-${++cursors}`, at: clock.now() },
      ),
    fail: (error) => tell(error),
  };
};
