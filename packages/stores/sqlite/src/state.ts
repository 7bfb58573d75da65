import type { DatabaseSync } from 'node:sqlite';
import type { LogBounds } from '@therapytrain/alerts-core';
import type { LogSearch } from './search.ts';
import { uuidText } from './uuid.ts';

/** What the writer knows of the log without asking the database. Each commit changes it, once it has succeeded. */
export interface LogState {
  readonly pageSize: number;
  /** The sequence of the next alert. */
  next: number;
  /** The place before the oldest alert. */
  oldest: number;
  newestId: string | undefined;
  /** How many bytes of the database are in use. */
  bytes: number;
  /** Asks the database for {@link bytes}. Cheap within a transaction; outside it would cost one of its own. */
  measure(): number;
  bounds(): LogBounds;
}

/** Finds out where the log begins and ends. */
export const readState = (db: DatabaseSync, search: LogSearch): LogState => {
  const newest = search.newest();
  const retired = db.prepare('SELECT sequence, id FROM retired ORDER BY sequence DESC LIMIT 1').get() as
    { readonly sequence: number; readonly id: Uint8Array } | undefined;
  const end = newest?.sequence ?? retired?.sequence ?? 0;
  const { page_size: pageSize } = db.prepare('PRAGMA page_size').get() as { readonly page_size: number };
  const pages = db.prepare('SELECT page_count - freelist_count AS used FROM pragma_page_count, pragma_freelist_count');
  const measure = (): number => (pages.get() as { readonly used: number }).used * pageSize;
  const state: LogState = {
    pageSize,
    next: end + 1,
    oldest: search.oldest(end),
    newestId: newest?.id ?? (retired && uuidText(retired.id)),
    bytes: measure(),
    measure,
    bounds: () => ({
      oldest: state.oldest,
      newest: state.next - 1,
      newestId: state.newestId,
      bytes: state.bytes,
    }),
  };
  return state;
};
