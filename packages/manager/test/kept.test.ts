import { describe, expect, test } from '@jest/globals';
import { type AuditEntry, leafHash, treeHash } from '@therapytrain/alerts-core';
import { createFlow, createMemoryLog, createPolicy, policySchema, startEngine } from '@therapytrain/alerts-manager';
import { Secret } from '@therapytrain/alerts-core/channel';
import { createMemoryStore, draftOf, testPorts } from '@therapytrain/alerts-testkit';

const open = (routes: readonly object[]) => {
  const ports = testPorts();
  const log = createMemoryLog({ capacity: 10_000 });
  const store = createMemoryStore(ports);
  const policy = createPolicy(policySchema.parse({ routes }));
  const { report } = createFlow({ log, types: () => policy.types, ports });
  const start = () =>
    startEngine({
      ...{ log, store, ports, policy: () => policy, channel: () => undefined },
      pseudonymKey: new Secret('the key of a test, of no worth at all'),
      onError: (error) => {
        throw error;
      },
    });
  const entriesOf = async (action: string): Promise<readonly AuditEntry[]> =>
    (await store.audit(0, 10_000)).filter((each) => each.action === action);
  return { ports, log, store, report, start, entriesOf };
};

const factsOf = ({ facts }: AuditEntry) => facts as { from: number; to: number; count: number; root: string };

describe('the audit says of every alert that it was kept', () => {
  test('each is in one batch, in the order of the log, and the root is over what the log gives', async () => {
    const { log, store, report, start, entriesOf } = open([{ receivers: [] }]);
    for (let n = 0; n < 2_345; n++) await report(draftOf(n), 'test');
    const engine = start();
    await engine.planner.idle();
    for (let n = 2_345; n < 2_348; n++) await report(draftOf(n), 'test');
    await engine.planner.idle();
    await engine.stop();
    const entries = await entriesOf('alerts.kept');
    let next = 1;
    for (const entry of entries) {
      const { from, to, count, root } = factsOf(entry);
      expect([from, to - from + 1]).toEqual([next, count]);
      expect(entry.subject).toBe(String(to).padStart(16, '0'));
      const { alerts } = await log.read(from - 1, count);
      expect(root).toBe(treeHash(alerts.map(({ encoded }) => leafHash(encoded))).toString('hex'));
      next = to + 1;
    }
    expect(next).toBe(2_349);
    const [found] = await store.findAudit({ action: 'alerts.kept', from: String(1_500).padStart(16, '0'), limit: 1 });
    expect(found && factsOf(found).from).toBeLessThanOrEqual(1_500);
    expect(found && factsOf(found).to).toBeGreaterThanOrEqual(1_500);
  });

  test('those that a policy passes over are told as such, without a gap', async () => {
    const { ports, report, start, entriesOf } = open([]);
    const engine = start();
    for (let n = 0; n < 5; n++) await report(draftOf(n), 'test');
    await ports.clock.advance(1_000);
    await engine.planner.idle();
    for (let n = 5; n < 7; n++) await report(draftOf(n), 'test');
    await ports.clock.advance(1_000);
    await engine.planner.idle();
    await engine.stop();
    const spans = (await entriesOf('alerts.passed')).map(({ facts }) => [facts['from'], facts['to'], facts['count']]);
    expect(spans.at(-1)?.[1]).toBe(7);
    expect(spans.reduce((sum, [, , count]) => sum + Number(count), 0)).toBe(7);
    expect(await entriesOf('alerts.kept')).toEqual([]);
  });
});
