import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { X509Certificate } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { tokenDigest } from '@therapytrain/alerts-core';
import { readPolicy } from '@therapytrain/alerts-manager';
import { alertctl, killAll, startGateway } from './support/processes.ts';

jest.setTimeout(180_000);

let directory: string;
let at: (name: string) => string;
let text: (name: string) => string;
let told: string;

beforeAll(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'alertctl-init-')), 'alerts');
  at = (name) => join(directory, name);
  text = (name) => readFileSync(at(name), 'utf8');
  const { exitCode, out, error } = await alertctl('127.0.0.1:1', [
    'init',
    directory,
    '--host',
    'alerts.clinic.example',
  ]);
  expect({ exitCode, error }).toEqual({ exitCode: 0, error: '' });
  told = out;
});
afterAll(async () => {
  killAll();
  await rm(join(directory, '..'), { recursive: true, force: true });
});

describe('alertctl init', () => {
  test('makes certificates that stand for what they should, and no more', () => {
    const [ca, server, admin] = ['ca', 'server', 'admin'].map((name) => new X509Certificate(text(`tls/${name}.crt`)));
    for (const each of [server, admin]) {
      expect(each?.checkIssued(ca as X509Certificate)).toBe(true);
      expect(each?.verify((ca as X509Certificate).publicKey)).toBe(true);
      expect(each?.ca).toBe(false);
    }
    expect(ca?.ca).toBe(true);
    expect(server?.checkHost('alerts.clinic.example')).toBe('alerts.clinic.example');
    expect(server?.checkHost('elsewhere.example')).toBeUndefined();
    expect(server?.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect([server?.keyUsage, admin?.keyUsage]).toEqual([['1.3.6.1.5.5.7.3.1'], ['1.3.6.1.5.5.7.3.2']]);
    expect(admin?.subjectAltName).toBe('URI:urn:therapytrain:alerts:client:admin');
  });

  test('lets only their owner read secrets, and keeps of the token only a digest', () => {
    for (const name of ['admin.token', 'tls/ca.key', 'tls/server.key', 'tls/admin.key', 'tls/reporter.key']) {
      expect([name, statSync(at(name)).mode & 0o777]).toEqual([name, 0o600]);
    }
    const token = text('admin.token').trim();
    expect(text('identities.yaml')).toContain(tokenDigest(token));
    expect(text('identities.yaml')).not.toContain(token.split('_')[2]);
    expect(told).not.toContain(token.split('_')[2]);
  });

  test('writes a policy that holds', () => {
    expect(
      readPolicy(text('policy.yaml'), { kinds: new Map(), responders: new Map(), secrets: undefined }).faults,
    ).toEqual([]);
  });

  test('overwrites nothing, and writes nothing then', async () => {
    const other = join(directory, '..', 'other');
    await alertctl('127.0.0.1:1', ['init', other]);
    const before = readFileSync(join(other, 'identities.yaml'), 'utf8');
    await rm(join(other, 'tls'), { recursive: true });
    writeFileSync(join(other, 'admin.token'), 'mine');
    const { exitCode, error } = await alertctl('127.0.0.1:1', ['init', other]);
    expect(exitCode).toBe(2);
    expect(error).toMatch(/is there already, and is not overwritten/);
    expect(existsSync(join(other, 'tls'))).toBe(false);
    expect(readdirSync(other).sort()).toEqual(['admin.token', 'identities.yaml', 'policy.yaml']);
    expect(readFileSync(join(other, 'identities.yaml'), 'utf8')).toBe(before);
  });

  test('says three commands that work: a gateway that lets in who has what was made, and nobody else', async () => {
    // What it printed, with a port of its own.
    const [, flags = ''] = /alert-gateway --listen \S+ ([^]*?)\n {2}export/.exec(told) ?? [];
    const words = flags.replaceAll('\\\n', ' ').split(/\s+/).filter(Boolean);
    const gateway = await startGateway(at('data'), '127.0.0.1:0', words.slice(2));
    const address = gateway.address.replace('127.0.0.1', 'localhost');
    const ctl = (environment: NodeJS.ProcessEnv, ...said: string[]) => alertctl(address, said, undefined, environment);
    const ca = { ALERTS_TLS_CA: at('tls/ca.crt') };
    const admin = { ...ca, ALERTS_TOKEN_FILE: at('admin.token') };

    const whoami = await ctl(admin, 'whoami');
    expect(whoami).toMatchObject({ exitCode: 0, error: '' });
    expect(whoami.out).toMatch(/Principal: +admin\nProved by: +token/);
    expect(await ctl(ca, 'whoami')).toMatchObject({ exitCode: 1, error: expect.stringMatching(/did not prove who/) });

    const reporter = { ...ca, ALERTS_TLS_CERT: at('tls/reporter.crt'), ALERTS_TLS_KEY: at('tls/reporter.key') };
    expect(await ctl(reporter, 'report', 'SYSTEM_HEALTH', 'full')).toMatchObject({ exitCode: 0, error: '' });
    const denied = await ctl(reporter, 'list');
    expect(denied).toMatchObject({ exitCode: 1, error: expect.stringMatching(/needs the scope alerts\.read/) });
    const listed = await ctl(admin, 'list', '--json');
    expect(JSON.parse(listed.out)).toMatchObject({ source: 'reporter', message: 'full' });

    const made = await ctl(admin, 'tokens', 'create', 'dashboard', '--scope', 'alerts.read', '--for', '1d');
    writeFileSync(at('dashboard.token'), made.out);
    const dashboard = { ...ca, ALERTS_TOKEN_FILE: at('dashboard.token') };
    expect((await ctl(dashboard, 'list')).exitCode).toBe(0);
    await ctl(admin, 'tokens', 'revoke', made.out.split('_')[1] ?? '', '--yes');
    expect(await ctl(dashboard, 'list')).toMatchObject({ exitCode: 1, error: expect.stringMatching(/was revoked/) });
    await gateway.kill();
  });
});
