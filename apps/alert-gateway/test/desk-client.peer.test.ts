import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type AlertClient, createAlertClient } from '@therapytrain/alerts-client';
import { AlertSeverity } from '@therapytrain/alerts-core';
import { type DeskGateway, openDeskGateway } from './support/desk-clients.ts';
import { deliveryOf, idOf, incidentOf, silenceOf } from './support/desk-samples.ts';

let at: DeskGateway;
let client: AlertClient;
beforeEach(async () => {
  at = await openDeskGateway({
    incidents: Array.from({ length: 5 }, (_, n) => incidentOf(n)),
    deliveries: Array.from({ length: 4 }, (_, n) => deliveryOf(n, { state: n === 0 ? 'waiting' : 'dead' })),
  });
  client = createAlertClient({ address: at.gateway.address, source: 'alice' });
});
afterEach(() => client.close());

const incident = idOf('incident', 2);

test('incidents are listed, shown and changed', async () => {
  const first = await client.incidents.list({ pageSize: 3, states: ['OPEN'] });
  expect(first.incidents.map(({ id }) => id)).toEqual([4, 3, 2].map((n) => idOf('incident', n)));
  const { pageToken, ...second } = { pageToken: first.nextPageToken, states: ['OPEN'] as const };
  expect((await client.incidents.list({ ...second, pageToken })).incidents).toHaveLength(2);
  const { key: _key, version, facts, newest: _newest, ...told } = incidentOf(2);
  const shown = await client.incidents.get(incident);
  expect(shown).toEqual({
    incident: { ...told, etag: String(version), type: facts.type, source: facts.source },
    alerts: [],
  });
  const { etag } = await client.incidents.acknowledge(incident, { comment: 'on it', etag: '1' });
  await expect(client.incidents.resolve(incident, { etag: '1' })).rejects.toMatchObject({ code: 'CONFLICT' });
  const resolved = await client.incidents.resolve(incident, { etag });
  expect(resolved).toMatchObject({ state: 'RESOLVED', by: 'alice', resolvedAt: 6, etag: '3' });
  expect((await client.incidents.assign(incident, 'Carol')).assignee).toBe('Carol');
  expect((await client.incidents.assign(incident, '')).assignee).toBe('');
  expect((await client.incidents.comment(incident, 'done')).comment).toBe('done');
  await expect(client.incidents.get(idOf('incident', 77))).rejects.toMatchObject({ code: 'INCIDENT_NOT_FOUND' });
});

test('an incident comes with its alerts', async () => {
  await at.fill(2);
  at.has.incidents = [incidentOf(1, { newest: [2, 1] })];
  const { alerts } = await client.incidents.get(idOf('incident', 1));
  expect(alerts).toEqual((await client.list()).alerts);
});

test('silences are tried, created, listed and ended', async () => {
  const preview = await client.silences.preview({ when: 'true', upTo: AlertSeverity.LOW });
  expect([preview.alerts, preview.incidents.length]).toEqual([6, 2]);
  const until = Date.parse('2099-01-01T00:00:00.5Z');
  const said = { when: 'true', reason: 'test', until, from: until - 60_000, upTo: AlertSeverity.CRITICAL };
  const silence = await client.silences.create(said);
  expect(silence).toEqual({ ...silenceOf(1), ...said, author: 'alice', hiddenAlerts: 0, hiddenIncidents: 0 });
  expect((await client.silences.list()).silences).toEqual([{ ...silence, hiddenAlerts: 10 }]);
  expect((await client.silences.expire(silence.id)).until).toBe(8);
  await expect(client.silences.expire(silence.id)).rejects.toMatchObject({ code: 'SILENCE_NOT_FOUND' });
  await expect(client.silences.create({ ...said, when: 'x' })).rejects.toMatchObject({ code: 'FILTER_INVALID' });
});

test('deliveries are listed, and dead ones replayed', async () => {
  const recipients = [{ at: 1, state: 'deferred', code: '451' } as const];
  at.has.deliveries = [...at.has.deliveries, deliveryOf(5, { state: 'done', insteadOf: 'mail', recipients })];
  const { deliveries } = await client.deliveries.list({ states: ['done', 'waiting'] });
  const { kind: _kind, slot: _slot, progress: _progress, ...told } = at.has.deliveries[4] ?? deliveryOf(5);
  expect(deliveries[0]).toEqual(told);
  expect(deliveries.map(({ state }) => state)).toEqual(['done', 'waiting']);
  at.has.deliveries = [...at.has.deliveries, deliveryOf(6, { state: 'digested', digest: idOf('delivery', 9) })];
  const [digested] = (await client.deliveries.list({ states: ['digested'] })).deliveries;
  expect([digested?.state, digested?.digest]).toEqual(['digested', idOf('delivery', 9)]);
  const mail = { channel: 'mail' };
  expect((await client.deliveries.deadLetters(mail)).deliveries.map(({ id }) => id)).toEqual([idOf('delivery', 2)]);
  expect((await client.deliveries.replay({ ...mail, dryRun: true })).deliveries).toHaveLength(1);
  const replayed = await client.deliveries.replay({ ids: [1, 2, 3].map((n) => idOf('delivery', n)) });
  expect([replayed.deliveries.length, replayed.more]).toEqual([3, false]);
  expect((await client.deliveries.deadLetters()).deliveries).toEqual([]);
});

test('the accounting is told, and alerts are explained', async () => {
  const account = { channel: 'mail', accepted: 3, delivered: 1, suppressed: 1, digested: 0, dead: 0, pending: 1 };
  at.has.accounts = [account];
  expect(await client.accounting()).toEqual([{ ...account, balanced: true }]);
  const explained = await client.explain({ alertId: idOf('alert', 1) });
  expect(explained).toMatchObject({ alertId: idOf('alert', 1), policy: '0123456789ab', incident: idOf('incident', 1) });
  expect(explained.steps[1]).toMatchObject({ verdict: 'yes', steps: [{ verdict: 'no' }] });
  await client.explain({ draft: { type: 'DOOR', message: 'open', metadata: { room: 7 } } });
  expect(at.has.asked).toMatchObject({ source: 'alice', draft: { type: 'DOOR', metadata: { room: 7 } } });
  await expect(client.explain({ alertId: idOf('alert', 9) })).rejects.toMatchObject({ code: 'ALERT_NOT_FOUND' });
});
