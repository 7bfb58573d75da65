import { describe, expect, test } from '@jest/globals';
import { type AlertDraft, AlertSeverity, type Explanation, type ExplanationStep } from '@therapytrain/alerts-core';
import { createPolicy, type Policy, policySchema, type PolicySource, type Route } from '@therapytrain/alerts-manager';
import fc from 'fast-check';
import { createWorld, type World } from './world.ts';

const channels = ['mail', 'chat', 'pager', 'hook'] as const;
const receivers = { one: ['mail'], two: ['chat', 'mail'], three: ['pager'], four: ['hook', 'pager'] } as const;

const condition = fc.constantFrom(
  'severity >= HIGH',
  'severity == CRITICAL',
  "type == 'AUTH_FAILURE'",
  "type == 'DATA_VIOLATION' && severity >= MEDIUM",
  "metadata.userId == 'anna.berg'",
  "metadata.missing == 'x'",
  "source == 'sign-in' && metadata.count > 3",
);
const names = fc.subarray(Object.keys(receivers), { maxLength: 2 });

const { route } = fc.letrec<{ route: NonNullable<PolicySource['routes']>[number] }>((tie) => ({
  route: fc.record(
    {
      when: condition,
      receivers: names,
      continue: fc.boolean(),
      routes: fc.array(tie('route'), { maxLength: 2, depthIdentifier: 'route' }),
    },
    { requiredKeys: [] },
  ),
}));

const policySource: fc.Arbitrary<PolicySource> = fc
  .record({
    routes: fc.array(route, { minLength: 1, maxLength: 4 }),
    muted: fc.option(condition, { nil: undefined }),
    inhibited: fc.option(fc.record({ source: condition, target: condition }), { nil: undefined }),
    counts: fc.option(fc.record({ count: fc.integer({ min: 2, max: 4 }), when: condition }), { nil: undefined }),
  })
  .map(({ routes, muted, inhibited, counts }) => ({
    channels: Object.fromEntries(channels.map((name) => [name, { kind: 'webhook' }])),
    receivers: Object.fromEntries(Object.entries(receivers).map(([name, each]) => [name, { channels: [...each] }])),
    routes,
    maintenance:
      muted === undefined
        ? []
        : [{ name: 'window', when: muted, from: '2000-01-01T00:00:00Z', until: '2100-01-01T00:00:00Z' }],
    inhibitions: inhibited === undefined ? [] : [{ name: 'rule', ...inhibited, equal: [] }],
    detections:
      counts === undefined
        ? []
        : [{ name: 'many', ...counts, group_by: ['userId'], within: '10m', raise: { type: 'MANY', severity: 'LOW' } }],
  }));

const draft: fc.Arbitrary<Partial<AlertDraft>> = fc.record({
  type: fc.constantFrom('AUTH_FAILURE', 'DATA_VIOLATION', 'UNUSUAL_ACCESS'),
  severity: fc.constantFrom(...Object.values(AlertSeverity)),
  message: fc.constant('something'),
  metadata: fc.record({ userId: fc.constantFrom('anna.berg', 'robin'), count: fc.integer({ min: 0, max: 6 }) }),
});

const named = ({ steps }: Pick<Explanation, 'steps'>, start: string): readonly ExplanationStep[] =>
  steps.filter(({ name }) => name.startsWith(start));

const routesIn = (routes: readonly Route[]): readonly Route[] =>
  routes.flatMap((each) => [each, ...routesIn(each.routes)]);

/** The routes that are said to take it for themselves: no route below them does. */
const takersIn = (steps: readonly ExplanationStep[]): readonly string[] =>
  steps
    .filter(({ name, verdict }) => name.startsWith('route ') && verdict === 'yes')
    .flatMap(({ name, steps: below }) => {
      const inner = takersIn(below);
      return inner.length > 0 ? inner : [name.slice('route '.length)];
    });

/** The channels that these routes lead to. */
const channelsOf = (names: readonly string[], { routes, receivers: known }: Policy): readonly string[] => {
  const taken = routesIn(routes).filter(({ name }) => names.includes(name));
  const reached = taken.flatMap(({ receivers: each }) => each.flatMap((name) => known.get(name)?.channels ?? []));
  return [...new Set(reached)].sort();
};

/** What the engine wrote down of the newest alert's incident: who is told, or what holds it back. */
const planned = async (world: World, after: number) => {
  const audit = (await world.store.audit(after, 1_000)).filter(({ action }) => action !== 'detection.raised');
  const held = audit.find(({ action }) => action === 'notice.held')?.facts;
  return { held: held && `${String(held['by'])} ${String(held['rule'])}` };
};

describe('what is explained', () => {
  test('is what is planned: the same channels, the same reason to hold back, for any policy and alerts', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(policySource, fc.array(draft, { minLength: 1, maxLength: 8 }), async (source, drafts) => {
        const policy = createPolicy(policySchema.parse(source));
        const world = createWorld(policy);
        try {
          for (const each of drafts) {
            const whole = { ...each, type: each.type ?? '', message: each.message ?? '' } as AlertDraft;
            const said = await world.desk.explain({ draft: whole, source: 'sign-in' });
            const before = (await world.store.accounting()).map(
              ({ channel, accepted }) => [channel, accepted] as const,
            );
            const entries = (await world.store.audit(0, 10_000)).at(-1)?.sequence ?? 0;
            await world.reportOnly(each);
            await world.planned();
            const known = new Map(before);
            // What the alert itself set off: a detection's alert is planned by itself, and MANY reaches whom it reaches.
            const raised = (await world.alerts()).at(-1)?.type === 'MANY';
            if (raised) continue;
            const grown = (await world.store.accounting())
              .filter(({ channel, accepted }) => accepted > (known.get(channel) ?? 0))
              .map(({ channel }) => channel)
              .filter((channel) => channel !== '(no route)')
              .sort();
            const legs = named(said, 'channel ').map(({ name }) => name.slice('channel '.length));
            expect(legs.sort()).toEqual(grown);
            expect(channelsOf(takersIn(said.steps), policy)).toEqual(grown);
            const { held } = await planned(world, entries);
            const heldSaid = named(said, 'held back')[0]?.detail.replace(/^by /, '');
            if (legs.length > 0) expect(heldSaid).toEqual(held);
            compared++;
          }
        } finally {
          await world.stop();
        }
      }),
      { numRuns: 150 },
    );
    expect(compared).toBeGreaterThan(100);
  }, 120_000);
});
