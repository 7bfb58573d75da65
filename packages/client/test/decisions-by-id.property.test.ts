import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createById } from '../src/decisions/by-id.ts';
import { type Entry, entryOf } from '../src/decisions/entries.ts';

const entry = (id: string): Entry =>
  entryOf(
    { id, kind: 'lock_account', target: id, resource: '', perMinute: 0, from: 0, until: 1, playbook: '', incident: '' },
    0,
  );
const idOf = (n: number): string => n.toString(16).padStart(6, '0');

test('entries by id are as those of a map, in whatever order they come and go', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom('add', 'remove'), fc.integer({ min: 0, max: 60 })), {
    maxLength: 200,
  });
  fc.assert(
    // A snapshot first, once so large that what is removed of it is let go of in between.
    fc.property(steps, fc.constantFrom(0, 3, 3_000), (given, first) => {
      const [byId, model] = [createById(), new Map<string, Entry>()];
      const add = (id: string): void => {
        const made = entry(id);
        model.set(id, made);
        byId.add(made);
      };
      const remove = (id: string): void => {
        const known = model.get(id);
        if (!known) return;
        model.delete(id);
        byId.remove(known);
      };
      for (let n = 0; n < first; n++) add(idOf(30 + n));
      for (let n = 0; n < first * 0.8; n++) remove(idOf(30 + n));
      for (const [what, n] of given) {
        const id = idOf(n);
        if (what === 'remove') remove(id);
        else if (!model.has(id)) add(id);
        expect(byId.get(id)).toBe(model.get(id));
      }
      for (let n = 0; n < 64; n++) expect(byId.get(idOf(n))).toBe(model.get(idOf(n)));
      expect(new Set(byId.values())).toEqual(new Set(model.values()));
      expect([...byId.values()]).toHaveLength(model.size);
    }),
    { numRuns: 60 },
  );
});
