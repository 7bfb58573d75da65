import { createAlertClient } from '@therapytrain/alerts-client';
import { done, endWithBench, settingsOf, tell } from './script.ts';

/** A service that begins to follow decisions. */
export interface SnapshotSettings {
  readonly address: string;
}

const { address } = settingsOf<SnapshotSettings>();

endWithBench();
const client = createAlertClient({ address });
// The connection is there, and the code that decodes is loaded.
await client.health();
const from = performance.now();
const cache = client.decisions.cache();
await cache.ready();
const ready = performance.now() - from;
const count = Object.values(cache.counts()).reduce((sum, each) => sum + each, 0);
tell('ready', { ready, count });
cache.close();
await client.close();
done(count);
