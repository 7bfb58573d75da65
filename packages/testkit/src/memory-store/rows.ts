import type {
  AuditEntry,
  Cursor,
  Decision,
  Delivery,
  DeliveryState,
  Hidden,
  DetectionWindow,
  Enforcer,
  Incident,
  Instant,
  KillSwitch,
  PairState,
  Response,
  Silence,
  Trip,
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

/** What is known of a decision: of one that was ended before it came, its fence alone. */
export interface DecisionRow {
  readonly fence: number;
  readonly decision: Decision | undefined;
  readonly place: Cursor;
  readonly endedAt: Instant | undefined;
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
  readonly responses: Table<Response>;
  /** By scope. */
  readonly trips: Table<Trip>;
  /** One at most. */
  readonly killSwitches: Table<KillSwitch>;
  readonly decisions: Table<DecisionRow>;
  readonly enforcers: Table<Enforcer>;
  readonly subjects: Table<SubjectKey>;
  cursor(): Cursor;
  moveCursor(to: Cursor): void;
  /** The place of the newest change of all decisions. */
  decisionPlace(): Cursor;
  moveDecisionPlace(to: Cursor): void;
  /** The highest place of which the row is gone. */
  decisionsLetGo(): Cursor;
  noteDecisionsLetGo(to: Cursor): void;
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
  const mark = () => {
    let value = 0;
    return {
      get: (): Cursor => value,
      move: (to: Cursor): void => {
        const before = value;
        undo.push(() => void (value = before));
        value = to;
      },
    };
  };
  const [cursor, decisionPlace, decisionsLetGo] = [mark(), mark(), mark()];
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
    responses: table(),
    trips: table(),
    killSwitches: table(),
    decisions: table(),
    enforcers: table(),
    cursor: cursor.get,
    moveCursor: cursor.move,
    decisionPlace: decisionPlace.get,
    moveDecisionPlace: decisionPlace.move,
    decisionsLetGo: decisionsLetGo.get,
    noteDecisionsLetGo: decisionsLetGo.move,
    subjects: table(),
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
