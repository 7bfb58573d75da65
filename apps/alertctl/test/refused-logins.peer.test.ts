import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { createToken, systemRandom } from '@therapytrain/alerts-core';
import { alertctl, type Ended, killAll, type RunningGateway, startGateway } from './support/processes.ts';

jest.setTimeout(180_000);

/** An address of this machine that nobody else takes, so that each trace of it is one of the peer below. */
const address = '127.73.41.7';

let directory: string;
let gateway: RunningGateway;
const at = (name: string): string => join(directory, 'alerts', name);
const start = (): Promise<RunningGateway> =>
  startGateway(at('data'), '127.0.0.1:0', [
    ...['--policy', at('policy.yaml'), '--identities', at('identities.yaml')],
    ...['--tls-cert', at('tls/server.crt'), '--tls-key', at('tls/server.key'), '--client-ca', at('tls/ca.crt')],
  ]);
const ctl = (...words: string[]): Promise<Ended> =>
  alertctl(gateway.address.replace('127.0.0.1', 'localhost'), words, undefined, {
    ALERTS_TLS_CA: at('tls/ca.crt'),
    ALERTS_TOKEN_FILE: at('admin.token'),
  });

/** Calls from the address, with a token that nobody knows; gives the status. */
const callInVain = async (): Promise<string> => {
  const [host = '', port] = gateway.address.split(':');
  const session = connectHttp2(`https://${gateway.address}`, {
    createConnection: () =>
      connectTls({
        ...{ host, port: Number(port), localAddress: address, servername: 'localhost', ALPNProtocols: ['h2'] },
        ca: readFileSync(at('tls/ca.crt')),
      }),
  });
  const stream = session.request({
    ...{ ':method': 'POST', ':path': '/therapytrain.alerts.v1.IdentityService/WhoAmI', te: 'trailers' },
    ...{ 'content-type': 'application/grpc', authorization: `Bearer ${createToken(systemRandom).text}` },
  });
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
  session.destroy();
  return String(headers['grpc-status']);
};

interface Entry {
  readonly subject: string;
  readonly facts: unknown;
}

const listed = async (): Promise<readonly Entry[]> =>
  (await ctl('audit', 'list', '--action', 'login.refused', '--json')).out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Entry);

const everythingIn = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => readFileSync(join(each.parentPath, each.name), 'latin1'))
    .join('\n');

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'refused-logins-'));
  expect((await alertctl('127.0.0.1:1', ['init', join(directory, 'alerts')])).exitCode).toBe(0);
  gateway = await start();
});

afterAll(() => {
  killAll();
  rmSync(directory, { recursive: true });
});

test('a refused login is in the audit without its address, which can be shown to be the one until its key is erased', async () => {
  for (let n = 0; n < 3; n++) expect(await callInVain()).toBe('16');
  // What was counted is written at the end at the latest.
  expect((await gateway.end()).exitCode).toBe(0);
  const rows = new DatabaseSync(join(at('data'), 'plan.db'), { readOnly: true });
  const keys = rows.prepare('SELECT id, key FROM subjects').all();
  rows.close();
  gateway = await start();

  const [entry] = await listed();
  expect(entry?.facts).toEqual({ credential: 'token', why: 'unknown', times: 3 });
  const [, id, mac] = /^hmac-sha256:([0-9a-f]{32}):([0-9a-f]{64})$/.exec(entry?.subject ?? '') ?? [];
  const key = keys.find((each) => each['id'] === id)?.['key'] as Uint8Array;
  expect(createHmac('sha256', key).update(address).digest('hex')).toBe(mac);
  const shown = await ctl('audit', 'list');
  expect(shown.out).toContain('login.refused');
  expect((await ctl('audit', 'export', at('export.jsonl'))).exitCode).toBe(0);
  expect(readFileSync(at('export.jsonl'), 'utf8')).toContain(mac);
  expect((await ctl('subjects', 'erase', address, '--yes')).error).toContain('is erased');
  expect((await gateway.end()).exitCode).toBe(0);

  // The data directory has the store, its journal, and the tiles.
  const all = [shown.out, readFileSync(at('export.jsonl'), 'utf8'), everythingIn(at('data'))];
  expect(all.map((text) => text.includes(address))).toEqual([false, false, false]);
  expect(all.at(-1)).toContain('login.refused');
  const after = new DatabaseSync(join(at('data'), 'plan.db'), { readOnly: true });
  expect(after.prepare('SELECT count(*) AS n FROM subjects WHERE id = ?').get(id ?? '')).toEqual({
    n: 0,
  });
  after.close();
});
