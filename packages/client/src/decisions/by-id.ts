import type { Entry } from './entries.ts';

/** Entries by id. */
export interface ById {
  get(id: string): Entry | undefined;
  /** The id must not be there. */
  add(entry: Entry): void;
  /** It must be there. */
  remove(entry: Entry): void;
  values(): Iterable<Entry>;
}

// Below this letting go of what was removed is not worth the while.
const fewGone = 1_024;

/**
 * Makes an empty table of ids. A snapshot comes in the order of ids, and new ones ascend with time, as UUIDs of version 7
 * do: these are a sorted list, which costs a tenth of what a hash of a million texts does. What comes out of order is
 * hashed.
 */
export const createById = (): ById => {
  let sorted: Entry[] = [];
  let gone = new Set<Entry>();
  const others = new Map<string, Entry>();
  const inSorted = (id: string): Entry | undefined => {
    const last = sorted.at(-1);
    if (last === undefined || id > last.id) return undefined;
    let [low, high] = [0, sorted.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle] as Entry).id < id) low = middle + 1;
      else high = middle;
    }
    const found = sorted[low] as Entry;
    return found.id === id && !gone.has(found) ? found : undefined;
  };
  return {
    get: (id) => inSorted(id) ?? (others.size === 0 ? undefined : others.get(id)),
    add: (entry) => {
      const last = sorted.at(-1);
      if (last === undefined || entry.id > last.id) sorted.push(entry);
      else others.set(entry.id, entry);
    },
    remove: (entry) => {
      if (others.get(entry.id) === entry) return void others.delete(entry.id);
      gone.add(entry);
      if (gone.size < fewGone || gone.size < sorted.length / 2) return;
      sorted = sorted.filter((each) => !gone.has(each));
      gone = new Set();
    },
    *values() {
      for (const entry of sorted) if (!gone.has(entry)) yield entry;
      yield* others.values();
    },
  };
};
