import { expect, test } from '@jest/globals';
import { type AlertSeverity, severities } from '@therapytrain/alerts-core';
import fc from 'fast-check';
import { createLanes, type Waiting } from '../src/report/lanes.ts';

interface Item extends Waiting {
  readonly name: number;
  open: boolean;
}

type Step =
  | { readonly kind: 'put'; readonly severity: AlertSeverity; readonly size: number }
  | { readonly kind: 'take'; readonly count: number; readonly bytes: number }
  | { readonly kind: 'put back' }
  | { readonly kind: 'evict' }
  | { readonly kind: 'end'; readonly which: number };

const stepOf = (): fc.Arbitrary<Step> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('put' as const),
        severity: fc.constantFrom(...severities),
        size: fc.integer({ min: 0, max: 20 }),
      }),
    },
    fc.record({
      kind: fc.constant('take' as const),
      count: fc.integer({ min: 1, max: 5 }),
      bytes: fc.integer({ min: 1, max: 60 }),
    }),
    fc.constant({ kind: 'put back' as const }),
    fc.constant({ kind: 'evict' as const }),
    fc.record({ kind: fc.constant('end' as const), which: fc.nat() }),
  );

const overhead = 4;

// The same, as simple as can be: a list in the order in which it will be given.
const createModel = () => {
  let list: Item[] = [];
  const sort = (): void => void (list = severities.toReversed().flatMap((s) => list.filter((i) => i.severity === s)));
  return {
    all: () => list,
    put: (item: Item) => {
      list.push(item);
      sort();
    },
    putBack: (items: readonly Item[]) => {
      list = [...items, ...list];
      sort();
    },
    take: (count: number, bytes: number): Item[] => {
      const taken: Item[] = [];
      for (let sum = 0; ;) {
        const item = list[0];
        if (!item) return taken;
        if (item.open) {
          sum += item.encoded.length + overhead;
          if (taken.length === count || (taken.length > 0 && sum > bytes)) return taken;
          taken.push(item);
        }
        list.shift();
      }
    },
    evict: () => list.pop(),
  };
};

test('lanes give the most severe first, the oldest within a severity, whatever is done to them', () => {
  fc.assert(
    fc.property(fc.array(stepOf(), { maxLength: 80 }), (steps) => {
      const lanes = createLanes<Item>(overhead);
      const model = createModel();
      const taken: Item[] = [];
      for (const [name, step] of steps.entries()) {
        switch (step.kind) {
          case 'put': {
            const item = { name, severity: step.severity, encoded: new Uint8Array(step.size), open: true };
            lanes.put(item);
            model.put(item);
            break;
          }
          case 'take': {
            const given = lanes.take(step.count, step.bytes);
            expect(given).toEqual(model.take(step.count, step.bytes));
            taken.push(...given);
            break;
          }
          case 'put back': {
            const back = taken.splice(0);
            lanes.putBack(back);
            model.putBack(back);
            break;
          }
          case 'evict':
            expect(lanes.evict()).toEqual(model.evict());
            break;
          case 'end': {
            const item = model.all()[step.which % Math.max(1, model.all().length)];
            if (item) item.open = false;
          }
        }
        const seen: Item[] = [];
        lanes.each((item) => void seen.push(item));
        expect(seen).toEqual(model.all());
        expect(lanes.size()).toBe(model.all().length);
      }
    }),
  );
});

test('lanes stay fast when very many have gone through', () => {
  const lanes = createLanes<Item>(overhead);
  for (let name = 0; name < 10_000; name++) {
    lanes.put({ name, severity: 3, encoded: new Uint8Array(), open: true });
    if (name % 4 === 3)
      expect(lanes.take(4, 1_000).map((item) => item.name)).toEqual([name - 3, name - 2, name - 1, name]);
  }
  expect(lanes.size()).toBe(0);
});
