import type { Store } from '@therapytrain/alerts-core';
import { Secret } from '@therapytrain/alerts-core/channel';
import { createMemoryLog, createPolicy, type Engine, policySchema, startEngine } from '@therapytrain/alerts-manager';
import { createMemoryStore } from '@therapytrain/alerts-testkit';
import { type AlertLog, systemPorts } from '@therapytrain/alerts-core';
import { after } from '../support.ts';

/** A policy that makes incidents and tells nobody. */
export const quietPolicy = createPolicy(policySchema.parse({ routes: [{ receivers: [] }] }));

/** A manager at work over a log and a store in memory. */
export interface TestEngine {
  readonly engine: Engine;
  readonly log: AlertLog;
  readonly store: Store;
}

/** Starts one that ends with the test. */
export const openEngine = (): TestEngine => {
  const log = createMemoryLog({ capacity: 100_000 });
  const ports = systemPorts();
  const store = createMemoryStore(ports);
  const engine = startEngine({
    log,
    store,
    policy: () => quietPolicy,
    channel: () => undefined,
    pseudonymKey: new Secret('the key of a test, of no worth at all'),
    ports,
    onError: (error) => {
      throw error;
    },
  });
  after(() => engine.stop());
  return { engine, log, store };
};
