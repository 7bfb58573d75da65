import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createKey, encodeEntry, exportEnd, exportHead, signatureTypes } from '@therapytrain/alerts-audit';
import { type Head, NotGenuine, readKey, verifyExport } from '@therapytrain/alerts-audit-verifier';
import { AlertError, type AuditEntry, type Store, systemRandom } from '@therapytrain/alerts-core';
import { createMemoryStore, type TestPorts, testPorts, waitFor } from '@therapytrain/alerts-testkit';
import { loadAuditKeys } from '../src/audit/keys.ts';
import { type Publisher, startPublisher } from '../src/audit/publisher.ts';

const name = 'log.example/published';
const key = createKey(name, signatureTypes.note, systemRandom);

let directory: string;
let ports: TestPorts;
let store: Store;
let failures: unknown[];
const running: Publisher[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'publisher-'));
  ports = testPorts();
  store = createMemoryStore(ports);
  failures = [];
});

afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
  rmSync(directory, { recursive: true });
});

const start = async (more: { keys?: Parameters<typeof startPublisher>[0]['keys']; store?: Store } = {}) => {
  const publisher = await startPublisher({
    store: more.store ?? store,
    directory: join(directory, 'audit'),
    keys: more.keys ?? { current: key, previous: undefined, made: false },
    clock: ports.clock,
    onCheckpoint: () => undefined,
    onFailure: (error) => failures.push(error),
  });
  running.push(publisher);
  return publisher;
};

const write = async (count: number): Promise<void> => {
  const audit = Array.from({ length: count }, (_, n) => ({
    ...{ at: ports.clock.now(), actor: 'gateway', action: 'incident.opened', subject: `s-${n}`, facts: { n } },
  }));
  await store.commit({ audit });
};

/** What a verifier makes of what is published, and the store. */
const verified = async ({ published }: Publisher, log = key.vkey, heads: readonly Head[] = []) => {
  const entries = await store.audit(0, 1_000_000);
  const lines = entries.flatMap((entry) => [encodeEntry(entry), Buffer.from('\n')]);
  const all = [Buffer.from(exportHead(log)), ...lines, Buffer.from(exportEnd(published().checkpoint))];
  return verifyExport(all, { log: readKey(log), heads });
};

describe('what is committed', () => {
  test('is published in its order, over restarts, and verifies', async () => {
    await write(3);
    const first = await start();
    expect(first.published().head.size).toBe(3);
    await write(700);
    await first.flush();
    const seen = await verified(first);
    expect(seen.size).toBe(703);
    await first.stop();
    await write(5_000);
    const second = await start();
    await second.flush();
    expect(second).toMatchObject({ state: expect.any(Function) as unknown });
    expect(await verified(second, key.vkey, [seen])).toMatchObject({ size: 5_703, origin: name });
    expect(second.mayAct()).toBe(true);
    expect(failures).toEqual([]);
  });

  test('is published within a second', async () => {
    const publisher = await start();
    await write(1);
    await ports.clock.advance(1_000);
    await waitFor(() => publisher.published().head.size === 1, { what: 'the entry' });
  });

  test('is published to the last entry before it ends', async () => {
    const publisher = await start();
    await write(300);
    await publisher.stop();
    expect(publisher.published().head.size).toBe(300);
  });

  test('an empty log has a checkpoint', async () => {
    expect((await start()).published().head.size).toBe(0);
  });
});

describe('a log that cannot be written', () => {
  test('lets nobody act until it can, and then has everything', async () => {
    const publisher = await start();
    await write(2);
    // Nothing can be made below a file.
    renameSync(join(directory, 'audit'), join(directory, 'away'));
    writeFileSync(join(directory, 'audit'), '');
    await publisher.flush();
    expect([publisher.state(), publisher.mayAct()]).toEqual(['unavailable', false]);
    expect(failures[0]).toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    expect(publisher.published().head.size).toBe(0);
    rmSync(join(directory, 'audit'));
    renameSync(join(directory, 'away'), join(directory, 'audit'));
    await publisher.flush();
    expect([publisher.state(), publisher.mayAct()]).toEqual(['healthy', true]);
    expect((await verified(publisher)).size).toBe(2);
  });
});

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return error instanceof AlertError ? error.code : String(error);
  }
  return 'none';
};

const expectBroken = (publisher: Publisher): void => {
  expect([publisher.state(), publisher.mayAct()]).toEqual(['broken', false]);
  expect(failures).toHaveLength(1);
  expect(publisher.detail()).not.toBe('');
  expect(codeOf(() => publisher.published())).toBe('AUDIT_BROKEN');
};

const withEntries = (change: (entries: readonly AuditEntry[]) => readonly AuditEntry[]): Store => ({
  ...store,
  audit: async (after, limit) => change(await store.audit(0, 1_000_000)).slice(after, after + limit),
});

describe('a log that is not what it was is broken, and told of once', () => {
  beforeEach(async () => {
    await write(600);
    const publisher = await start();
    await publisher.flush();
    await publisher.stop();
  });

  test.each<[string, (entries: readonly AuditEntry[]) => readonly AuditEntry[]]>([
    ['the store is an older copy', (entries) => entries.slice(0, 599)],
    [
      'its last entry was changed',
      (entries) => entries.map((each) => (each.sequence === 600 ? { ...each, actor: 'bob' } : each)),
    ],
    ['it begins anew', () => []],
  ])('%s', async (_, change) => expectBroken(await start({ store: withEntries(change) })));

  test('a tile was changed', async () => {
    const file = join(directory, 'audit', 'tile/0/002.p/88');
    const bytes = readFileSync(file);
    bytes[5] = (bytes[5] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    expectBroken(await start());
  });

  test('its checkpoint is that of another key', async () => {
    const other = createKey(name, signatureTypes.note, systemRandom);
    expectBroken(await start({ keys: { current: other, previous: undefined, made: false } }));
  });

  test('an entry is missing while it runs', async () => {
    await write(2);
    const gap = withEntries((entries) => entries.filter(({ sequence }) => sequence !== 601));
    expectBroken(await start({ store: gap }));
  });

  test('somebody who is trusted has seen another one', async () => {
    const publisher = await start();
    publisher.distrust(new AlertError('AUDIT_BROKEN', 'the witness has seen more'));
    expectBroken(publisher);
    await write(3);
    await publisher.flush();
    expectBroken(publisher);
  });
});

describe('an old copy of everything', () => {
  test('goes on as if nothing were; only a head that was seen tells', async () => {
    await write(10);
    const first = await start();
    cpSync(join(directory, 'audit'), join(directory, 'copy'), { recursive: true });
    await write(5);
    await first.flush();
    const seen = await verified(first);
    await first.stop();
    rmSync(join(directory, 'audit'), { recursive: true });
    renameSync(join(directory, 'copy'), join(directory, 'audit'));
    const before = await store.audit(0, 10);
    store = createMemoryStore(ports);
    await store.commit({ audit: before });
    await ports.clock.advance(5);
    const restored = await start();
    await write(7);
    await restored.flush();
    expect((await verified(restored)).size).toBe(17);
    await expect(verified(restored, key.vkey, [seen])).rejects.toThrow(NotGenuine);
  });
});

describe('keys', () => {
  test('are made once, for the owner alone, and are the same at the next start', () => {
    const made = loadAuditKeys({ directory }, systemRandom, {});
    expect(made.made).toBe(true);
    expect(statSync(join(directory, 'audit.key')).mode & 0o777).toBe(0o600);
    const again = loadAuditKeys({ directory }, systemRandom, {});
    expect([again.made, again.current.vkey]).toEqual([false, made.current.vkey]);
  });

  test('come by reference, from a file or the environment', () => {
    const file = join(directory, 'k');
    writeFileSync(file, `${key.secretText()}\n`);
    for (const reference of [file, `file:${file}`]) {
      expect(loadAuditKeys({ directory, key: reference }, systemRandom, {}).current.vkey).toBe(key.vkey);
    }
    const env = { AUDIT: key.secretText() };
    expect(loadAuditKeys({ directory, key: 'env:AUDIT' }, systemRandom, env).current.vkey).toBe(key.vkey);
    expect(codeOf(() => loadAuditKeys({ directory, key: 'env:NONE' }, systemRandom, env))).toBe('NOT_CONFIGURED');
    const witness = createKey('w.example', signatureTypes.cosignature, systemRandom);
    const wrong = {
      W: witness.secretText(),
      O: createKey('o.example', signatureTypes.note, systemRandom).secretText(),
    };
    expect(codeOf(() => loadAuditKeys({ directory, key: 'env:W' }, systemRandom, wrong))).toBe('NOT_CONFIGURED');
    const other = { directory, key: 'env:AUDIT', previous: 'env:O' };
    expect(codeOf(() => loadAuditKeys(other, systemRandom, { ...env, ...wrong }))).toBe('NOT_CONFIGURED');
  });

  test('hand over: both sign while they do, and who knows the old one trusts the new one', async () => {
    const next = createKey(name, signatureTypes.note, systemRandom);
    await write(3);
    await (await start()).stop();
    const both = await start({ keys: { current: next, previous: key, made: false } });
    await both.flush();
    await both.stop();
    expect((await store.audit(0, 10)).map(({ action }) => action)).toEqual([
      ...['incident.opened', 'incident.opened', 'incident.opened', 'audit.key_changed'],
    ]);
    const again = await start({ keys: { current: next, previous: key, made: false } });
    await again.stop();
    expect(await store.audit(0, 10)).toHaveLength(4);
    const alone = await start({ keys: { current: next, previous: undefined, made: false } });
    await write(2);
    await alone.flush();
    expect(alone.published().checkpoint.match(/^— /gm)).toHaveLength(1);
    expect((await verified(alone, key.vkey)).size).toBe(6);
    await expect(verified(alone, createKey(name, signatureTypes.note, systemRandom).vkey)).rejects.toThrow(NotGenuine);
  });
});
