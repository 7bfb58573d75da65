import type { Decision, DecisionKind, Instant, Millis } from '@therapytrain/alerts-core';
import { type AddressTable, createAddressTable } from './address-table.ts';
import { createById } from './by-id.ts';
import { type Chains, createChains, type Entry, entryOf } from './entries.ts';

/** All decisions that a cache keeps, each where it is looked up. */
export interface DecisionTable {
  readonly blocked: AddressTable;
  readonly throttled: AddressTable;
  readonly suspect: AddressTable;
  /** By user. */
  readonly users: Readonly<Record<'lock_account' | 'revoke_sessions' | 'step_up', Chains<string>>>;
  /** By {@link accessKey}. */
  readonly access: Chains<string>;
  /** Keeps it, in the place of the one of its id. Says whether it is new, or other than before. */
  put(decision: Decision): 'added' | 'extended' | 'same';
  /** False where none of this id is kept. */
  end(id: string): boolean;
  counts(): Readonly<Partial<Record<DecisionKind, number>>>;
  /** From here on is told what stays; what was not told until `endSnapshot` goes then. */
  beginSnapshot(): void;
  /** Gives the ids of those that went. */
  endSnapshot(): readonly string[];
  /** Lets go of what is past its time, so many at most; true where there may be more. */
  sweep(now: Instant, most: number): boolean;
}

/** What names the access of a user to a resource; no two of them have the same. */
export const accessKey = (userId: string, resource: string): string => `${userId.length} ${userId}${resource}`;

const bucketSpan: Millis = 60_000;

/** Entries by the minute in which they end, so that letting go looks at no others. */
const createEnds = () => {
  const buckets = new Map<number, Entry[]>();
  const bucketOf = (until: Instant): number => Math.floor(until / bucketSpan);
  return {
    add: (entry: Entry): void => {
      const bucket = buckets.get(bucketOf(entry.until));
      if (bucket) bucket.push(entry);
      else buckets.set(bucketOf(entry.until), [entry]);
    },
    /** Takes some whose minute is over, which may have been made to last longer since; undefined where there are none. */
    take: (now: Instant, most: number): readonly Entry[] | undefined => {
      for (const [minute, entries] of buckets) {
        if ((minute + 1) * bucketSpan > now) continue;
        const some = entries.splice(-most);
        if (entries.length === 0) buckets.delete(minute);
        return some;
      }
      return undefined;
    },
  };
};

type Places = Pick<DecisionTable, 'blocked' | 'throttled' | 'suspect' | 'users' | 'access'>;

interface Place {
  add(entry: Entry): boolean;
  remove(entry: Entry): void;
}

const createPlaces = (): { readonly places: Places; readonly of: Readonly<Record<DecisionKind, Place>> } => {
  const byKey = (chains: Chains<string>, keyOf: (entry: Entry) => string): Place => ({
    add: (entry) => {
      chains.add(keyOf(entry), entry);
      return true;
    },
    remove: (entry) => chains.remove(keyOf(entry), entry),
  });
  const byUser = (chains: Chains<string>): Place => byKey(chains, ({ target }) => target);
  const places: Places = {
    blocked: createAddressTable(),
    throttled: createAddressTable(),
    suspect: createAddressTable(),
    users: { lock_account: createChains(), revoke_sessions: createChains(), step_up: createChains() },
    access: createChains(),
  };
  return {
    places,
    of: {
      block_address: places.blocked,
      throttle_address: places.throttled,
      suspect_address: places.suspect,
      lock_account: byUser(places.users.lock_account),
      revoke_sessions: byUser(places.users.revoke_sessions),
      step_up: byUser(places.users.step_up),
      revoke_access: byKey(places.access, ({ target, resource }) => accessKey(target, resource)),
    },
  };
};

const isSamePlace = (entry: Entry, { kind, target, resource }: Decision): boolean =>
  entry.kind === kind && entry.target === target && entry.resource === resource;

/** Makes an empty table. */
export const createDecisionTable = (): DecisionTable => {
  const { places, of } = createPlaces();
  const entries = createById();
  const counts: Partial<Record<DecisionKind, number>> = {};
  const ends = createEnds();
  let generation = 0;
  const count = (kind: DecisionKind, by: number): void => {
    counts[kind] = (counts[kind] ?? 0) + by;
    if (counts[kind] === 0) delete counts[kind];
  };
  const drop = (entry: Entry): void => {
    of[entry.kind].remove(entry);
    entries.remove(entry);
    count(entry.kind, -1);
  };
  const add = (decision: Decision): void => {
    const entry = entryOf(decision, generation);
    if (!of[decision.kind].add(entry)) return;
    entries.add(entry);
    ends.add(entry);
    count(entry.kind, 1);
  };
  const change = (entry: Entry, { until, from, perMinute }: Decision): 'extended' | 'same' => {
    entry.generation = generation;
    if (entry.until === until && entry.from === from && entry.perMinute === perMinute) return 'same';
    const isMoved = entry.until !== until;
    Object.assign(entry, { until, from, perMinute });
    if (isMoved) ends.add(entry);
    return 'extended';
  };
  return {
    ...places,
    put: (decision) => {
      const known = entries.get(decision.id);
      if (known && isSamePlace(known, decision)) return change(known, decision);
      if (known) drop(known);
      add(decision);
      return known ? 'extended' : 'added';
    },
    end: (id) => {
      const entry = entries.get(id);
      if (entry) drop(entry);
      return entry !== undefined;
    },
    counts: () => ({ ...counts }),
    beginSnapshot: () => void generation++,
    endSnapshot: () => {
      const gone: string[] = [];
      for (const entry of entries.values()) if (entry.generation < generation) gone.push(entry.id);
      for (const id of gone) {
        const entry = entries.get(id);
        if (entry) drop(entry);
      }
      return gone;
    },
    sweep: (now, most) => {
      const over = ends.take(now, most);
      // One that was made to last longer is in more than one bucket, or twice in the same one.
      for (const entry of over ?? []) if (entries.get(entry.id) === entry && entry.until <= now) drop(entry);
      return over !== undefined;
    },
  };
};
