import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cosignatureLine, createKey, readNote, signatureTypes } from '@therapytrain/alerts-audit';
import { systemRandom, type Store } from '@therapytrain/alerts-core';
import { createMemoryStore, type TestPorts, testPorts } from '@therapytrain/alerts-testkit';
import { auditFigures, newestEntry } from '../src/audit/figures.ts';
import { type Publisher, startPublisher } from '../src/audit/publisher.ts';

const [key, witness] = [
  createKey('log.example/figures', signatureTypes.note, systemRandom),
  createKey('witness.example', signatureTypes.cosignature, systemRandom),
];

let directory: string;
let ports: TestPorts;
let store: Store;
let publisher: Publisher;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'figures-'));
  ports = testPorts();
  store = createMemoryStore(ports);
  publisher = await startPublisher({
    ...{ store, directory, clock: ports.clock, keys: { current: key, previous: undefined, made: false } },
    onCheckpoint: () => undefined,
    onFailure: () => undefined,
  });
});

afterEach(async () => {
  await publisher.stop();
  rmSync(directory, { recursive: true });
});

const write = (count: number): Promise<void> =>
  store.commit({
    audit: Array.from({ length: count }, () => ({
      ...{ at: ports.clock.now(), actor: 'gateway', action: 'incident.opened', subject: 's', facts: {} },
    })),
  });

describe('the figures of the audit log', () => {
  test('say how much a checkpoint covers, and how old that is', async () => {
    const ask = auditFigures({ publisher, store, cosigned: () => undefined, witnessKey: () => '' }, ports.clock);
    await write(300);
    await publisher.flush();
    await write(7);
    const known = { entries: 307, uncovered: 7, healthy: true, witness: undefined };
    expect(await ask()).toEqual({ ...known, checkpointAge: 0 });
    await publisher.flush();
    await ports.clock.advance(5_000);
    expect(await ask()).toEqual({ ...known, uncovered: 0, checkpointAge: 5_000 });
  });

  test('say how far the witness is, also where it never was', async () => {
    const kept: { cosigned?: string } = {};
    const ask = auditFigures(
      { publisher, store, cosigned: () => kept.cosigned, witnessKey: () => witness.vkey },
      ports.clock,
    );
    await write(10);
    await publisher.flush();
    await ports.clock.advance(60_000);
    expect((await ask()).witness).toEqual({ uncosigned: 10, age: 60_000 });
    const { checkpoint } = publisher.published();
    const seconds = ports.clock.now() / 1_000;
    kept.cosigned = checkpoint + cosignatureLine(readNote(checkpoint).text, witness, Math.floor(seconds));
    await write(2);
    await publisher.flush();
    await ports.clock.advance(3_000);
    const { witness: told } = await ask();
    expect(told?.uncosigned).toBe(2);
    expect(told?.age).toBeGreaterThanOrEqual(3_000);
    expect(told?.age).toBeLessThan(4_000);
  });

  test('say that it is not well', async () => {
    const ask = auditFigures({ publisher, store, cosigned: () => undefined, witnessKey: () => '' }, ports.clock);
    await write(3);
    store.audit = () => Promise.reject(new Error('the disk is away'));
    await publisher.flush();
    expect(await ask()).toMatchObject({ entries: undefined, uncovered: undefined, healthy: false });
  });
});

test('the newest entry is found from wherever one begins, with few questions', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(100_000), fc.nat(100_000), async (one, other) => {
      const [from, size] = [Math.min(one, other), Math.max(one, other)];
      let asked = 0;
      const found = await newestEntry(
        { audit: async (after) => (asked++, after < size ? [{ sequence: after + 1 } as never] : []) },
        from,
      );
      return found === size && asked <= 2 * Math.log2(size - from + 2) + 2;
    }),
  );
});
