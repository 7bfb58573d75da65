import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AlertSeverity, type Silence } from '@therapytrain/alerts-core';
import type { Outcome } from '@therapytrain/alerts-core/channel';
import { createPolicy, policySchema, type PolicySource } from '@therapytrain/alerts-manager';
import { dyingAt } from './dying.ts';
import { createWorld, type World } from './world.ts';

const { MEDIUM, HIGH, CRITICAL } = AlertSeverity;
const minute = 60;
const hour = 60 * minute;

const base: PolicySource = {
  channels: { mail: { kind: 'email' }, chat: { kind: 'slack' }, pager: { kind: 'pagerduty' } },
  receivers: { security: { channels: ['mail', 'chat'] }, oncall: { channels: ['pager'] } },
  routes: [{ name: 'worst', when: 'severity == CRITICAL', receivers: ['oncall'] }, { receivers: ['security'] }],
};

describe('the end of a silence, in fake time', () => {
  let world: World;
  const policy = () => createPolicy(policySchema.parse(base));
  beforeEach(() => void (world = createWorld(policy())));
  afterEach(async () => {
    expect(world.errors).toEqual([]);
    await world.stop();
  });

  const silenced = (hours: number, when = 'true', upTo: AlertSeverity = HIGH): Promise<Silence> =>
    world.desk.createSilence({
      ...{ when, upTo, reason: 'moving the server of anna.berg', by: 'robin', request: crypto.randomUUID() },
      until: world.now() + hours * hour * 1_000,
    });
  const expire = ({ id }: Silence) =>
    world.desk.expireSilence({ silence: id, by: 'robin', request: crypto.randomUUID() });
  const user = (userId: string) => ({ metadata: { userId } });
  const reports = (channel: string): readonly string[] =>
    world
      .said(channel)
      .filter(({ event }) => event === 'silence_ended')
      .map(({ notice }) => notice.headline);
  const audited = async () =>
    (await world.store.audit(0, 100_000)).filter(({ action }) => action === 'silence.ended').map(({ facts }) => facts);

  test('each channel that was kept silent is told once what its author hid', async () => {
    await silenced(2);
    await world.report({ ...user('one'), times: 3, severity: MEDIUM });
    await world.report({ ...user('two'), times: 2, severity: HIGH });
    await world.at(hour);
    expect(world.said('mail')).toEqual([]);
    await world.at(10 * hour);
    const told = '[SILENCE ENDED] robin: it held back 5 alerts of 2 incidents, the most severe HIGH';
    expect([reports('mail'), reports('chat'), reports('pager')]).toEqual([[told], [told], []]);
    expect(world.said('mail')[0]?.at).toBe(2 * hour);
    expect(await audited()).toEqual([{ alerts: 5, incidents: 2, severity: 'HIGH', channels: 2 }]);
  });

  test('neither its reason nor a value of an alert is told', async () => {
    await silenced(1);
    await world.report({});
    await world.at(2 * hour);
    const report = world.said('mail').find(({ event }) => event === 'silence_ended');
    expect(report?.notice).toMatchObject({ alerts: [], total: 1, severity: HIGH, incident: undefined });
    expect(JSON.stringify([report?.notice, await audited()])).not.toContain('anna.berg');
  });

  test('one that hid nothing is told to nobody', async () => {
    await silenced(1, 'source == "elsewhere"');
    await world.report({});
    await world.at(2 * hour);
    expect(reports('mail')).toEqual([]);
    expect(await audited()).toEqual([{ alerts: 0, incidents: 0 }]);
  });

  test('what breaks through is not in its account', async () => {
    await silenced(1);
    await world.report({ severity: CRITICAL });
    await world.report({ ...user('two') });
    await world.at(2 * hour);
    expect(world.told('pager', 0, 1)).toEqual(['opened']);
    expect(await audited()).toMatchObject([{ alerts: 1, incidents: 1, severity: 'HIGH' }]);
  });

  test('news that it held back of an incident which people knew are in its account', async () => {
    await world.report({});
    await silenced(1);
    await world.report({ times: 4 });
    await world.at(2 * hour);
    expect(await audited()).toMatchObject([{ alerts: 4, incidents: 1 }]);
    expect(world.told('mail', 0, 2 * hour)).toEqual(['opened', 'silence_ended']);
  });

  test('one that is ended early is told then, and so is what it held back', async () => {
    const silence = await silenced(4);
    await world.report({});
    await world.at(30 * minute);
    await expire(silence);
    await world.at(31 * minute);
    expect(world.said('mail').map(({ at, event }) => [at, event])).toEqual([
      [30 * minute, 'silence_ended'],
      [30 * minute, 'opened'],
    ]);
    await world.at(10 * hour);
    expect(world.said('mail')).toHaveLength(2);
  });

  test('a thousand incidents of one that is ended early are all told then', async () => {
    const silence = await silenced(4);
    for (let n = 0; n < 1_100; n++) await world.reportOnly(user(`u${n}`));
    await world.at(minute);
    await expire(silence);
    await world.at(2 * minute);
    expect(world.told('mail', minute, 2 * minute).filter((event) => event === 'opened')).toHaveLength(1_100);
    expect(await audited()).toMatchObject([{ alerts: 1_100, incidents: 1_100 }]);
  });

  test('what is over by then is in the report only', async () => {
    const health = { type: 'SYSTEM_HEALTH', severity: HIGH };
    await silenced(1);
    await world.report({ ...health, metadata: { component: 'db', status: 'down' } });
    await world.report({ ...health, metadata: { component: 'db', status: 'recovered' } });
    await world.at(2 * hour);
    expect(world.told('mail', 0, 2 * hour)).toEqual(['silence_ended']);
  });

  test('of two silences one after the other each tells what it hid', async () => {
    await silenced(1);
    await world.report({});
    await world.at(30 * minute);
    await silenced(2);
    await world.report({ ...user('two') });
    await world.at(5 * hour);
    expect(await audited()).toMatchObject([
      { alerts: 1, incidents: 1 },
      { alerts: 1, incidents: 2 },
    ]);
    expect(world.told('mail', 0, 5 * hour).filter((event) => event === 'opened')).toHaveLength(2);
  });

  test('how much it has hidden so far is listed', async () => {
    const { id } = await silenced(1);
    await world.report({ times: 2 });
    await world.report({ ...user('two') });
    expect(await world.desk.silences()).toMatchObject([{ id, hiddenAlerts: 3, hiddenIncidents: 2 }]);
  });

  test('its report is delivered like any notice: tried again, and dead in the end', async () => {
    const failing: Outcome = { kind: 'retry', reason: 'peer_failed', detail: 'status 500' };
    world.answers('mail', ({ number }) => (number < 3 ? failing : { kind: 'done', proof: 'took it' }));
    world.answers('chat', () => ({ kind: 'reject', reason: 'refused', detail: 'status 400' }));
    const { id } = await silenced(1);
    await world.report({});
    await world.at(30 * minute);
    await world.desk.resolve({ incident: (await world.incidents())[0]?.id ?? '', by: 'robin', request: 'r' });
    await world.at(4 * hour);
    expect(world.said('mail').map(({ attempt }) => attempt.number)).toEqual([1, 2, 3]);
    const states = (await world.desk.deliveries({ incident: id, limit: 9 })).map(({ target, state }) => [
      target,
      state,
    ]);
    expect(states.sort()).toEqual([
      ['chat', 'dead'],
      ['mail', 'done'],
    ]);
  });

  const lives = Array.from({ length: 14 }, (_, n) => n + 1).flatMap((write) =>
    (['before', 'after'] as const).map((when) => [write, when] as const),
  );
  test.each(lives)('is told once, though the process dies at its write %d (%s it is durable)', async (write, when) => {
    await silenced(1);
    await world.report({});
    await world.report(user('two'));
    await world.at(30 * minute);
    await world.stop();
    const { store, ...left } = world.left;
    const dying = dyingAt(store, write, when);
    const dead = createWorld(policy(), { ...left, store: dying.store });
    await dead.at(hour);
    const died = dying.dead();
    await dead.stop();
    world = createWorld(policy(), { ...left, store });
    await world.at(3 * hour);
    const reports = (await store.deliveries({ limit: 99 })).filter(({ event }) => event === 'silence_ended');
    expect(reports.map(({ target, state }) => [target, state]).sort()).toEqual([
      ['chat', 'done'],
      ['mail', 'done'],
    ]);
    expect(await audited()).toEqual([{ alerts: 2, incidents: 2, severity: 'HIGH', channels: 2 }]);
    // The last lives of the list may be too long to end in time: the first ones must.
    if (write <= 4) expect(died).toBe(true);
  });
});
