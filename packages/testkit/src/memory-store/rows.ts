import type {
  AuditEntry,
  Cursor,
  Delivery,
  DeliveryState,
  Hidden,
  DetectionWindow,
  Incident,
  Instant,
  PairState,
  Silence,
  SubjectKey,
  WindowKey,
} from '@therapytrain/alerts-core';

/** A job with all that is known of it. Rows are replaced and never changed, so that what was read stays as it was. */
export interface JobRow extends Omit<Delivery, 'state'> {
  readonly state: DeliveryState;
  /** How often it was claimed, ever: the newest claim's token. */
  readonly claims: number;
  readonly claimedUntil: Instant;
}

/** Rows by their key. A write is taken back if the transaction that it belongs to fails. */
export interface Table<V> {
  get(key: string): V | undefined;
  put(key: string, value: V): void;
  remove(key: string): void;
  all(): V[];
  keys(): string[];
}

/** What a channel's pairs became. */
export type Counted = Readonly<Record<PairState, number>>;

/** All that a store over maps keeps. */
export interface Rows {
  readonly incidents: Table<Incident>;
  /** By incident: the place of its newest change in the order of all. */
  readonly places: Table<Cursor>;
  readonly jobs: Table<JobRow>;
  readonly silences: Table<Silence>;
  /** By silence and incident. */
  readonly hidden: Table<Hidden>;
  readonly counts: Table<Counted>;
  /** By incident and channel. */
  readonly refs: Table<string>;
  /** When each was done. */
  readonly requests: Table<Instant>;
  /** By {@link windowPlace}. */
  readonly windows: Table<DetectionWindow>;
  readonly subjects: Table<SubjectKey>;
  cursor(): Cursor;
  moveCursor(to: Cursor): void;
  audit(): readonly AuditEntry[];
  addEntry(entry: AuditEntry): void;
  /** Does all of the work, or leaves everything as it was and throws what the work threw. */
  transact<T>(work: () => T): T;
}

/** Where a window lies. */
export const windowPlace = ({ detection, group }: WindowKey): string => JSON.stringify([detection, group]);

/** Makes an empty store's rows. */
export const createRows = (): Rows => {
  let undo: (() => void)[] = [];
  const table = <V>(): Table<V> => {
    const rows = new Map<string, V>();
    return {
      get: (key) => rows.get(key),
      all: () => [...rows.values()],
      keys: () => [...rows.keys()],
      put: (key, value) => {
        const before = rows.get(key);
        undo.push(() => void (before === undefined ? rows.delete(key) : rows.set(key, before)));
        rows.set(key, value);
      },
      remove: (key) => {
        const before = rows.get(key);
        if (before === undefined) return;
        undo.push(() => void rows.set(key, before));
        rows.delete(key);
      },
    };
  };
  const entries: AuditEntry[] = [];
  let cursor = 0;
  return {
    incidents: table(),
    places: table(),
    jobs: table(),
    silences: table(),
    hidden: table(),
    counts: table(),
    refs: table(),
    requests: table(),
    windows: table(),
    subjects: table(),
    cursor: () => cursor,
    moveCursor: (to) => {
      const before = cursor;
      undo.push(() => void (cursor = before));
      cursor = to;
    },
    audit: () => entries,
    addEntry: (entry) => {
      undo.push(() => void entries.pop());
      entries.push(entry);
    },
    transact: (work) => {
      undo = [];
      try {
        return work();
      } catch (error) {
        for (const step of undo.reverse()) step();
        throw error;
      }
    },
  };
};
