import { createHmac } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { waitFor } from '@therapytrain/alerts-testkit';
import { alertctl, type Ended, killAll, type RunningGateway, startGateway } from './support/processes.ts';

jest.setTimeout(180_000);

const user = 'u-4711-anna.muster';
const policy = `
routes:
  - receivers: []
responders:
  lock: { kind: lock-account }
playbooks:
  - name: lock
    when: type == 'AUTH_FAILURE'
    mode: enforce
    steps: [{ responder: lock, target: userId, for: 1h }]
`;

let directory: string;
let data: string;
let logKey: string;
let gateway: RunningGateway;
const ctl = (...words: string[]): Promise<Ended> => alertctl(gateway.address, words);

const start = (): Promise<RunningGateway> => {
  const words = ['--policy', join(directory, 'policy.yaml'), '--audit-key', `file:${join(directory, 'log.key')}`];
  return startGateway(data, '127.0.0.1:0', words);
};

interface Entry {
  readonly action: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

const entries = async (action: string): Promise<readonly Entry[]> => {
  const { out } = await ctl('audit', 'list', '--action', action, '--json');
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Entry);
};

/** What the data directory holds at the moment. The gateway alone may read it while it runs, so it is begun again. */
const look = async () => {
  await gateway.kill();
  const copy = mkdtempSync(join(directory, 'copy-'));
  cpSync(data, copy, { recursive: true });
  gateway = await start();
  const db = new DatabaseSync(join(copy, 'plan.db'));
  const keys = new Map(
    db
      .prepare('SELECT id, key FROM subjects')
      .all()
      .map((each) => [each['id'], each['key']]),
  );
  const rows = JSON.stringify(db.prepare('SELECT actor, action, subject, facts FROM audit').all());
  db.close();
  const files = readdirSync(join(copy, 'audit'), { recursive: true, withFileTypes: true });
  return {
    /** Everything of the audit: the rows of the store, and what is published. */
    everything: files
      .filter((each) => each.isFile())
      .reduce((text, each) => text + readFileSync(join(each.parentPath, each.name), 'latin1'), rows),
    /** Whether a commitment stands for a value, as anybody can work it out who has the key. */
    opens: (commitment: string, value: string): boolean => {
      const [, id = '', mac] = commitment.split(':');
      const key = keys.get(id) as Uint8Array | undefined;
      return key !== undefined && createHmac('sha256', key).update(value).digest('hex') === mac;
    },
  };
};

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'audit-responses-'));
  data = join(directory, 'data');
  writeFileSync(join(directory, 'policy.yaml'), policy);
  const key = join(directory, 'log.key');
  logKey = (await alertctl('127.0.0.1:1', ['audit', 'keygen', 'log.example/peer', '--file', key])).out.trim();
  gateway = await start();
});

afterAll(() => {
  killAll();
  rmSync(directory, { recursive: true });
});

describe('the audit of a lock', () => {
  test('says whom it is about to who has the key, to nobody else, and to nobody once that is erased', async () => {
    const words = ['--severity', 'HIGH', '--metadata', `userId=${user}`];
    expect((await ctl('report', 'AUTH_FAILURE', 'a login failed', ...words)).exitCode).toBe(0);
    await waitFor(async () => (await entries('response.in_force')).length > 0, { deadline: 60_000, what: 'the lock' });
    const [planned] = await entries('response.planned');
    const [inForce] = await entries('response.in_force');
    const target = String(inForce?.facts['target']);
    expect(target).toMatch(/^hmac-sha256:[0-9a-f]{32}:[0-9a-f]{64}$/);
    expect(planned?.facts['target']).toBe(target);
    const before = await look();
    expect([before.opens(target, user), before.opens(target, `${user}2`)]).toEqual([true, false]);
    expect(before.everything).toContain(target);
    expect(before.everything).not.toContain(user);

    expect((await ctl('subjects', 'erase', user, '--yes')).error).toContain('is erased');
    expect((await look()).opens(target, user)).toBe(false);
    expect((await entries('response.in_force'))[0]?.facts['target']).toBe(target);
    await waitFor(async () => (await entries('subject.erased')).length > 0, { deadline: 60_000, what: 'the entry' });
    expect(await ctl('audit', 'verify', '--log-key', logKey)).toMatchObject({ exitCode: 0 });
  });

  test('says with the next response that it is about them again, under another key', async () => {
    const [before] = await entries('response.in_force');
    const { out } = await ctl('responses', 'list', '--json');
    const { id } = JSON.parse(out.split('\n')[0] ?? '') as { id: string };
    expect((await ctl('responses', 'revert', id, '--yes')).exitCode).toBe(0);
    await waitFor(async () => (await entries('response.reverted')).length > 0, {
      deadline: 60_000,
      what: 'the revert',
    });
    const reverted = String((await entries('response.reverted'))[0]?.facts['target']);
    expect(reverted).not.toBe(before?.facts['target']);
    const after = await look();
    expect([after.opens(reverted, user), after.opens(String(before?.facts['target']), user)]).toEqual([true, false]);
    expect(after.everything).not.toContain(user);
  });
});
