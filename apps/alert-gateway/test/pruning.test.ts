import { expect, test } from '@jest/globals';
import type { Instant } from '@therapytrain/alerts-core';
import { assertBalanced, createMemoryStore, jobOf, testPorts } from '@therapytrain/alerts-testkit';
import { startPruning } from '../src/pruning.ts';

const day = 86_400_000;

const start = (retention: { readonly incidents: number }, reopenWithin = 0) => {
  const ports = testPorts();
  const store = createMemoryStore(ports);
  const steps: { before: Instant; limit: number }[] = [];
  const pruned: number[] = [];
  const failures: unknown[] = [];
  let failure: Error | undefined;
  const pruning = startPruning({
    store: {
      ...store,
      prune: async (by) => {
        if (failure) throw failure;
        steps.push(by);
        return store.prune(by);
      },
    },
    policy: () => ({
      retention: { maxAge: undefined, maxBytes: undefined, audit: 0, hold: false, ...retention },
      reopenWithin,
    }),
    clock: ports.clock,
    onPruned: (rows) => void pruned.push(rows),
    onFailure: (error) => void failures.push(error),
  });
  return { store, ports, pruning, steps, pruned, failures, fail: (error?: Error) => void (failure = error) };
};

const deliver = async ({ store, ports }: ReturnType<typeof start>, count: number): Promise<void> => {
  const jobs = Array.from({ length: count }, () => jobOf(ports));
  await store.commit({ jobs, counts: [{ channel: 'mail', state: 'accepted', pairs: count }] });
  const now = ports.clock.now();
  const claims = await store.claim({
    now,
    until: now + 1,
    limit: count,
    perTarget: { default: count, of: {} },
    except: [],
    unaided: [],
  });
  await store.settle(claims.map((claim) => ({ claim, next: { state: 'done', proof: 'took it' } })));
};

test('what is over goes when it is old enough, in small steps, is audited, and the accounting stays', async () => {
  const at = start({ incidents: day });
  const { store, ports, pruning, steps, pruned } = at;
  await deliver(at, 1_200);
  await ports.clock.advance(day - 60_000);
  expect(pruned).toEqual([]);
  await ports.clock.advance(3 * 60_000);
  expect(pruned).toEqual([1_200]);
  expect(steps.every(({ limit }) => limit <= 500)).toBe(true);
  expect(await store.deliveries({ limit: 9 })).toEqual([]);
  expect((await store.audit(0, 9)).map(({ action, facts }) => [action, facts])).toEqual([
    ['retention.pruned', { rows: 1_200 }],
  ]);
  await assertBalanced(store);
  expect((await store.accounting())[0]?.delivered).toBe(1_200);
  pruning.stop();
});

test('one that may be opened again stays', async () => {
  const at = start({ incidents: day }, 2 * day);
  await deliver(at, 1);
  await at.ports.clock.advance(2 * day - 60_000);
  expect(at.pruned).toEqual([]);
  await at.ports.clock.advance(3 * 60_000);
  expect(at.pruned).toEqual([1]);
  at.pruning.stop();
});

test('a failure is told, and the next minute it is tried again', async () => {
  const at = start({ incidents: day });
  const failure = new Error('away');
  at.fail(failure);
  await at.ports.clock.advance(60_000);
  expect(at.failures.length).toBeGreaterThan(0);
  at.fail();
  await deliver(at, 1);
  await at.ports.clock.advance(2 * day);
  expect(at.pruned).toEqual([1]);
  at.pruning.stop();
});
