import type { DatabaseSync } from 'node:sqlite';
import { contentDigest, encodedId, sameContent, sameDigest } from '@therapytrain/alerts-core/wire';
import type { Appended, KnownReport } from './messages.ts';
import { type Packed, type PackedAlert, unpack } from './pack.ts';
import type { LogState } from './state.ts';
import type { Transact } from './transaction.ts';
import { uuidText } from './uuid.ts';

/** The numbers of sources. `fresh` collects those that are new, for {@link Sources.forget} when the commit fails. */
interface Sources {
  numberOf(name: string, fresh: string[]): number;
  forget(names: readonly string[]): void;
}

const createSources = (db: DatabaseSync): Sources => {
  const known = new Map<string, number>();
  const find = db.prepare('SELECT id FROM sources WHERE name = ?');
  const add = db.prepare('INSERT INTO sources (name) VALUES (?)');
  return {
    numberOf: (name, fresh) => {
      const before = known.get(name);
      if (before !== undefined) return before;
      const kept = find.get(name) as { readonly id: number } | undefined;
      if (!kept) fresh.push(name);
      const number = kept?.id ?? Number(add.run(name).lastInsertRowid);
      known.set(name, number);
      return number;
    },
    forget: (names) => {
      for (const name of names) known.delete(name);
    },
  };
};

/** Looks up the first alert of a request id that was used before; undefined if it says something else. */
const createFirstOf = (db: DatabaseSync) => {
  const report = db.prepare('SELECT sequence FROM reports WHERE source = ? AND request = ?');
  const kept = db.prepare('SELECT encoded FROM alerts WHERE sequence = ?');
  const retired = db.prepare('SELECT id, digest FROM retired WHERE sequence = ?');
  const idOf = (sequence: number, encoded: Uint8Array): string | undefined => {
    const alert = kept.get(sequence) as { readonly encoded: Uint8Array } | undefined;
    if (alert) return sameContent(alert.encoded, encoded) ? encodedId(alert.encoded) : undefined;
    const gone = retired.get(sequence) as { readonly id: Uint8Array; readonly digest: Uint8Array };
    return sameDigest(gone.digest, contentDigest(encoded)) ? uuidText(gone.id) : undefined;
  };
  return (source: number, { request, encoded }: PackedAlert): KnownReport['first'] => {
    const { sequence } = report.get(source, request) as { readonly sequence: number };
    const alertId = idOf(sequence, encoded);
    return alertId === undefined ? undefined : { alertId, sequence };
  };
};

/** Makes the append of the writer: one commit for all that a buffer holds. */
export const createAppend = (db: DatabaseSync, transact: Transact, state: LogState) => {
  const sources = createSources(db);
  const firstOf = createFirstOf(db);
  const claim = db.prepare('INSERT OR IGNORE INTO reports (source, request, sequence) VALUES (?, ?, ?)');
  const keep = db.prepare('INSERT INTO alerts (sequence, encoded) VALUES (?, ?)');

  const keepAll = (packed: Packed, numbers: readonly number[]) => {
    const known: KnownReport[] = [];
    let { next, newestId } = state;
    let newest: Uint8Array | undefined;
    let at = 0;
    for (const alert of unpack(packed)) {
      const source = numbers[alert.source] ?? 0;
      if (claim.run(source, alert.request, next).changes === 0) known.push({ at, first: firstOf(source, alert) });
      else keep.run(next++, (newest = alert.encoded));
      at++;
    }
    if (newest) newestId = encodedId(newest);
    return { known, next, newestId, bytes: state.measure() };
  };

  return (packed: Packed): Appended => {
    const fresh: string[] = [];
    const first = state.next;
    try {
      const kept = transact(() =>
        keepAll(
          packed,
          packed.sources.map((name) => sources.numberOf(name, fresh)),
        ),
      );
      state.next = kept.next;
      state.newestId = kept.newestId;
      state.bytes = kept.bytes;
      return { kind: 'appended', next: first, known: kept.known, bounds: state.bounds() };
    } catch (error) {
      sources.forget(fresh);
      throw error;
    }
  };
};
