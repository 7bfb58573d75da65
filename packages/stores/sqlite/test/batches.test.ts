import { describe, expect, test } from '@jest/globals';
import { AlertError, type StampedAlert } from '@therapytrain/alerts-core';
import { draftOf, stamp, testPorts } from '@therapytrain/alerts-testkit';
import { type Commit, createBatches } from '../src/batches.ts';

const ports = testPorts();
const alerts = (count: number, bytes?: number): StampedAlert[] =>
  Array.from({ length: count }, (_, n) => {
    const alert = stamp(draftOf(n), ports);
    return bytes === undefined ? alert : { ...alert, encoded: new Uint8Array(bytes) };
  });

const turn = (): Promise<void> => new Promise(setImmediate);

/** Batches whose commits go nowhere until the test ends them. */
const subject = () => {
  const sent: Commit[] = [];
  const batches = createBatches((commit) => void sent.push(commit));
  return {
    batches,
    sent,
    add: (count: number, bytes?: number) => batches.add(alerts(count, bytes)),
    sizes: () => sent.map(({ calls }) => calls.map((call) => call.alerts.length)),
    endOldest: async () => {
      for (const { resolve } of batches.ended().calls) resolve([]);
      await turn();
    },
  };
};

describe('group commit', () => {
  test('a lone call goes at once', async () => {
    const { add, sizes } = subject();
    void add(1);
    await turn();
    expect(sizes()).toEqual([[1]]);
  });

  test('all calls of a turn share a commit, in their order', async () => {
    const { add, sizes } = subject();
    void add(1);
    void add(3);
    await Promise.resolve().then(() => void add(2));
    await turn();
    expect(sizes()).toEqual([[1, 3, 2]]);
  });

  test('two commits are in flight; the others gather until one has ended', async () => {
    const { add, sizes, endOldest } = subject();
    for (const count of [1, 2, 3, 4, 5]) {
      void add(count);
      await turn();
    }
    expect(sizes()).toEqual([[1], [2]]);
    await endOldest();
    expect(sizes()).toEqual([[1], [2], [3, 4, 5]]);
  });

  test('a commit holds 2,048 alerts or 4 MiB, but one call at least', async () => {
    const many = subject();
    for (const count of [2_000, 48, 1, 5_000, 1]) void many.add(count);
    await turn();
    await many.endOldest();
    await many.endOldest();
    expect(many.sizes()).toEqual([[2_000, 48], [1], [5_000], [1]]);
    const large = subject();
    for (let call = 0; call < 3; call++) void large.add(32, 65_000);
    await turn();
    expect(large.sizes()).toEqual([[32, 32], [32]]);
  });

  test('a commit counts its alerts and bytes', async () => {
    const { add, sent } = subject();
    void add(2, 100);
    void add(1, 50);
    await turn();
    expect(sent[0]).toMatchObject({ count: 3, size: 250 + 3 * 24 });
  });

  test('failing rejects what is in flight and what waits', async () => {
    const { batches, add, sent } = subject();
    const calls = [];
    for (let call = 0; call < 4; call++) {
      calls.push(add(1));
      await turn();
    }
    expect(sent).toHaveLength(2);
    const error = new AlertError('STORE_UNAVAILABLE', 'broken');
    batches.fail(error);
    for (const call of calls) await expect(call).rejects.toBe(error);
    await batches.settled();
    expect(sent).toHaveLength(2);
  });

  test('it is settled when nothing waits and nothing is in flight', async () => {
    const { batches, add, endOldest } = subject();
    await batches.settled();
    for (let call = 0; call < 3; call++) {
      void add(1);
      await turn();
    }
    let settled = false;
    void batches.settled().then(() => (settled = true));
    for (let commit = 0; commit < 3; commit++) {
      await turn();
      expect(settled).toBe(false);
      await endOldest();
    }
    await turn();
    expect(settled).toBe(true);
  });
});
