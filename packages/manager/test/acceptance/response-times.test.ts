import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AlertSeverity, type Incident } from '@therapytrain/alerts-core';
import { createPolicy, policySchema, type PolicySource } from '@therapytrain/alerts-manager';
import { createWorld, type World } from './world.ts';

const { LOW, MEDIUM, HIGH, CRITICAL } = AlertSeverity;
const minute = 60;
const hour = 60 * minute;

const base: PolicySource = {
  channels: { mail: { kind: 'email' }, chat: { kind: 'slack' }, pager: { kind: 'pagerduty' } },
  receivers: { security: { channels: ['mail'] }, oncall: { channels: ['pager'] }, lead: { channels: ['chat'] } },
  routes: [{ name: 'all', receivers: ['security'] }],
  escalations: {
    CRITICAL: { acknowledge_within: '5m', receivers: ['oncall'] },
    HIGH: { acknowledge_within: '1h', remind_before: '10m', receivers: ['oncall', 'lead'], repeats: 0 },
    MEDIUM: { acknowledge_within: '24h', receivers: ['lead'] },
  },
};

describe('response times, in fake time', () => {
  let world: World;
  const begin = (more: Partial<PolicySource> = {}): void => {
    world = createWorld(createPolicy(policySchema.parse({ ...base, ...more })));
  };
  beforeEach(() => begin());
  afterEach(async () => {
    expect(world.errors).toEqual([]);
    await world.stop();
  });

  const only = async (): Promise<Incident> => {
    const [incident, ...others] = await world.incidents();
    expect(others).toEqual([]);
    if (!incident) throw new Error('there is no incident');
    return incident;
  };
  const command = ({ id }: Incident) => ({ incident: id, by: 'robin', request: crypto.randomUUID() });
  const audited = async (action: string) =>
    (await world.store.audit(0, 1_000)).filter((each) => each.action === action).map(({ facts }) => facts);
  const overdue = async (): Promise<number> =>
    (await world.desk.incidents({ overdueAt: world.now(), limit: 100 })).length;

  test('who was told is reminded once before the time runs out, and told until when', async () => {
    await world.report({ severity: HIGH });
    await world.at(10 * hour);
    expect(world.said('mail').map(({ at, event }) => [at, event])).toEqual([
      [0, 'opened'],
      [50 * minute, 'reminded'],
    ]);
    const notice = world.said('mail')[1]?.notice;
    expect(notice?.headline).toBe('[ACKNOWLEDGE BY 2026-01-01 01:00 UTC] HIGH Authentication failure');
    expect(notice?.incident?.acknowledgeBy).toBe((await only()).acknowledgeBy);
    expect(await audited('incident.due')).toEqual([{ channels: 1 }]);
  });

  test('a reminder that comes when the time has run out says since when, not until when', async () => {
    begin({ routes: [{ receivers: ['security'], remind_every: '45m' }] });
    await world.report({ severity: HIGH });
    await world.at(100 * minute);
    const reminders = world.said('mail').filter(({ event }) => event === 'reminded');
    expect(reminders.map(({ at, notice }) => [at / minute, notice.headline.replace(/ UTC.*/, '')])).toEqual([
      [45, '[ACKNOWLEDGE BY 2026-01-01 01:00'],
      [50, '[ACKNOWLEDGE BY 2026-01-01 01:00'],
      [90, '[OVERDUE SINCE 2026-01-01 01:00'],
    ]);
  });

  test('without a word of the policy the reminder comes when a fifth of the time is left, CRITICAL within five minutes', async () => {
    await world.report({ severity: CRITICAL });
    await world.at(hour);
    expect(world.told('mail', 4 * minute, 4 * minute)).toEqual(['reminded']);
    expect(world.told('pager', 5 * minute, 5 * minute)).toEqual(['escalated']);
  });

  test('the first notice says until when it should be acknowledged, and no notice does afterwards', async () => {
    await world.report({ severity: HIGH });
    await world.at(minute);
    await world.desk.acknowledge(command(await only()));
    await world.at(2 * minute);
    expect(world.said('mail').map(({ notice }) => notice.incident?.acknowledgeBy !== undefined)).toEqual([true, false]);
  });

  test('who never is not reminded', async () => {
    begin({ escalations: { HIGH: { acknowledge_within: '1h', remind_before: 'never', receivers: ['oncall'] } } });
    await world.report({ severity: HIGH });
    await world.at(10 * hour);
    expect(world.told('mail', 0, 10 * hour)).toEqual(['opened']);
  });

  test.each(['acknowledge', 'resolve'] as const)('nobody is reminded of what somebody has seen to: %s', async (how) => {
    await world.report({ severity: HIGH });
    await world.at(49 * minute);
    await world.desk[how](command(await only()));
    await world.at(10 * hour);
    expect(world.told('mail', 50 * minute, 10 * hour)).toEqual([]);
    expect(world.said('pager')).toEqual([]);
  });

  test('what is LOW is informational: it is neither due nor overdue', async () => {
    await world.report({ severity: LOW });
    await world.at(100 * hour);
    expect((await only()).acknowledgeBy).toBeUndefined();
    expect(world.said('mail')).toHaveLength(1);
  });

  test('what is overdue is listed from its time on until somebody acknowledges it, and audited with each step', async () => {
    await world.report({ severity: HIGH });
    await world.at(hour - 1);
    expect(await overdue()).toBe(0);
    await world.at(hour);
    expect(await overdue()).toBe(1);
    await world.at(5 * hour);
    expect(await overdue()).toBe(1);
    expect(await audited('incident.overdue')).toEqual([
      { step: 1, receiver: 'oncall', severity: 'HIGH' },
      { step: 2, receiver: 'lead', severity: 'HIGH' },
    ]);
    await world.desk.acknowledge(command(await only()));
    expect(await overdue()).toBe(0);
  });

  test('one that becomes worse is due as the worse one is', async () => {
    await world.report({ severity: MEDIUM });
    await world.at(hour);
    await world.report({ severity: CRITICAL });
    await world.at(3 * hour);
    expect(world.told('mail', hour + 4 * minute, hour + 4 * minute)).toEqual(['reminded']);
    expect(world.told('pager', hour + 5 * minute, hour + 5 * minute)).toEqual(['escalated']);
    expect((await only()).acknowledgeBy).toBe(world.now() - 2 * hour * 1_000 + 5 * minute * 1_000);
  });

  test('one that becomes worse late is not due later than it was', async () => {
    begin({
      escalations: {
        MEDIUM: { acknowledge_within: '20m', receivers: ['lead'] },
        HIGH: { acknowledge_within: '1h', receivers: ['oncall'] },
      },
    });
    await world.report({ severity: MEDIUM });
    await world.at(10 * minute);
    await world.report({ severity: HIGH });
    await world.at(20 * minute);
    expect(await overdue()).toBe(1);
    expect(world.told('pager', 20 * minute, 20 * minute)).toEqual(['escalated']);
  });

  test('one that is opened again is due anew', async () => {
    await world.report({ severity: HIGH });
    await world.at(30 * minute);
    await world.desk.resolve(command(await only()));
    await world.report({ severity: HIGH });
    await world.at(90 * minute);
    expect(world.told('mail', 30 * minute + 1, 90 * minute)).toEqual(['reminded']);
    expect(await overdue()).toBe(1);
  });

  test('what is held back is not due before people are told of it', async () => {
    const until = world.now() + 2 * hour * 1_000;
    const silence = { when: 'true', reason: 'planned', upTo: HIGH, by: 'robin', request: crypto.randomUUID(), until };
    await world.desk.createSilence(silence);
    await world.report({ severity: HIGH });
    await world.at(2 * hour + minute);
    expect(await overdue()).toBe(0);
    await world.at(3 * hour);
    expect(await overdue()).toBe(1);
  });

  test('an incident that stays open is told again as a reminder, if the route says so', async () => {
    begin({ routes: [{ name: 'all', receivers: ['security'], remind_every: '2h' }], escalations: {} });
    await world.report({ severity: HIGH });
    await world.at(5 * hour);
    expect(world.said('mail').map(({ at, event }) => [at, event])).toEqual([
      [0, 'opened'],
      [2 * hour, 'reminded'],
      [4 * hour, 'reminded'],
    ]);
  });
});
