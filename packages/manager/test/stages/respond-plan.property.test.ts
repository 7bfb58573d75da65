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

const script = fc.record({
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

describe('budgets, whatever comes in whatever batches', () => {
  test('never more distinct targets than each of them says, and all that they leave room for', async () => {
    let [planned, held] = [0, 0];
    await fc.assert(
      fc.asyncProperty(script, async ({ bounds: most, batches }) => {
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
        for (const { wait, alerts } of batches) {
          await ports.clock.advance(wait);
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
        const all = [...(await store.responses({ limit: 10_000 }))].reverse();
        const unasked = all.filter(({ mode }) => mode === 'enforce');
        const scopes = [
          { of: (each: Response) => each.playbook === 'one', most: most.one, window: 10 * minute },
          { of: (each: Response) => each.playbook === 'two', most: most.two, window: 10 * minute },
          { of: () => true, most: most.responder, window: 20 * minute },
          { of: () => true, most: most.all, window: 30 * minute },
        ];
        for (const { of, most: bound, window } of scopes) {
          const own = unasked.filter(of);
          for (const { createdAt } of own) expect(used(own, createdAt, window).size).toBeLessThanOrEqual(bound);
        }
        for (const each of all.filter(({ reason }) => reason === 'over_budget')) {
          // Some budget of it was spent within its window before, by others than its target, or not longer ago than that.
          const before = unasked.filter(({ id }) => id < each.id);
          const spent = scopes.some(({ of, most: bound, window }) => {
            const own = before.filter(of);
            const ends = all.filter(
              ({ createdAt }) => createdAt <= each.createdAt && createdAt >= each.createdAt - window,
            );
            return of(each) && ends.some(({ createdAt }) => used(own, createdAt, window).size >= bound);
          });
          expect(spent).toBe(true);
        }
        planned += unasked.length;
        held += all.length - unasked.length;
        expect(all.every(({ createdAt }) => createdAt >= epoch)).toBe(true);
      }),
      { numRuns: 150 },
    );
    expect(planned).toBeGreaterThan(300);
    expect(held).toBeGreaterThan(300);
  }, 120_000);
});
