import { expect, test } from '@jest/globals';
import { DatabaseSync } from 'node:sqlite';
import { stamp, testPorts, draftOf } from '@therapytrain/alerts-testkit';
import fc from 'fast-check';
import { migrate } from '../src/schema.ts';
import { createSearch, idFloor } from '../src/search.ts';

interface Row {
  readonly sequence: number;
  readonly id: string;
  readonly receivedAt: number;
}

/** A log with the given gaps between its sequences and spans between its alerts. */
const logOf = async (gaps: readonly (readonly [gap: number, span: number])[]) => {
  const db = new DatabaseSync(':memory:');
  migrate(db);
  const ports = testPorts();
  const insert = db.prepare('INSERT INTO alerts (sequence, encoded) VALUES (?, ?)');
  const rows: Row[] = [];
  let sequence = 0;
  for (const [gap, span] of gaps) {
    await ports.clock.advance(span);
    const { alert, encoded } = stamp(draftOf(0), ports);
    sequence += gap;
    insert.run(sequence, encoded);
    rows.push({ sequence, id: alert.id, receivedAt: alert.receivedAt });
  }
  return { search: createSearch(db), rows };
};

const gaps = fc.array(fc.tuple(fc.integer({ min: 1, max: 900 }), fc.nat(3)), { maxLength: 40 });

test('finds by id and by time what looking at every row finds', async () => {
  await fc.assert(
    fc.asyncProperty(gaps, async (some) => {
      const { search, rows } = await logOf(some);
      for (const { id, receivedAt } of rows) {
        expect(search.first(id)?.id).toBe(id);
        for (const since of [receivedAt - 1, receivedAt, receivedAt + 1]) {
          const expected = rows.find((row) => row.receivedAt >= since);
          expect(search.first(idFloor(since))?.sequence).toBe(expected?.sequence);
        }
      }
      expect(search.newest()?.id).toBe(rows.at(-1)?.id);
      expect(search.oldest(7)).toBe(rows[0] ? rows[0].sequence - 1 : 7);
    }),
    { numRuns: 30 },
  );
});

test('an id is not below the floor of its millisecond, nor above that of the next', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 47 }), (instant) => {
      const { ids } = testPorts({ start: instant });
      const id = ids.next();
      expect(id >= idFloor(instant) && id < idFloor(instant + 1)).toBe(true);
    }),
  );
});

test('times that no id can have are before all and after all', () => {
  expect(idFloor(-5)).toBe('00000000-0000-');
  expect(idFloor(Number.MAX_SAFE_INTEGER)).toBe('ffffffff-ffff-');
});
