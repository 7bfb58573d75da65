import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type AlertClient, createAlertClient } from '@therapytrain/alerts-client';
import { openSqliteStore } from '@therapytrain/alerts-store-sqlite';
import { type HttpPeer, startHttpPeer, waitFor } from '@therapytrain/alerts-testkit';
import { after, temporaryDirectory } from './support.ts';
import { type Child, startChild } from './support/child.ts';

const head = ({ port }: HttpPeer): string => `
channels:
  hook:
    kind: webhook
    url: { env: HOOK_URL }
    unsigned: true
    allow: { cidrs: [127.0.0.0/8], ports: [${port}], plaintext: true }
  other:
    kind: webhook
    url: { env: HOOK_URL }
    unsigned: true
    allow: { cidrs: [127.0.0.0/8], ports: [${port}], plaintext: true }
receivers: { team: { channels: [hook] }, both: { channels: [hook, other] } }
`;

interface Started {
  readonly child: Child;
  readonly client: AlertClient;
  readonly hook: HttpPeer;
  readonly data: string;
}

const start = async (policy: string, hook: HttpPeer, data: string): Promise<Started> => {
  const child = startChild(['--listen', '127.0.0.1:0', '--data', data, '--policy', policy], { HOOK_URL: hook.url });
  after(() => child.signal('SIGKILL'));
  const client = createAlertClient({ address: await child.listening(), source: 'sign-in' });
  after(() => client.close());
  return { child, client, hook, data };
};

const versionOf = async ({ client }: Started): Promise<string> => (await client.policy.get()).version;

const anotherThan = (started: Started, before: string) =>
  waitFor(
    async () => {
      const now = await versionOf(started);
      return now !== before && now;
    },
    { deadline: 20_000, what: 'another policy' },
  );

const report = ({ client }: Started, user: string) =>
  client.report({ type: 'AUTH_FAILURE', message: 'Failed login', severity: 3, metadata: { userId: user } });

const routes = (line: string): string => `routes:\n  - { name: all, receivers: [team]${line} }\n`;

describe('a gateway whose policy file changes', () => {
  test('takes a new one by rename and by signal, leaves a bad one, and has lost coverage accepted', async () => {
    const hook = await startHttpPeer();
    after(() => hook.stop());
    const data = await temporaryDirectory();
    const file = join(data, 'policy.yaml');
    const put = (text: string): void => {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    };
    const wide = `${head(hook)}routes: [{ name: all, receivers: [both] }]\n`;
    put(wide);
    const started = await start(file, hook, data);
    const { child, client } = started;
    const first = await versionOf(started);
    expect((await client.policy.get()).text).not.toContain('secret');

    await report(started, 'anna');
    await waitFor(() => hook.arrivals().length === 2, { what: 'the first notices' });

    put(wide.replace('[both]', '[both], batch_updates_every: 1m'));
    const second = await anotherThan(started, first);
    expect((await client.status()).policy).toMatchObject({ version: second, refused: undefined });

    put('channels: { nope\n');
    const refused = await waitFor(async () => (await client.status()).policy?.refused, { what: 'a refusal' });
    expect(refused).toMatchObject({ code: 'POLICY_INVALID', faults: [{ line: expect.any(Number), path: 'YAML' }] });
    expect(await versionOf(started)).toBe(second);
    expect(child.logged().some((line) => line.includes('is not in force'))).toBe(true);

    put(head(hook) + routes(''));
    const lossy = await waitFor(
      async () => {
        const { refused: last } = await client.policy.get();
        return last?.code === 'COVERAGE_LOST' ? last : undefined;
      },
      { what: 'a refusal for what would be lost' },
    );
    expect(lossy.changes[0]).toEqual({
      kind: 'lost',
      text: 'CRITICAL of every type no longer reaches other (webhook)',
    });
    expect(await versionOf(started)).toBe(second);
    await expect(client.policy.reload()).rejects.toMatchObject({ code: 'COVERAGE_LOST' });
    const stale = { acceptLostCoverage: true, expectedVersion: first };
    await expect(client.policy.reload(stale)).rejects.toMatchObject({ code: 'CONFLICT' });
    const accepted = await client.policy.reload({ acceptLostCoverage: true, expectedVersion: lossy.version });
    expect(accepted).toMatchObject({ version: lossy.version, previousVersion: second });
    expect((await client.policy.get()).refused).toBeUndefined();

    // The signal is not needed for a file, but is heard: nothing differs, and nothing happens.
    child.signal('SIGHUP');
    await report(started, 'ben');
    await waitFor(() => hook.arrivals().length === 3, { what: 'the notice by the new policy' });
    await client.close();
    child.signal('SIGTERM');
    expect(await child.ended()).toEqual({ code: 0, signal: null });
    expect(hook.arrivals()).toHaveLength(3);

    const store = await openSqliteStore({ directory: data });
    after(() => store.close());
    const audit = (await store.audit(0, 1_000)).filter(({ action }) => action.startsWith('policy.'));
    expect(audit.map(({ action, actor, facts }) => [action, actor, facts['cause'] ?? facts['what']])).toEqual([
      ['policy.changed', 'gateway', 'start'],
      ['policy.changed', 'gateway', 'file'],
      ['policy.refused', 'gateway', 'file'],
      ['policy.refused', 'gateway', 'file'],
      ['policy.refused', 'sign-in', 'call'],
      ['policy.changed', 'sign-in', 'call'],
      ...['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'].map((severity) => [
        'policy.coverage_lost',
        'sign-in',
        `${severity} of every type no longer reaches other (webhook)`,
      ]),
    ]);
  }, 120_000);

  test('takes a new one when a link is swapped, and what was planned before goes out once, at its time', async () => {
    const hook = await startHttpPeer();
    after(() => hook.stop());
    const data = await temporaryDirectory();
    const versions = (name: string, text: string): void => {
      mkdirSync(join(data, name));
      writeFileSync(join(data, name, 'policy.yaml'), text);
    };
    versions('..1', head(hook) + routes(', first_notify_after: 6s'));
    versions('..2', head(hook) + routes(', first_notify_after: 1h'));
    symlinkSync('..1', join(data, '..data'));
    symlinkSync('..data/policy.yaml', join(data, 'policy.yaml'));
    const started = await start(join(data, 'policy.yaml'), hook, data);
    const before = await versionOf(started);
    const begun = Date.now();
    await report(started, 'anna');
    await waitFor(async () => (await started.client.incidents.list()).incidents.length === 1, { what: 'an incident' });
    symlinkSync('..2', join(data, '..data_tmp'));
    renameSync(join(data, '..data_tmp'), join(data, '..data'));
    rmSync(join(data, '..1'), { recursive: true });
    await anotherThan(started, before);
    expect(hook.arrivals()).toEqual([]);
    await waitFor(() => hook.arrivals().length === 1, { deadline: 20_000, what: 'the notice' });
    expect(Date.now() - begun).toBeGreaterThan(5_500);
    const deliveries = async () => (await started.client.deliveries.list()).deliveries;
    await waitFor(async () => (await deliveries())[0]?.state === 'done', { what: 'the settlement' });
    expect((await deliveries()).map(({ policy }) => policy)).toEqual([before]);
    expect(hook.arrivals()).toHaveLength(1);
  }, 120_000);

  test('takes a secret that was rotated in its file, without a signal and without a change of the policy', async () => {
    const [old, next] = [await startHttpPeer(), await startHttpPeer()];
    after(() => old.stop());
    after(() => next.stop());
    const data = await temporaryDirectory();
    const [file, secret] = [join(data, 'policy.yaml'), join(data, 'hook.url')];
    const ports = `${old.port}, ${next.port}`;
    writeFileSync(secret, old.url);
    const text = head(old)
      .replaceAll('{ env: HOOK_URL }', `{ file: ${secret} }`)
      .replaceAll(`[${old.port}]`, `[${ports}]`);
    writeFileSync(file, text + routes(''));
    const started = await start(file, old, data);
    await report(started, 'anna');
    await waitFor(() => old.arrivals().length === 1, { what: 'the notice to the old address' });
    const { version } = await started.client.policy.get();
    const { loadedAt } = await started.client.policy.get();
    writeFileSync(`${secret}.new`, next.url);
    renameSync(`${secret}.new`, secret);
    await waitFor(async () => (await started.client.policy.get()).loadedAt > loadedAt, {
      ...{ deadline: 20_000, what: 'the secret to be read again' },
    });
    expect(await versionOf(started)).toBe(version);
    await report(started, 'ben');
    await waitFor(() => next.arrivals().length === 1, { what: 'the notice to the new address' });
    expect(old.arrivals()).toHaveLength(1);
    // One that is gone is told, and what was in force still is.
    rmSync(secret);
    const refused = await waitFor(async () => (await started.client.status()).policy?.refused, {
      ...{ deadline: 20_000, what: 'a refusal' },
    });
    expect(refused).toMatchObject({ code: 'POLICY_INVALID' });
    await report(started, 'cid');
    await waitFor(() => next.arrivals().length === 2, { what: 'the notice by what is in force' });
    await started.client.close();
  });
});
