import { afterEach } from '@jest/globals';
import { createDecisionCache, type DecisionCache } from '@therapytrain/alerts-client';
import { type Decision, systemClock } from '@therapytrain/alerts-core';
import { memoryFeed } from '@therapytrain/alerts-responders';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of cleanups.splice(0).reverse()) await each();
});

/** Called after the test that is running. Last in, first out. */
export const after = (each: () => unknown): void => void cleanups.push(each);

/** Decisions of this process, and a cache that follows them. */
export interface World {
  readonly cache: DecisionCache;
  /** Puts a decision in force for an hour; of the address of this machine, unless it says otherwise. */
  decide(changes: Partial<Decision> & Pick<Decision, 'kind'>): Promise<string>;
  end(id: string): Promise<void>;
}

/** Opens a world that ends with the test. */
export const openWorld = (): World => {
  const feed = memoryFeed({ clock: systemClock });
  const cache = createDecisionCache(feed, { clock: systemClock });
  after(() => cache.close());
  let ids = 0;
  return {
    cache,
    decide: async (changes) => {
      const from = systemClock.now();
      const id = String(++ids);
      const decision = { id, target: '127.0.0.1', resource: '', perMinute: 0, from, until: from + 3_600_000 };
      await feed.put({ ...decision, playbook: 'brute-force', incident: '', ...changes }, 1);
      return id;
    },
    end: async (id) => void (await feed.end(id, 2)),
  };
};

/** What a service answered over HTTP. */
export interface HttpSeen {
  readonly status: number;
  readonly code: unknown;
  readonly header: (name: string) => string | null;
}

/** Asks a service on this machine. */
export const ask = async (port: number, path: string, headers: Record<string, string> = {}): Promise<HttpSeen> => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
  const text = await response.text();
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') ?? false;
  const code = isProblem ? (JSON.parse(text) as { code: unknown }).code : undefined;
  return { status: response.status, code, header: (name) => response.headers.get(name) };
};
