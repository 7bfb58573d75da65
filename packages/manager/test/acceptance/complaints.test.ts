import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Account, AlertSeverity, type Incident } from '@therapytrain/alerts-core';
import type { Outcome } from '@therapytrain/alerts-core/channel';
import { createPolicy, policySchema, type PolicySource } from '@therapytrain/alerts-manager';
import { read, told as faultsOf } from '../policy/support.ts';
import { createWorld, type World } from './world.ts';

// What users of other systems complain about, as sentences that hold here. Each is named after the issues in which they
// do. Not here, because it is about parts that this engine does not have:
// - Alertmanager #1718, #2222, #4152 (duplicates of two peers of a cluster): one process has the store, which is locked
//   for it. What is left of it, doubles after an outage of a receiver, is here.
// - Slack #2769, grafana#79939 (blocks of a message, chat.update): the tests of the Slack channel. That a notice is
//   bounded and names the first one's reference is here.
// - OnCall #5035 (limits of an integration): the flood control of channels.

const { LOW, HIGH, CRITICAL } = AlertSeverity;
const second = 1;
const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

const base: PolicySource = {
  channels: { mail: { kind: 'email' }, chat: { kind: 'slack' }, pager: { kind: 'pagerduty' } },
  receivers: {
    security: { channels: ['mail', 'chat'] },
    oncall: { channels: ['pager'] },
    lead: { channels: ['chat'] },
  },
  routes: [{ name: 'all', receivers: ['security'], first_notify_after: '30s', batch_updates_every: '5m' }],
};

const policyOf = (more: Partial<PolicySource>) => createPolicy(policySchema.parse({ ...base, ...more }));

const up: Outcome = { kind: 'done', proof: 'took it', ref: 'ref-1' };
const down: Outcome = { kind: 'retry', reason: 'unreachable', detail: 'refused' };
const busy = (seconds: number): Outcome => ({
  kind: 'retry',
  reason: 'throttled',
  detail: 'status 429',
  after: seconds * 1_000,
});

const sick = { type: 'SYSTEM_HEALTH', severity: HIGH, metadata: { component: 'db', status: 'down' } };
const well = { ...sick, severity: LOW, metadata: { component: 'db', status: 'recovered' } };
const user = (userId: string) => ({ metadata: { userId } });

const balance = ({ accepted, delivered, suppressed, digested, dead, pending }: Account): number =>
  accepted - delivered - suppressed - digested - dead - pending;

let world: World;
const begin = (more: Partial<PolicySource> = {}): void => void (world = createWorld(policyOf(more)));
/** The process ends, and another one begins on what it left. */
const restart = async (more: Partial<PolicySource> = {}): Promise<void> => {
  await world.stop();
  world = createWorld(policyOf(more), world.left);
};
const only = async (): Promise<Incident> => {
  const [incident, ...others] = await world.incidents();
  expect(others).toEqual([]);
  if (!incident) throw new Error('there is no incident');
  return incident;
};
const command = ({ id }: Incident, more: object = {}) => ({
  incident: id,
  by: 'robin',
  request: crypto.randomUUID(),
  ...more,
});
const silence = (hours: number, upTo = HIGH as AlertSeverity) =>
  world.desk.createSilence({
    ...{ when: 'true', reason: 'planned test', upTo, by: 'robin', request: crypto.randomUUID() },
    until: world.now() + hours * hour * 1_000,
  });
const account = async (channel: string) => (await world.desk.accounting()).find((each) => each.channel === channel);
const taken = (channel: string, until = 10 * day): readonly (readonly [number, string])[] =>
  world
    .said(channel)
    .filter(({ at }) => at <= until)
    .map(({ at, event }) => [at, event]);

beforeEach(() => begin());
afterEach(async () => {
  for (const each of await world.desk.accounting()) expect([each.channel, balance(each)]).toEqual([each.channel, 0]);
  expect(world.errors).toEqual([]);
  await world.stop();
});

describe('Alertmanager', () => {
  test('#2111, #3189, #2205: what Slack throttles is told when it said, also when it is over by then', async () => {
    begin({ routes: [{ receivers: ['lead'] }] });
    world.answers('chat', ({ number }) => (number === 1 ? busy(10 * minute) : up));
    await world.report({ ...user('one') });
    await world.report(sick);
    await world.at(minute);
    await world.report(well);
    await world.at(hour);
    const news = world.said('chat').filter(({ attempt, at }) => attempt.number > 1 || at >= 10 * minute);
    expect(news.every(({ at }) => at >= 10 * minute)).toBe(true);
    expect(news.map(({ event }) => event).sort()).toEqual(['opened', 'resolved']);
    expect(await account('chat')).toMatchObject({ accepted: 3, dead: 0, pending: 0 });
  });

  test('#1718, #2222, #2447: after a receiver was away for an hour nothing arrives twice', async () => {
    let away = true;
    const arrived: string[] = [];
    world.answers('mail', ({ key }) => {
      if (away) return down;
      arrived.push(key);
      return up;
    });
    for (let n = 0; n < 20; n++) await world.report(user(`u${n}`));
    await world.at(hour);
    away = false;
    await world.at(2 * day);
    expect(arrived).toHaveLength(20);
    expect(new Set(arrived).size).toBe(20);
    expect(await account('mail')).toMatchObject({ accepted: 20, delivered: 20 });
  });

  test('#2370, #889, #2042: a restart forgets no incident, and that it is over is told', async () => {
    await world.report(sick);
    await world.at(minute);
    await restart();
    await world.at(10 * minute);
    await world.report(well);
    await world.at(11 * minute);
    expect(taken('mail')).toEqual([[10 * minute, 'resolved']]);
    expect(await world.incidents()).toHaveLength(1);
  });

  test('#226, #2754, #2805: what was told is told to be over, also when it was silenced since', async () => {
    await world.report(sick);
    await world.at(minute);
    await silence(1);
    await world.report(well);
    await world.at(2 * minute);
    expect(world.told('mail', 0, 2 * minute)).toEqual(['opened', 'resolved']);
    expect((await only()).state).toBe('RESOLVED');
  });

  test('#226, #2754, #2805: … and when something inhibits it since', async () => {
    begin({
      inhibitions: [{ name: 'worse', source: 'severity == CRITICAL', target: 'severity < CRITICAL', equal: [] }],
    });
    await world.report({ ...sick, dedupKey: 'disk' });
    await world.at(minute);
    await world.report({ ...user('worse'), severity: CRITICAL });
    await world.report({ ...well, dedupKey: 'disk' });
    await world.at(2 * minute);
    const disk = world.said('mail').filter(({ notice }) => notice.incident?.title === 'System health');
    expect(disk.map(({ event }) => event)).toEqual(['opened', 'resolved']);
  });

  test('#642, #322, #2320: the rhythm has names that say what it does, and another name is a fault', async () => {
    const text = [
      'channels: { m: { kind: email, host: h } }',
      'receivers: { s: { channels: [m] } }',
      'routes: [{ receivers: [s], group_wait: 30s }]',
    ].join('\n');
    expect(faultsOf(read(text).faults).join()).toMatch(/routes\[0\].*group_wait/);
    await world.report({});
    await world.at(29 * second);
    expect(world.said('mail')).toEqual([]);
    await world.at(minute);
    await world.report({ times: 3 });
    await world.at(hour);
    expect(taken('mail')).toEqual([
      [30 * second, 'opened'],
      [6 * minute, 'updated'],
    ]);
  });

  test('#3037, #2492: another policy in force sends nothing early and nothing twice', async () => {
    const escalations = { HIGH: { acknowledge_within: '1h', remind_before: '10m', receivers: ['oncall'], repeats: 0 } };
    begin({ escalations });
    await world.report({});
    for (let n = 1; n < 20; n++) {
      await world.at(n * second);
      world.setPolicy(policyOf({ escalations, reopen_within: `${n}m` }));
    }
    expect(world.said('mail')).toEqual([]);
    await world.at(40 * second);
    world.setPolicy(policyOf({ escalations }));
    await world.at(10 * hour);
    expect(taken('mail')).toEqual([
      [30 * second, 'opened'],
      [50 * minute, 'reminded'],
    ]);
    expect(taken('pager')).toEqual([[hour, 'escalated']]);
  });

  test('#214, #517, #954: a nightly window holds back by the clock of its place, night after night, and no longer', async () => {
    // Berlin is an hour ahead of UTC in January: 22:00 to 06:00 there is 21:00 to 05:00 here.
    const every = { days: ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'] as const, from: '22:00', until: '06:00' };
    const night = { name: 'night', when: 'severity < CRITICAL', time_zone: 'Europe/Berlin' };
    begin({
      routes: [{ receivers: ['security'] }],
      maintenance: [{ ...night, every: { ...every, days: [...every.days] } }],
    });
    for (const night of [0, 1]) {
      await world.at(night * day + 20 * hour + 59 * minute);
      await world.report(user(`before ${night}`));
      await world.at(night * day + 21 * hour + minute);
      await world.report(user(`within ${night}`));
      await world.at(night * day + 28 * hour + 59 * minute);
      expect(world.said('mail')).toHaveLength(2 * night + 1);
      await world.at(night * day + 29 * hour + 6 * minute);
      expect(world.said('mail')).toHaveLength(2 * night + 2);
    }
  });

  test('#1860: who acknowledges ends reminders and escalations, and everybody who was told is told', async () => {
    begin({ escalations: { HIGH: { acknowledge_within: '1h', receivers: ['oncall'] } } });
    await world.report({});
    await world.at(60);
    await world.desk.acknowledge(command(await only(), { comment: 'on it' }));
    await world.at(3 * hour);
    expect(world.told('mail', 60, 3 * hour)).toEqual(['acknowledged']);
    expect(world.said('pager')).toEqual([]);
    expect(world.said('mail')[1]?.notice.incident).toMatchObject({
      by: 'robin',
      comment: 'on it',
      state: 'ACKNOWLEDGED',
    });
  });

  test('#504, #1704, #2818: a secret in the policy is a fault, and is not told with it', () => {
    const { policy, faults } = read('channels: { m: { kind: email, host: h, user: u, pass: hunter22hunter22 } }\n');
    expect(policy).toBeUndefined();
    expect(faults.map(({ path }) => path)).toEqual(['channels.m.pass']);
    expect(JSON.stringify(faults)).not.toContain('hunter22');
  });

  test('#2769, grafana#79939: a notice shows ten alerts however many there are, and news of it name the message they change', async () => {
    await world.report({ times: 25 });
    await world.at(minute);
    await world.report({ times: 40 });
    await world.at(hour);
    const [first, then] = world.said('chat');
    expect([first?.notice.alerts.length, first?.notice.total]).toEqual([10, 25]);
    expect([then?.notice.alerts.length, then?.notice.total]).toEqual([10, 65]);
    expect([first?.attempt.ref, then?.attempt.ref]).toEqual([undefined, 'ref-1']);
  });
});

describe('Grafana OnCall', () => {
  const escalations = {
    HIGH: { acknowledge_within: '1h', remind_before: 'never' as const, receivers: ['oncall', 'lead'], repeats: 1 },
  };

  test('#1206, #1187, #3898: an escalation that waits goes on after a restart, each step at its time and once', async () => {
    begin({ escalations });
    await world.report({});
    await world.at(30 * minute);
    await restart({ escalations });
    await world.at(90 * minute);
    expect(taken('pager')).toEqual([[hour, 'escalated']]);
    await restart({ escalations });
    await world.at(10 * hour);
    expect(taken('pager')).toEqual([]);
    expect(taken('chat')).toEqual([
      [2 * hour, 'escalated'],
      [3 * hour, 'escalated'],
    ]);
  });

  test('#1206: a step whose time passed while nothing ran is taken when something runs again', async () => {
    begin({ escalations });
    await world.report({});
    await world.at(minute);
    await world.stop();
    await world.left.ports.clock.advance(5 * hour * 1_000);
    world = createWorld(policyOf({ escalations }), world.left);
    await world.at(5 * hour + 2 * minute);
    expect(world.told('pager', 5 * hour, 5 * hour + 2 * minute)).toEqual(['escalated']);
  });

  test('#5091, #2275, #4074: alerts are grouped by what the policy names, and end by the name of their reporter', async () => {
    begin({
      types: {
        AUTH_FAILURE: {
          title: 'Failed login',
          default_severity: 'HIGH',
          group_by: ['ipAddress'],
          metadata: { userId: { sensitivity: 'PERSONAL' }, ipAddress: { sensitivity: 'PERSONAL' } },
        },
      },
    });
    await world.report({ metadata: { userId: 'one', ipAddress: '192.0.2.1' } });
    await world.report({ metadata: { userId: 'two', ipAddress: '192.0.2.1' } });
    await world.report({ metadata: { userId: 'one', ipAddress: '192.0.2.2' } });
    expect((await world.incidents()).map(({ count }) => count).sort()).toEqual([1, 2]);
    await world.report({ dedupKey: 'ticket-7' });
    await world.report({ dedupKey: 'ticket-8' });
    await world.report({ dedupKey: 'ticket-7', metadata: { resolve: true } });
    expect((await world.incidents()).map(({ state, count }) => [state, count])).toEqual([
      ['OPEN', 1],
      ['RESOLVED', 2],
      ['OPEN', 1],
      ['OPEN', 2],
    ]);
  });

  test('#2335, #5450: what its source says no more of ends by itself, and each channel is told', async () => {
    begin({
      types: { AUTH_FAILURE: { title: 'Failed login', default_severity: 'HIGH', quiet_after: '2h', metadata: {} } },
    });
    await world.report({});
    await world.at(5 * hour);
    expect(taken('mail')).toEqual([
      [30 * second, 'opened'],
      [2 * hour, 'resolved'],
    ]);
    expect(taken('chat')).toEqual(taken('mail'));
  });

  test('#1326: somebody who cannot be reached is a fault of the policy', () => {
    const text =
      'receivers: { robin: { channels: [] }, kim: { channels: [phone] } }\nroutes: [{ receivers: [robin, kim] }]\n';
    const paths = read(text).faults.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['receivers.robin.channels', 'receivers.kim.channels[0]']));
  });

  test('#5117, #3820, #5287: a storm of news changes a message once in five minutes, and loses none of it', async () => {
    await world.report({});
    await world.at(minute);
    for (let n = 0; n < 600; n++) {
      await world.report({ times: 5 });
      await world.at(minute + n);
    }
    await world.at(hour);
    // Ten minutes of news, five between two notices.
    expect(world.told('chat', minute, hour).length).toBeLessThanOrEqual(3);
    expect(await account('chat')).toMatchObject({ accepted: 3_001, delivered: 3_001, pending: 0 });
  });

  test('GoAlert#4188: what waits can be seen, with why and until when', async () => {
    begin({ routes: [{ receivers: ['lead'] }] });
    world.answers('chat', () => busy(16 * minute));
    await world.report({});
    await world.at(minute);
    const [waits] = await world.desk.deliveries({ states: ['waiting'], limit: 9 });
    expect(waits).toMatchObject({ target: 'chat', attempts: 1, lastReason: 'throttled' });
    expect(Math.round(((waits?.due ?? 0) - world.now()) / 1_000)).toBeGreaterThanOrEqual(15 * minute - second);
    expect(await account('chat')).toMatchObject({ pending: 1 });
    world.answers('chat', () => up);
    await world.at(hour);
  });
});

describe('Keep', () => {
  test('#6793, #4766, #2316: 23,696 repeats are one incident, few notices, and every one is counted', async () => {
    for (let n = 0; n < 23; n++) {
      await world.report({ times: 1_000 });
      await world.at(n + 1);
    }
    await world.report({ times: 696 });
    await world.at(day);
    expect((await only()).count).toBe(23_696);
    expect(world.said('mail')).toHaveLength(1);
    expect(await account('mail')).toMatchObject({ accepted: 23_696, delivered: 23_696 });
  });

  test('#958, #5251: a rule that can have no effect is told when the policy is read, with its place', () => {
    const text = 'types: { A: { title: a, group_by: [gone], metadata: {} } }\n';
    expect(faultsOf(read(text).lints)).toContain('1:36 types.A.group_by[0]: is a key that the type does not declare');
    expect(read(`${text}dedup: { by: name }\n`).faults).toHaveLength(1);
  });

  test('#5257, #5321, #5389: what a maintenance window hid is told when it ends, or is over', async () => {
    // Scripts begin at midnight UTC of a Thursday.
    const every = { days: ['THU' as const], from: '00:00', until: '02:00' };
    begin({ maintenance: [{ name: 'update', when: 'true', time_zone: 'UTC', every }] });
    await world.report(user('stays'));
    await world.report(sick);
    await world.report(well);
    await world.at(119 * minute);
    expect(world.said('mail')).toEqual([]);
    await world.at(3 * hour);
    expect(world.told('mail', 2 * hour, 2 * hour + 6 * minute)).toEqual(['opened']);
    await world.report(user('stays'));
    await world.at(4 * hour);
    expect(world.told('mail', 3 * hour, 4 * hour)).toEqual(['updated']);
  });

  test('#6532, kibana#193650: the end of a silence is told, and how much it hid; nothing stays hidden', async () => {
    await silence(1);
    await world.report({ ...user('one'), times: 3 });
    await world.report(user('two'));
    await world.at(2 * hour);
    const events = world.said('mail').map(({ event }) => event);
    expect(events.filter((event) => event === 'silence_ended')).toHaveLength(1);
    expect(events.filter((event) => event === 'opened')).toHaveLength(2);
    expect(await world.desk.silences()).toEqual([]);
  });
});

describe('Novu, Apprise and Svix', () => {
  test('novu#2569, #1633, #3893: news that come at the same time are one notice, and each is in it once', async () => {
    await world.report({});
    await world.at(minute);
    await Promise.all(Array.from({ length: 50 }, () => world.reportOnly({ times: 3 })));
    await world.at(hour);
    expect(world.told('mail', minute, hour)).toEqual(['updated']);
    expect(world.said('mail')[1]?.notice.incident?.count).toBe(151);
    expect(await account('mail')).toMatchObject({ accepted: 151, delivered: 151 });
  });

  test('novu#8776: a delivery has one key, from try to try and from process to process', async () => {
    begin({ routes: [{ receivers: ['lead'] }] });
    const keys: string[] = [];
    const refuses = ({ key }: { readonly key: string }): Outcome => {
      keys.push(key);
      return down;
    };
    world.answers('chat', refuses);
    await world.report({});
    await world.at(minute);
    await restart({ routes: [{ receivers: ['lead'] }] });
    world.answers('chat', ({ key }) => (keys.push(key) > 2 ? up : down));
    await world.at(2 * hour);
    expect(keys.length).toBeGreaterThanOrEqual(3);
    expect(new Set(keys).size).toBe(1);
  });

  test('apprise#1352, airflow#51102: a peer that asked for time gets it, also from the next process', async () => {
    begin({ routes: [{ receivers: ['lead'] }] });
    world.answers('chat', () => busy(10 * minute));
    await world.report({});
    await world.at(minute);
    await restart({ routes: [{ receivers: ['lead'] }] });
    await world.at(10 * minute - second);
    expect(world.said('chat')).toEqual([]);
    await world.at(11 * minute);
    expect(world.said('chat')).toHaveLength(1);
  });

  test('svix#1844: a store that is away for a while leaves no worker in limbo', async () => {
    const { store, log, ports } = world.left;
    await world.stop();
    let away = true;
    const flaky = {
      ...store,
      claim: (by: Parameters<typeof store.claim>[0]) => (away ? Promise.reject(new Error('away')) : store.claim(by)),
    };
    world = createWorld(policyOf({}), { store: flaky, log, ports });
    await world.report({});
    await world.at(10 * minute);
    expect(world.said('mail')).toEqual([]);
    expect(world.errors.length).toBeGreaterThan(0);
    (world.errors as unknown[]).length = 0;
    away = false;
    await world.at(10 * minute + 2);
    expect(world.told('mail', 10 * minute, 10 * minute + 2)).toEqual(['opened']);
  });

  test('svix#1511: what goes to a channel that is gone is given up in the end, and holds up no other', async () => {
    await world.report({});
    await world.at(second);
    const { mail: _, ...channels } = base.channels ?? {};
    const without = { channels, receivers: { ...base.receivers, security: { channels: ['chat'] } } };
    world.setPolicy(policyOf(without));
    await world.at(minute);
    expect(world.told('chat', 0, minute)).toEqual(['opened']);
    await world.at(10 * day);
    expect(await account('mail')).toMatchObject({ accepted: 1, dead: 1, pending: 0 });
    expect(world.said('mail')).toEqual([]);
  });

  test('svix#1958: a dead letter is sent again when somebody asks, once, and the accounting follows', async () => {
    begin({ routes: [{ receivers: ['lead'] }] });
    world.answers('chat', () => ({ kind: 'reject', reason: 'refused', detail: 'status 400' }));
    await world.report({});
    await world.at(minute);
    world.answers('chat', () => up);
    const [dead] = await world.desk.deliveries({ states: ['dead'], limit: 9 });
    const asked = { ids: [dead?.id ?? ''], by: 'robin', request: 'r' };
    await world.desk.replay(asked);
    await world.desk.replay(asked);
    await world.at(2 * minute);
    expect(taken('chat').map(([, event]) => event)).toEqual(['opened', 'opened']);
    expect(await account('chat')).toMatchObject({ accepted: 1, delivered: 1, dead: 0 });
  });

  test('vexa#520: what waits to be tried again outlives the process that tried it', async () => {
    begin({ routes: [{ receivers: ['lead'] }] });
    world.answers('chat', () => down);
    await world.report({});
    await world.at(minute);
    await restart({ routes: [{ receivers: ['lead'] }] });
    await world.at(2 * hour);
    expect(taken('chat').map(([, event]) => event)).toEqual(['opened']);
    expect(await account('chat')).toMatchObject({ accepted: 1, delivered: 1 });
  });
});
