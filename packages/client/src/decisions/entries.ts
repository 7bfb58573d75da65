import type { Decision, DecisionKind, Instant } from '@therapytrain/alerts-core';

/** A decision as a cache keeps it: of a million, each field counts. Entries of the same place are a chain. */
export interface Entry {
  readonly id: string;
  readonly kind: DecisionKind;
  readonly target: string;
  readonly resource: string;
  perMinute: number;
  from: Instant;
  until: Instant;
  /** Of the last snapshot that told it. */
  generation: number;
  next: Entry | undefined;
}

/** An entry of its own. */
export const entryOf = (decision: Decision, generation: number): Entry => {
  const { id, kind, target, resource, perMinute, from, until } = decision;
  return { id, kind, target, resource, perMinute, from, until, generation, next: undefined };
};

/** A map of chains. */
export interface Chains<K> {
  get(key: K): Entry | undefined;
  add(key: K, entry: Entry): void;
  remove(key: K, entry: Entry): void;
  readonly size: number;
}

/** Makes an empty map of chains. */
export const createChains = <K>(): Chains<K> => {
  const heads = new Map<K, Entry>();
  return {
    get: (key) => heads.get(key),
    add: (key, entry) => {
      entry.next = heads.get(key);
      heads.set(key, entry);
    },
    remove: (key, entry) => {
      const head = heads.get(key);
      if (head === entry) {
        if (entry.next) heads.set(key, entry.next);
        else heads.delete(key);
        return;
      }
      let before = head;
      while (before && before.next !== entry) before = before.next;
      if (before) before.next = entry.next;
    },
    get size() {
      return heads.size;
    },
  };
};
