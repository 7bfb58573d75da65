import { describe, expect, test } from '@jest/globals';
import { AlertSeverity, type Response } from '@therapytrain/alerts-core';
import {
  createFlow,
  createFollowUp,
  createMemoryLog,
  createPolicy,
  type Policy,
  policySchema,
} from '@therapytrain/alerts-manager';
import { createMemoryStore, epoch, testPorts } from '@therapytrain/alerts-testkit';
import fc from 'fast-check';
import { z } from 'zod';

const minute = 60_000;
const block = { target: 'address', reversible: true, options: z.looseObject({}), args: z.strictObject({}) } as const;

const bounds = fc.record({
  one: fc.integer({ min: 1, max: 6 }),
  two: fc.integer({ min: 1, max: 6 }),
  responder: fc.integer({ min: 1, max: 8 }),
  all: fc.integer({ min: 1, max: 9 }),
});

const book = (name: string, type: string, targets: number) => ({
  name,
  when: `type == '${type}'`,
  mode: 'enforce' as const,
  steps: [{ responder: 'block', target: 'ipAddress', for: '1m' }],
  budget: { targets, window: '10m' },
});

const policyOf = ({ one, two, responder, all }: { one: number; two: number; responder: number; all: number }): Policy =>
  createPolicy(
    policySchema.parse({
      responders: { block: { kind: 'block-address', budget: { targets: responder, window: '20m' } } },
      playbooks: [book('one', 'AUTH_FAILURE', one), book('two', 'UNUSUAL_ACCESS', two)],
      guardrails: { budget: { targets: all, window: '30m' }, fresh_for: '30d' },
    }),
    undefined,
    { kinds: new Map([['block-address', block]]) },
  );

interface Script {
  readonly bounds: { readonly one: number; readonly two: number; readonly responder: number; readonly all: number };
  readonly batches: readonly {
    readonly wait: number;
    readonly alerts: readonly { readonly two: boolean; readonly address: number }[];
  }[];
}

/**
 * Who waits already because of one playbook's budget is asked for by the other one, and that trips the other one's breaker:
 * nothing is written down at that time, and what comes after it waits too.
 */
const trippedByWhoWaits: Script = {
  bounds: { one: 1, two: 1, responder: 8, all: 9 },
  batches: [
    { wait: 0, alerts: [{ two: false, address: 1 }] },
    { wait: 0, alerts: [2, 3].map((address) => ({ two: true, address })) },
    { wait: 9 * minute, alerts: [{ two: false, address: 3 }] },
    { wait: 6 * minute, alerts: [{ two: false, address: 4 }] },
  ],
};

const script: fc.Arbitrary<Script> = fc.record({
  bounds,
  batches: fc.array(
    fc.record({
      wait: fc.integer({ min: 0, max: 15 * minute }),
      alerts: fc.array(fc.record({ two: fc.boolean(), address: fc.integer({ min: 1, max: 40 }) }), {
        minLength: 1,
        maxLength: 30,
      }),
    }),
    { minLength: 1, maxLength: 8 },
  ),
});

/** Distinct targets of what was done unasked in a window that ends with this response. */
const used = (all: readonly Response[], at: number, window: number): ReadonlySet<string> =>
  new Set(all.filter(({ createdAt }) => createdAt <= at && createdAt > at - window).map(({ target }) => target.value));

const play = async ({ bounds: most, batches }: Script) => {
  const ports = testPorts();
  const log = createMemoryLog({ capacity: 10_000 });
  const store = createMemoryStore({ clock: ports.clock });
  const policy = policyOf(most);
  const flow = createFlow({ log, types: () => policy.types, ports });
  const followUp = createFollowUp({
    ...{ log, store, policy: () => policy, ports, channel: () => undefined },
    project: () => {
      throw new Error('nobody is told of anything here');
    },
    link: () => undefined,
    handling: () => ({}),
    flow,
    onDefect: (error) => {
      throw error;
    },
  });
  let cursor = 0;
  /** When which playbook was called for. */
  const called: { readonly playbook: string; readonly at: number }[] = [];
  for (const { wait, alerts } of batches) {
    await ports.clock.advance(wait);
    called.push(...alerts.map(({ two }) => ({ playbook: two ? 'two' : 'one', at: ports.clock.now() })));
    await flow.reportAll(
      alerts.map(({ two, address }) => ({
        ...{ type: two ? 'UNUSUAL_ACCESS' : 'AUTH_FAILURE', severity: AlertSeverity.HIGH, message: 'x' },
        metadata: { ipAddress: `203.0.113.${address}` },
      })),
      'gate',
    );
    const batch = await log.read(cursor, 1_000);
    await followUp.plan(batch);
    cursor = batch.cursor;
  }
  return { all: [...(await store.responses({ limit: 10_000 }))].reverse(), called, now: ports.clock.now(), store };
};

describe('budgets, whatever comes in whatever batches', () => {
  test('never more distinct targets than each of them says, and all that they leave room for', async () => {
    let [planned, held] = [0, 0];
    await fc.assert(
      fc.asyncProperty(script, async (played) => {
        const { bounds: most } = played;
        const { all, called } = await play(played);
        const unasked = all.filter(({ mode }) => mode === 'enforce');
        type Of = (each: Pick<Response, 'playbook'>) => boolean;
        const scopes: readonly { of: Of; most: number; window: number }[] = [
          { of: (each) => each.playbook === 'one', most: most.one, window: 10 * minute },
          { of: (each) => each.playbook === 'two', most: most.two, window: 10 * minute },
          { of: () => true, most: most.responder, window: 20 * minute },
          { of: () => true, most: most.all, window: 30 * minute },
        ];
        for (const { of, most: bound, window } of scopes) {
          const own = unasked.filter(of);
          for (const { createdAt } of own) expect(used(own, createdAt, window).size).toBeLessThanOrEqual(bound);
        }
        for (const each of all.filter(({ reason }) => reason === 'over_budget')) {
          // Some budget of it was spent when it was called for, now or not longer ago than its window: it then tripped.
          // Who waits already may be the one for whom it did, so that nothing was written down at that time.
          const before = unasked.filter(({ id }) => id < each.id);
          const spent = scopes.some(({ of, most: bound, window }) => {
            const own = before.filter(of);
            const calls = called.filter((call) => of(call) && call.at <= each.createdAt);
            return (
              of(each) && calls.some(({ at }) => at > each.createdAt - window && used(own, at, window).size >= bound)
            );
          });
          expect(spent).toBe(true);
        }
        planned += unasked.length;
        held += all.length - unasked.length;
        expect(all.every(({ createdAt }) => createdAt >= epoch)).toBe(true);
      }),
      { numRuns: 150, examples: [[trippedByWhoWaits]] },
    );
    expect(planned).toBeGreaterThan(300);
    expect(held).toBeGreaterThan(300);
  }, 120_000);

  test('who waits because of one playbook trips the budget of another one that is spent, and who comes after waits', async () => {
    const { all, now, store } = await play(trippedByWhoWaits);
    expect(all.map(({ playbook, target, state, reason }) => [playbook, target.value, state, reason])).toEqual([
      ['one', '203.0.113.1', 'planned', ''],
      ['two', '203.0.113.2', 'planned', ''],
      ['two', '203.0.113.3', 'waiting', 'over_budget'],
      // Of its own budget nothing is used any more: the breaker has tripped when 203.0.113.3 was asked for.
      ['one', '203.0.113.4', 'waiting', 'over_budget'],
    ]);
    const { trips } = await store.responseFacts({
      ...{ targets: [], origins: [], sources: [], changedSince: now, madeSince: now, now },
    });
    expect(trips).toEqual([{ scope: 'playbook/one', until: now + 4 * minute }]);
  });
});
