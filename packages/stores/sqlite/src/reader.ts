import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { withSequence } from '@therapytrain/alerts-core/wire';
import type { Question, ReaderReply, Rows } from './messages.ts';
import { createSearch, idFloor } from './search.ts';

// An answer is no larger than this, or one alert: whoever asks for very many gets fewer, and asks again.
const answerBytes = 4 * 1024 * 1024;

interface Row {
  readonly sequence: number;
  readonly encoded: Uint8Array;
}

/** A connection that only reads; each answer is of one snapshot. */
export interface Reader {
  /** Throws what SQLite throws. */
  answer(question: Question): ReaderReply;
  close(): void;
}

const take = (statement: StatementSync, ...bounds: number[]): Row[] => {
  const rows: Row[] = [];
  let bytes = 0;
  for (const each of statement.iterate(...bounds)) {
    const row = each as unknown as Row;
    bytes += row.encoded.length;
    if (bytes > answerBytes && rows.length > 0) break;
    rows.push(row);
  }
  return rows;
};

// One buffer, so that the hand-over between threads moves it instead of copying alert by alert.
const packRows = (rows: readonly Row[], oldest: number): Rows => {
  const sequences = new Float64Array(rows.length);
  const lengths = new Uint32Array(rows.length);
  const whole = rows.map(({ sequence, encoded }) => withSequence(encoded, sequence));
  const bytes = new Uint8Array(whole.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const [index, alert] of whole.entries()) {
    sequences[index] = rows[index]?.sequence ?? 0;
    lengths[index] = alert.length;
    bytes.set(alert, at);
    at += alert.length;
  }
  return { kind: 'rows', sequences, lengths, buffer: bytes.buffer, oldest };
};

/** Opens the database, which must exist, for reading. */
export const openReader = (file: string): Reader => {
  const db = new DatabaseSync(file, { readOnly: true });
  db.exec('PRAGMA busy_timeout = 5000');
  const search = createSearch(db);
  const [begin, commit] = ['BEGIN', 'COMMIT'].map((sql) => db.prepare(sql));
  const after = db.prepare('SELECT sequence, encoded FROM alerts WHERE sequence > ? ORDER BY sequence LIMIT ?');
  const back = db.prepare('SELECT sequence, encoded FROM alerts WHERE sequence <= ? ORDER BY sequence DESC LIMIT ?');
  const one = db.prepare('SELECT sequence, encoded FROM alerts WHERE sequence = ?');
  const lastGone = db.prepare('SELECT max(sequence) AS sequence FROM retired');

  const newest = (): number =>
    search.newest()?.sequence ?? (lastGone.get() as { readonly sequence: number | null }).sequence ?? 0;
  const find = (id: string): Row[] => {
    const row = search.first(id);
    return row?.id === id ? take(one, row.sequence) : [];
  };
  const answer = (question: Question): ReaderReply => {
    switch (question.kind) {
      case 'read':
        return packRows(take(after, question.after, question.limit), search.oldest(newest()));
      case 'readBack':
        return packRows(take(back, question.upTo, question.limit), search.oldest(newest()));
      case 'find':
        return packRows(find(question.id), 0);
      case 'seek':
        return { kind: 'place', cursor: (search.first(idFloor(question.since))?.sequence ?? newest() + 1) - 1 };
    }
  };
  return {
    answer: (question) => {
      begin?.run();
      try {
        return answer(question);
      } finally {
        commit?.run();
      }
    },
    close: () => db.close(),
  };
};
