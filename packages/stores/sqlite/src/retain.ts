import type { DatabaseSync } from 'node:sqlite';
import { contentDigest, encodedId } from '@therapytrain/alerts-core/wire';
import { idFloor, type LogSearch } from './search.ts';
import type { LogState } from './state.ts';
import type { Transact } from './transaction.ts';
import { uuidBytes } from './uuid.ts';

// Between two commits of this many, appends that wait have their turn.
const alertsAtOnce = 500;
const bytesAtOnce = 4 * 1024 * 1024;

interface Row {
  readonly sequence: number;
  readonly encoded: Uint8Array;
}

/** What a commit let go: alerts, and bytes of them. */
export interface Retained {
  readonly count: number;
  readonly bytes: number;
}

/** Makes the retention of the writer. Each call lets some alerts go in one commit, and tells how many: 0 at the end. */
export const createRetain = (db: DatabaseSync, transact: Transact, search: LogSearch, state: LogState) => {
  const oldest = db.prepare('SELECT sequence, encoded FROM alerts WHERE sequence <= ? ORDER BY sequence LIMIT ?');
  const retire = db.prepare('INSERT INTO retired (sequence, id, digest) VALUES (?, ?, ?)');
  const drop = db.prepare('DELETE FROM alerts WHERE sequence <= ?');

  // Those that are too old, and as many more as it takes to get below the size; no more than for one commit.
  const choose = (before: number, maxBytes: number): Row[] => {
    const tooOld = (search.first(idFloor(before))?.sequence ?? state.next) - 1;
    const excess = state.bytes - maxBytes;
    const rows: Row[] = [];
    let freed = 0;
    for (const each of oldest.iterate(excess > 0 ? state.next - 1 : tooOld, alertsAtOnce)) {
      const row = each as unknown as Row;
      if ((row.sequence > tooOld && freed >= excess) || freed >= bytesAtOnce) break;
      rows.push(row);
      freed += row.encoded.length;
    }
    return rows;
  };

  return (before: number, maxBytes: number): Retained => {
    const rows = choose(before, maxBytes);
    const last = rows.at(-1);
    if (!last) return { count: 0, bytes: 0 };
    state.bytes = transact(() => {
      for (const { sequence, encoded } of rows) {
        retire.run(sequence, uuidBytes(encodedId(encoded)), contentDigest(encoded));
      }
      drop.run(last.sequence);
      return state.measure();
    });
    state.oldest = last.sequence;
    return { count: rows.length, bytes: rows.reduce((sum, { encoded }) => sum + encoded.length, 0) };
  };
};
