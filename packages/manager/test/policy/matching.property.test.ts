import { expect, test } from '@jest/globals';
import type { AlertFacts, Expression } from '@therapytrain/alerts-core';
import { matchedRoutes, type Route } from '@therapytrain/alerts-manager';
import fc from 'fast-check';

const facts: AlertFacts = {
  type: 'A',
  severity: 1,
  message: '',
  source: '',
  metadata: {},
  fingerprint: '',
  dedupKey: '',
  occurredAt: 0,
  receivedAt: 0,
};

const always = (matches: boolean): Expression => ({ source: String(matches), matches: () => matches });

interface Drawn {
  readonly when: boolean | undefined;
  readonly continues: boolean;
  readonly routes: readonly Drawn[];
}

const { tree } = fc.letrec<{ tree: readonly Drawn[]; route: Drawn }>((tie) => ({
  tree: fc.array(tie('route'), { maxLength: 4, depthIdentifier: 'tree' }),
  route: fc.record({
    when: fc.option(fc.boolean(), { nil: undefined }),
    continues: fc.boolean(),
    routes: fc.oneof({ depthIdentifier: 'tree', maxDepth: 4 }, fc.constant([]), tie('tree')),
  }),
}));

const routesOf = (drawn: readonly Drawn[], path = ''): readonly Route[] =>
  drawn.map(({ when, continues, routes }, index) => ({
    name: `${path}/${index}`,
    when: when === undefined ? undefined : always(when),
    receivers: [],
    continues,
    routes: routesOf(routes, `${path}/${index}`),
    firstNotifyAfter: 0,
    batchUpdatesEvery: 0,
    remindEvery: undefined,
  }));

interface Placed extends Drawn {
  readonly path: readonly number[];
}

/** All routes with their places, as one list. */
const flat = (drawn: readonly Drawn[], path: readonly number[] = []): readonly Placed[] =>
  drawn.flatMap((each, index) => {
    const at = [...path, index];
    return [{ ...each, path: at }, ...flat(each.routes, at)];
  });

/**
 * The oracle says of each route by itself whether it takes the alert: it and all above match, nothing before it or
 * before one above stops the search, and nothing below it takes the alert.
 */
const oracle = (drawn: readonly Drawn[]): readonly string[] => {
  const all = flat(drawn);
  const at = (path: readonly number[]) => all.find((each) => each.path.join('/') === path.join('/'));
  const reaches = (path: readonly number[]): boolean => {
    const above = path.slice(0, -1);
    const last = path.at(-1) ?? 0;
    if (above.length > 0 && !(reaches(above) && at(above)?.when !== false)) return false;
    return Array.from({ length: last }, (_, index) => at([...above, index])).every(
      (each) => each?.when === false || each?.continues === true,
    );
  };
  const matches = ({ path, when }: Placed): boolean => when !== false && reaches(path);
  return all
    .filter((each) => matches(each) && !each.routes.some((_, index) => matchesAt([...each.path, index])))
    .map(({ path }) => `/${path.join('/')}`);

  function matchesAt(path: readonly number[]): boolean {
    const found = at(path);
    return found !== undefined && matches(found);
  }
};

test('who takes an alert is who a naive reading of the policy says', () => {
  fc.assert(
    fc.property(tree, (drawn) => {
      const taken = matchedRoutes({ routes: routesOf(drawn) }, facts).map(({ name }) => name);
      expect(taken).toEqual(oracle(drawn));
    }),
    { numRuns: 500 },
  );
});
