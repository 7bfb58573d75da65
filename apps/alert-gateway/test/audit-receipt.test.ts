import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  cosignatureLine,
  createKey,
  encodeEntry,
  openTileLog,
  signatureTypes,
  type Signer,
} from '@therapytrain/alerts-audit';
import { NotGenuine, readKey, type ReceiptTrust, verifyReceipt } from '@therapytrain/alerts-audit-verifier';
import {
  AlertError,
  leafHash,
  type NewAuditEntry,
  type StampedAlert,
  systemRandom,
  treeHash,
} from '@therapytrain/alerts-core';
import { createMemoryLog, type Desk, placeSubject } from '@therapytrain/alerts-manager';
import { createMemoryStore, draftOf, stamp, testPorts } from '@therapytrain/alerts-testkit';
import { createProving } from '../src/audit/proving.ts';

const log = createKey('log.example/receipts', signatureTypes.note, systemRandom);
const witness = createKey('witness.example/w', signatureTypes.cosignature, systemRandom);
const directories: string[] = [];
afterEach(() => directories.splice(0).forEach((each) => rmSync(each, { recursive: true })));

const incident = '019b76da-a800-7000-8000-00000000aaaa';

const openWorld = async ({ alerts = 9, cosigned = true, signer = log as Signer } = {}) => {
  const directory = mkdtempSync(join(tmpdir(), 'receipt-'));
  directories.push(directory);
  const ports = testPorts();
  const kept = createMemoryLog({ capacity: 1_000 });
  const store = createMemoryStore(ports);
  const stamped: StampedAlert[] = Array.from({ length: alerts }, (_, n) => stamp(draftOf(n), ports));
  await kept.append(stamped);
  const { alerts: read } = await kept.read(0, alerts);
  const root = treeHash(read.map(({ encoded }) => leafHash(encoded))).toString('hex');
  const entry = (action: string, subject: string, facts: NewAuditEntry['facts']): NewAuditEntry => ({
    ...{ at: ports.clock.now(), actor: 'gateway', action, subject, facts },
  });
  await store.commit({
    audit: [entry('alerts.kept', placeSubject(alerts), { from: 1, to: alerts, count: alerts, root })],
    jobs: ['mail', 'chat'].map((target) => ({
      ...{
        id: ports.ids.next(),
        kind: 'delivery' as const,
        incident,
        target,
        event: 'opened' as const,
        severity: 3 as const,
      },
      ...{ due: ports.clock.now(), slot: `s/${target}`, pairs: alerts, policy: '0123456789ab' },
    })),
  });
  const by = { now: ports.clock.now(), until: ports.clock.now() + 1_000, limit: 10, except: [], unaided: [] };
  const claims = await store.claim({ ...by, perTarget: { default: 10, of: {} } });
  for (const claim of claims) {
    const proof = `250 ok, ${claim.job.target}`;
    const facts = { channel: claim.job.target, incident, proof: hash('sha256', proof, 'hex') };
    await store.settle([
      { claim, next: { state: 'done', proof }, changes: { audit: [entry('delivery.done', claim.job.id, facts)] } },
    ]);
  }
  const tiles = await openTileLog({ directory, origin: signer.name, known: [signer] });
  const checkpoint = await tiles.append((await store.audit(0, 100)).map(encodeEntry), [signer]);
  const text = checkpoint.slice(0, checkpoint.lastIndexOf('\n\n') + 1);
  const witnessed = cosigned ? checkpoint + cosignatureLine(text, witness, 1_700_000_000) : undefined;
  const proving = createProving({
    published: () => ({ checkpoint, head: tiles.head(), reader: tiles.reader() }),
    cosigned: () => witnessed,
    ...{ store, log: kept, keys: [signer] },
    desk: { explain: async () => ({ alertId: '', policy: '', incident, steps: [] }) } satisfies Pick<Desk, 'explain'>,
  });
  return { proving, read, ids: stamped.map(({ alert }) => alert.id) };
};

const trust: ReceiptTrust = { log: readKey(log.vkey), witnesses: [readKey(witness.vkey)] };

describe('receipts', () => {
  test('of every alert of a batch verify by the public keys alone, with the deliveries and their proofs', async () => {
    for (const alerts of [1, 2, 7, 9]) {
      const { proving, ids, read } = await openWorld({ alerts });
      for (const [at, id] of ids.entries()) {
        const receipt = await proving.receipt(id);
        const verified = verifyReceipt(receipt, { ...trust, alert: read[at]?.encoded ?? Buffer.alloc(0) });
        expect(verified.alert).toMatchObject({ id, sequence: at + 1 });
        expect(verified.deliveries.map(({ channel, proof }) => [channel, proof]).sort()).toEqual([
          ['chat', '250 ok, chat'],
          ['mail', '250 ok, mail'],
        ]);
        expect(verified.witnesses).toEqual([{ name: witness.name, time: 1_700_000_000 }]);
      }
    }
  });

  test('that are changed anywhere are not genuine', async () => {
    const { proving, ids } = await openWorld();
    const text = await proving.receipt(ids[4] ?? '');
    const receipt = JSON.parse(text) as object;
    const changes: [string, string][] = [];
    const walk = (value: unknown, path: readonly (string | number)[]): void => {
      if (typeof value === 'object' && value !== null) {
        for (const [key, each] of Object.entries(value)) walk(each, [...path, key]);
        return;
      }
      // The id and the key that it names are not what is proved: the sequence and the verifier's own key are.
      if (['alert.id', 'log'].includes(path.join('.'))) return;
      const other = typeof value === 'number' ? value + 1 : changedText(String(value));
      const copy = JSON.parse(text) as Record<string | number, never>;
      let at: Record<string | number, never> = copy;
      for (const key of path.slice(0, -1)) at = at[key] as never;
      at[path.at(-1) ?? ''] = other as never;
      changes.push([path.join('.'), JSON.stringify(copy)]);
    };
    // Not the last characters: base64 has bits there that mean nothing.
    const changedText = (value: string): string => (value.startsWith('A') ? 'B' : 'A') + value.slice(1);
    walk(receipt, []);
    expect(changes.length).toBeGreaterThan(20);
    for (const [path, changed] of changes) {
      expect([path, notGenuine(() => verifyReceipt(changed, trust))]).toEqual([path, true]);
    }
  });

  test('are of the alert that is given, and of no other', async () => {
    const { proving, ids, read } = await openWorld();
    const receipt = await proving.receipt(ids[1] ?? '');
    const other = read[2]?.encoded ?? Buffer.alloc(0);
    expect(notGenuine(() => verifyReceipt(receipt, { ...trust, alert: other }))).toBe(true);
  });

  test('need the key of the log, and a witness where one is named', async () => {
    const { proving, ids } = await openWorld({ cosigned: false });
    const receipt = await proving.receipt(ids[0] ?? '');
    expect(verifyReceipt(receipt, { log: trust.log }).witnesses).toEqual([]);
    expect(notGenuine(() => verifyReceipt(receipt, trust))).toBe(true);
    const stranger = readKey(createKey(log.name, signatureTypes.note, systemRandom).vkey);
    expect(notGenuine(() => verifyReceipt(receipt, { log: stranger }))).toBe(true);
  });

  test.each([
    '',
    '{}',
    'null',
    '[]',
    '{"format":"therapytrain-alerts-receipt/v1"}',
    '{"format":"therapytrain-alerts-receipt/v2"}',
  ])('that are none are refused: %s', (text) => expect(notGenuine(() => verifyReceipt(text, trust))).toBe(true));

  test('are not made of what is not there', async () => {
    const { proving } = await openWorld();
    await expect(proving.receipt('019b76da-a800-7000-8000-000000000000')).rejects.toThrow(AlertError);
    await expect(proving.entry(4, 0)).rejects.toMatchObject({ code: 'AUDIT_ENTRY_NOT_FOUND' });
    await expect(proving.entry(0, 0)).rejects.toMatchObject({ code: 'AUDIT_ENTRY_NOT_FOUND' });
    await expect(proving.entry(1, 9)).rejects.toMatchObject({ code: 'FIELD_INVALID' });
    await expect(proving.consistency(3, 2)).rejects.toMatchObject({ code: 'FIELD_INVALID' });
  });
});

const notGenuine = (work: () => unknown): boolean => {
  try {
    work();
    return false;
  } catch (error) {
    return error instanceof NotGenuine;
  }
};
