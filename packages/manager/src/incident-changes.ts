import type { Cursor, IncidentBatch, Store } from '@therapytrain/alerts-core';

/** Incidents as they change, for who follows along. */
export interface IncidentChanges {
  /** The place of the newest change. */
  newest(): Promise<Cursor>;
  /** Incidents that were changed after a place, each once, as it is now; see `Store.changedIncidents`. */
  after(place: Cursor, limit: number): Promise<IncidentBatch>;
  /** Calls the listener after each commit that may have changed an incident, until what it returns is called. */
  follow(listener: () => void): () => void;
}

/** A store that tells when a commit may have changed an incident, and what tells which. All writes must go through it. */
export const watchChanges = (store: Store): { readonly store: Store; readonly changes: IncidentChanges } => {
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    store: {
      ...store,
      commit: async (changes) => {
        await store.commit(changes);
        if (changes.incidents?.length) tell();
      },
      settle: async (settled) => {
        const held = await store.settle(settled);
        if (settled.some(({ changes }) => changes?.incidents?.length)) tell();
        return held;
      },
    },
    changes: {
      newest: () => store.newestChange(),
      after: (place, limit) => store.changedIncidents(place, limit),
      follow: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
  };
};
