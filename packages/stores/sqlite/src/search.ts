import type { DatabaseSync } from 'node:sqlite';

interface Row {
  readonly sequence: number;
  readonly id: string;
}

/** Finds places in the log by what ascends with it, with no index but the log's own key. */
export interface LogSearch {
  /** The first alert whose id is at least this text; undefined if all are less. */
  first(id: string): Row | undefined;
  /** The place before the oldest alert that is there; `newest` where there is none. */
  oldest(newest: number): number;
  newest(): Row | undefined;
}

/** The least id of a millisecond: ids begin with their time in hexadecimal digits (RFC 9562 §5.7). */
export const idFloor = (instant: number): string => {
  const time = Math.max(0, Math.min(instant, 0xffff_ffff_ffff)).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-`;
};

/** Every encoded alert begins with its id, so a search reads only the beginning of a row. */
export const createSearch = (db: DatabaseSync): LogSearch => {
  const columns = 'sequence, CAST(substr(encoded, 3, 36) AS TEXT) AS id';
  const atOrAfter = db.prepare(`SELECT ${columns} FROM alerts WHERE sequence >= ? ORDER BY sequence LIMIT 1`);
  const last = db.prepare(`SELECT ${columns} FROM alerts ORDER BY sequence DESC LIMIT 1`);
  const newest = () => last.get() as Row | undefined;
  const first = (id: string): Row | undefined => {
    const end = newest();
    if (end === undefined || end.id < id) return undefined;
    let low = 0;
    let high = end.sequence;
    // The row at or after `high` has such an id; the one at or after `low - 1` has not.
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = atOrAfter.get(middle) as unknown as Row;
      if (row.id < id) low = row.sequence + 1;
      else high = middle;
    }
    return atOrAfter.get(low) as Row | undefined;
  };
  return {
    first,
    newest,
    oldest: (end) => {
      const row = atOrAfter.get(0) as Row | undefined;
      return row ? row.sequence - 1 : end;
    },
  };
};
