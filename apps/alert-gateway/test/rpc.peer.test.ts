import { beforeAll, describe, expect, test } from '@jest/globals';
import type { AlertServiceClient, ReportAlertResponse, WireSeverity } from '@therapytrain/alerts-api';
import { uuidPattern } from '@therapytrain/alerts-core';
import { requestIdOf } from '@therapytrain/alerts-testkit';
import { blindObserver } from '../src/observer.ts';
import {
  get,
  kept,
  openGateway,
  rawCall,
  rawStream,
  refused,
  reportMany,
  type Saying,
  saying,
  seenBy,
  temporaryDirectory,
} from './support.ts';

let client: AlertServiceClient;
beforeAll(async () => {
  ({ client } = await openGateway({}, 'all'));
});

describe('ReportAlert', () => {
  test('keeps what was said, and stamps the rest', async () => {
    const before = Date.now();
    const occurredAt = new Date('2026-02-03T04:05:06.789Z');
    const traceParent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const said = {
      type: 'UNUSUAL_ACCESS',
      severity: 4 as WireSeverity,
      message: 'größer 日本 😀\n\tzweite Zeile',
      metadata: { userId: 'ü', resource: 'r', deep: { list: [null, true, 1.5, 'x'] } },
      occurredAt,
      dedupKey: 'door-7',
      traceParent,
    };
    const { alertId, sequence, duplicate } = await kept(client, said, 'auth-service');
    expect(alertId).toMatch(uuidPattern);
    expect(duplicate).toBe(false);
    const alert = await get(client, alertId);
    expect(alert).toMatchObject({ ...said, id: alertId, sequence, source: 'auth-service', incidentId: '' });
    expect(alert.fingerprint).toMatch(/^[0-9a-f]{32}$/);
    expect(alert.receivedAt?.getTime()).toBeGreaterThanOrEqual(before);
    expect(alert.receivedAt?.getTime()).toBeLessThanOrEqual(Date.now());
  });

  test('gives what was left out its default', async () => {
    const alert = await get(client, (await kept(client)).alertId);
    expect(alert).toMatchObject({ severity: 3, metadata: {}, source: 'anonymous', dedupKey: '', traceParent: '' });
    expect(alert.occurredAt).toEqual(alert.receivedAt);
  });

  test('takes a type that nobody declared', async () => {
    expect(await get(client, (await kept(client, { type: 'ANYTHING_9', severity: 1 })).alertId)).toMatchObject({
      type: 'ANYTHING_9',
      severity: 1,
    });
  });

  test('numbers in the order of the answers, and ids ascend with them', async () => {
    const all: ReportAlertResponse[] = [];
    for (let at = 0; at < 5; at++) all.push(await kept(client));
    const sequences = all.map(({ sequence }) => Number(sequence));
    expect(sequences).toEqual([...sequences].sort((one, other) => one - other));
    expect(all.map(({ alertId }) => alertId)).toEqual(all.map(({ alertId }) => alertId).sort());
  });

  test('takes the trace of the call where the report has none', async () => {
    const traced = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
    const other = await openGateway({ observer: { ...blindObserver, traceParent: () => traced } });
    const said = `00-${'3'.repeat(32)}-${'4'.repeat(16)}-00`;
    expect((await get(other.client, (await kept(other.client)).alertId)).traceParent).toBe(traced);
    const own = await kept(other.client, { traceParent: said });
    expect((await get(other.client, own.alertId)).traceParent).toBe(said);
  });
});

describe('the source', () => {
  test.each([
    [undefined, 'anonymous'],
    ['a', 'a'],
    ['a-z.0_9', 'a-z.0_9'],
    ['x'.repeat(64), 'x'.repeat(64)],
  ])('%p is %s', async (said, source) =>
    expect((await get(client, (await kept(client, {}, said)).alertId)).source).toBe(source),
  );

  test.each<[string, string | string[]]>([
    ['empty', ''],
    ['65 long', 'x'.repeat(65)],
    ['with a capital', 'Auth'],
    ['with a space', 'auth service'],
    ['with a comma', 'auth,service'],
    ['said twice', ['auth', 'auth']],
    ['said twice, differently', ['auth', 'other']],
  ])('%s is refused by every RPC', async (_name, source) => {
    expect(await refused(client, {}, source)).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'SOURCE_INVALID' });
    for (const method of ['GetAlert', 'ListAlerts']) {
      expect((await rawCall(client, method, Buffer.alloc(0), source)).refusal).toMatchObject({
        reason: 'SOURCE_INVALID',
      });
    }
    for (const method of ['ReportAlerts', 'StreamAlerts'] as const) {
      expect((await rawStream(client, method, [], source)).refusal).toMatchObject({ reason: 'SOURCE_INVALID' });
    }
  });
});

describe('a request id', () => {
  test('gets the same answer again', async () => {
    const say = { requestId: requestIdOf(1), metadata: { userId: 'a', n: 1 } };
    const first = await kept(client, say, 'one');
    expect(await kept(client, say, 'one')).toEqual({ ...first, duplicate: true });
    // Written in capitals, with the metadata in another order, it is the same report.
    const again = { requestId: requestIdOf(1).toUpperCase(), metadata: { n: 1, userId: 'a' } };
    expect(await kept(client, again, 'one')).toEqual({ ...first, duplicate: true });
  });

  test('gets the same answer from twins that come at once', async () => {
    const say = { requestId: requestIdOf(2) };
    const twins = await Promise.all(Array.from({ length: 20 }, () => kept(client, say)));
    expect(new Set(twins.map(({ alertId, sequence }) => `${alertId} ${sequence}`)).size).toBe(1);
    expect(twins.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
  });

  test('of another source is another report', async () => {
    const say = { requestId: requestIdOf(3) };
    expect(await kept(client, say, 'one')).toMatchObject({ duplicate: false });
    expect(await kept(client, say, 'two')).toMatchObject({ duplicate: false });
  });

  test.each<[string, Saying]>([
    ['type', { type: 'DATA_VIOLATION' }],
    ['severity', { severity: 1 }],
    ['message', { message: 'zq7canary' }],
    ['metadata', { metadata: { zq7canary: 'zq7canary' } }],
    ['time', { occurredAt: new Date(0) }],
    ['dedup key', { dedupKey: 'zq7canary' }],
  ])('is refused with another %s', async (_name, other) => {
    const requestId = requestIdOf(4);
    await kept(client, { requestId });
    const refusal = await refused(client, { requestId, ...other });
    expect(refusal).toMatchObject({ code: 'ALREADY_EXISTS', reason: 'REQUEST_ID_REUSED', retryAfter: undefined });
    expect(seenBy(refusal)).not.toContain('zq7canary');
    expect(seenBy(refusal)).not.toContain(requestId);
  });

  test('gets the same answer after a restart, and in a batch', async () => {
    const directory = await temporaryDirectory();
    const say = { requestId: requestIdOf(5), metadata: { userId: 'a' } };
    const before = await openGateway({ directory });
    const first = await kept(before.client, say, 'one');
    await before.stop();
    const { client: after } = await openGateway({ directory });
    expect(await kept(after, say, 'one')).toEqual({ ...first, duplicate: true });
    const { answers } = await reportMany(after, [[saying(say), saying({ ...say, message: 'other' })]], 'one');
    expect(answers[0]?.results[0]?.result).toEqual({ $case: 'receipt', value: { ...first, duplicate: true } });
    expect(answers[0]?.results[1]?.result).toMatchObject({ $case: 'error', value: { code: 6 } });
  });
});
