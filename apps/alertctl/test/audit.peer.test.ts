import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { waitFor } from '@therapytrain/alerts-testkit';
import {
  alertctl,
  type Ended,
  killAll,
  type Running,
  type RunningGateway,
  startAlertctl,
  startGateway,
} from './support/processes.ts';

jest.setTimeout(180_000);

let directory: string;
let data: string;
let gateway: RunningGateway;
let witness: Running | undefined;
const at = (name: string): string => join(directory, name);

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

const ctl = (...words: string[]): Promise<Ended> => alertctl(gateway.address, words);
const report = (n: number): Promise<Ended> => ctl('report', 'AUTH_FAILURE', `number ${n}`, '--json');

let logKey: string;
let witnessKey: string;
let witnessUrl: string;

const startWitness = async (...more: string[]): Promise<void> => {
  const words = ['audit', 'witness', '--key', at('witness.key'), '--state', at('seen.json'), '--log', logKey];
  witness = startAlertctl('127.0.0.1:1', [...words, '--listen', new URL(witnessUrl).host, ...more]);
  await waitFor(() => witness?.out().includes('http://'), { deadline: 60_000, what: 'the witness' });
};

const start = (): Promise<RunningGateway> =>
  startGateway(data, '127.0.0.1:0', [
    ...['--policy', at('policy.yaml'), '--audit-key', `file:${at('log.key')}`],
    ...['--audit-witness', witnessUrl, '--audit-witness-key', witnessKey],
  ]);

const seenSize = (): number => {
  const { logs } = JSON.parse(readFileSync(at('seen.json'), 'utf8')) as { logs: Record<string, { size: number }> };
  return Object.values(logs)[0]?.size ?? 0;
};

const published = async (): Promise<number> => {
  const { out } = await ctl('audit', 'list', '--limit', '1', '--json');
  return (JSON.parse(out) as { sequence: number }).sequence;
};

const verify = (...words: string[]): Promise<Ended> => ctl('audit', 'verify', '--log-key', logKey, ...words);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'audit-'));
  data = at('data');
  writeFileSync(at('policy.yaml'), 'routes:\n  - receivers: []\n');
  witnessUrl = `http://127.0.0.1:${await freePort()}`;
  const nowhere = '127.0.0.1:1';
  logKey = (await alertctl(nowhere, ['audit', 'keygen', 'log.example/peer', '--file', at('log.key')])).out.trim();
  const words = ['audit', 'keygen', 'witness.example/peer', '--witness', '--file', at('witness.key')];
  witnessKey = (await alertctl(nowhere, words)).out.trim();
  await startWitness('--new');
  gateway = await start();
});

afterEach(() => rmSync(at('export.jsonl'), { force: true }));

afterAll(() => {
  killAll();
  rmSync(directory, { recursive: true });
});

/** Waits until the witness has seen what was reported. */
const witnessed = async (): Promise<void> => {
  const before = await published();
  await waitFor(() => seenSize() >= before, { deadline: 60_000, what: 'the witness to have seen it' });
};

describe('alertctl and a gateway with a witness', () => {
  test('the log verifies, as it is, as an export, and an alert of it by its receipt', async () => {
    for (let n = 0; n < 3; n++) await report(n);
    const { id } = JSON.parse((await ctl('list', '--json', '--limit', '1')).out) as { id: string };
    await waitFor(async () => (await ctl('prove', id)).exitCode === 0, { deadline: 60_000, what: 'a receipt' });
    await witnessed();
    expect((await ctl('prove', id, '--output', at('receipt.json'))).exitCode).toBe(0);
    const online = await verify('--witness-key', witnessKey, '--seen', at('seen.json'));
    expect(online).toMatchObject({ exitCode: 0, error: '' });
    expect(online.out).toMatch(/^Genuine: all \d+ entries.*\nCosigned by witness\.example\/peer; held against 1 head/);

    expect((await ctl('audit', 'export', at('export.jsonl'))).exitCode).toBe(0);
    const offline = ['--log-key', logKey, '--witness-key', witnessKey];
    const nowhere = '127.0.0.1:1';
    const file = await alertctl(nowhere, ['audit', 'verify', '--offline', at('export.jsonl'), ...offline, '--json']);
    expect(JSON.parse(file.out)).toMatchObject({ genuine: true, witnesses: ['witness.example/peer'] });
    const receipt = await alertctl(nowhere, ['audit', 'verify', '--receipt', at('receipt.json'), ...offline, '--json']);
    expect(JSON.parse(receipt.out)).toMatchObject({ genuine: true, alert: { id, sequence: 3 } });

    const text = readFileSync(at('export.jsonl'), 'utf8');
    writeFileSync(at('export.jsonl'), text.replace('"actor":"gateway"', '"actor":"nobody"'));
    const changed = await alertctl(nowhere, ['audit', 'verify', '--offline', at('export.jsonl'), ...offline]);
    expect(changed).toMatchObject({ exitCode: 1 });
    expect(changed.error).toContain('the entries do not make the tree of the checkpoint');
  });

  test('what is erased and what was reviewed is noted', async () => {
    expect((await ctl('subjects', 'erase', 'u-17', '--yes')).exitCode).toBe(0);
    await witnessed();
    expect(await ctl('--source', 'ann', 'audit', 'review', '--sign', '--yes')).toMatchObject({ exitCode: 0 });
    await waitFor(async () => (await ctl('audit', 'list', '--action', 'audit.reviewed')).out.includes('ann'), {
      deadline: 60_000,
      what: 'the entry of the review',
    });
  });

  test('the log verifies after each kill -9, and the witness has seen nothing that was lost', async () => {
    for (let round = 0; round < 3; round++) {
      const reports = [1, 2, 3, 4].map((n) => report(10 * round + n));
      await reports[0];
      await gateway.kill();
      await Promise.all(reports);
      gateway = await start();
      await witnessed();
      expect(await verify('--witness-key', witnessKey, '--seen', at('seen.json'))).toMatchObject({ exitCode: 0 });
    }
  });
});

describe('a restore', () => {
  test('of a copy of the stopped gateway verifies; of one that is older it is found by the witness, and alerts are kept', async () => {
    await witnessed();
    await gateway.kill();
    cpSync(data, at('backup'), { recursive: true });
    // The drill: the data directory is lost, and the copy put in its place.
    rmSync(data, { recursive: true });
    cpSync(at('backup'), data, { recursive: true });
    gateway = await start();
    await report(100);
    await witnessed();
    expect(await verify('--seen', at('seen.json'))).toMatchObject({ exitCode: 0 });

    await gateway.kill();
    rmSync(data, { recursive: true });
    cpSync(at('backup'), data, { recursive: true });
    gateway = await start();
    const broken = (): Promise<boolean> => ctl('status').then(({ out }) => out.includes('the witness has seen'));
    await waitFor(broken, { deadline: 60_000, what: 'a gateway that knows it is an older copy' });
    const status = await ctl('status', '--json');
    expect(status.exitCode).toBe(1);
    expect(JSON.parse(status.out)).toMatchObject({
      ...{ status: 'NOT_SERVING', services: { alerts: 'SERVING' }, audit: { state: 'broken' } },
    });
    expect(await report(101)).toMatchObject({ exitCode: 0 });
    expect(await verify()).toMatchObject({ exitCode: 1 });
  });

  test('of a store that was edited is found at the start', async () => {
    await gateway.kill();
    rmSync(data, { recursive: true });
    cpSync(at('backup'), data, { recursive: true });
    const db = new DatabaseSync(join(data, 'plan.db'));
    db.exec("UPDATE audit SET actor = 'nobody' WHERE sequence = (SELECT max(sequence) FROM audit)");
    db.close();
    gateway = await start();
    const { out } = await ctl('status', '--json');
    expect(JSON.parse(out)).toMatchObject({ audit: { state: 'broken' } });
    expect(existsSync(join(data, 'audit', 'checkpoint'))).toBe(true);
  });

  test('a witness that has lost its file is not started again', async () => {
    witness?.child.kill();
    await witness?.ended();
    rmSync(at('seen.json'));
    const words = ['audit', 'witness', '--key', at('witness.key'), '--state', at('seen.json'), '--log', logKey];
    const ended = await alertctl('127.0.0.1:1', words);
    expect(ended).toMatchObject({ exitCode: 2 });
    expect(ended.error).toContain('retired');
  });
});
