import { afterEach, describe, expect, test } from '@jest/globals';
import { AlertSeverity } from '@therapytrain/alerts-core';
import type { Outcome } from '@therapytrain/alerts-core/channel';
import { createPolicy, policySchema, type PolicySource } from '@therapytrain/alerts-manager';
import { createWorld, type World } from './world.ts';

const { HIGH, CRITICAL } = AlertSeverity;
const minute = 60;
const hour = 60 * minute;

const policyOf = (source: PolicySource) => createPolicy(policySchema.parse(source));

const base: PolicySource = {
  channels: { mail: { kind: 'email' }, chat: { kind: 'slack' }, pager: { kind: 'pagerduty' } },
  receivers: { security: { channels: ['mail', 'chat'], fallback: ['pager'] } },
  routes: [{ receivers: ['security'], batch_updates_every: '1m' }],
};

const done: Outcome = { kind: 'done', proof: 'took it' };
const ill: Outcome = { kind: 'retry', reason: 'unreachable', detail: 'ECONNREFUSED' };
const lost: Outcome = { kind: 'ambiguous', reason: 'answer_late', detail: 'no answer' };

describe('a channel whose peer is ill, in fake time', () => {
  let world: World;
  const begin = (more: Partial<PolicySource> = {}): void => {
    world = createWorld(policyOf({ ...base, ...more }));
  };
  afterEach(() => world.end());
  const account = async (channel: string) => (await world.desk.accounting()).find((each) => each.channel === channel);
  const report = async (users: number, name = 'user'): Promise<void> => {
    for (let n = 1; n <= users; n++) {
      const wanted = { metadata: { userId: `${name} ${n}` } };
      await (n < users ? world.reportOnly(wanted) : world.report(wanted));
    }
  };
  const state = (channel: string) => world.channels().breakers().get(channel);
  const incidentsOf = (channel: string) => world.said(channel).map(({ notice }) => notice.incident?.id);
  const actions = async () => (await world.store.audit(0, 10_000)).map(({ action, subject }) => `${action} ${subject}`);

  test('after five failures in a row it is not called any more, and its attempts are kept', async () => {
    begin();
    world.answers('mail', () => ill);
    await report(40);
    expect(state('mail')).toBe('open');
    // Five that opened it, and those that were under way.
    expect(world.said('mail').length).toBeLessThanOrEqual(8);
    await world.at(4);
    expect(world.said('mail').length).toBeLessThanOrEqual(8);
    const waiting = await world.desk.deliveries({ channel: 'mail', states: ['waiting'], limit: 100 });
    expect(waiting).toHaveLength(40);
    expect(waiting.filter(({ attempts }) => attempts === 0).length).toBeGreaterThanOrEqual(32);
    expect(await actions()).toContain('channel.opened mail');
  });

  test('an explanation says that its breaker is open, and who would stand in', async () => {
    begin();
    const explained = async (channel: string): Promise<readonly string[]> => {
      const draft = { type: 'AUTH_FAILURE', severity: HIGH, message: 'x', metadata: { userId: 'somebody' } };
      const { steps } = await world.desk.explain({ draft, source: 'sign-in' });
      const leg = steps.find(({ name }) => name === `channel ${channel}`)?.steps ?? [];
      return leg.filter(({ name }) => name !== 'notice').map((each) => `${each.name}: ${each.verdict}: ${each.detail}`);
    };
    const well = [
      'breaker: info: closed: attempts are made',
      'limit: info: there is none',
      'fallback: info: pager would stand in',
    ];
    expect(await explained('mail')).toEqual(well);
    world.answers('mail', () => ill);
    await report(5);
    expect(state('mail')).toBe('open');
    const [, ...rest] = well;
    const open = 'breaker: no: open: no attempt is made for a while, too many failed in a row';
    expect(await explained('mail')).toEqual([open, ...rest]);
    expect(await explained('chat')).toEqual(well);
  });

  test('what waits for it is told by the fallback leg at once, once each, and marked', async () => {
    begin();
    world.answers('mail', () => ill);
    await report(5);
    await world.at(1);
    expect(state('mail')).toBe('open');
    await report(20, 'later');
    await world.at(2);
    const told = incidentsOf('pager');
    expect([told.length, new Set(told).size]).toEqual([25, 25]);
    await world.at(2 * hour);
    expect(incidentsOf('pager')).toHaveLength(25);
    const stood = await world.desk.deliveries({ channel: 'pager', limit: 100 });
    expect(stood.every(({ insteadOf }) => insteadOf === 'mail')).toBe(true);
    const helped = await world.desk.deliveries({ channel: 'mail', states: ['waiting'], limit: 100 });
    expect(helped.filter(({ stoodIn }) => stoodIn).length).toBe(stood.length);
  });

  test('what has failed for long and waits to be tried again is told by another leg too', async () => {
    begin();
    world.answers('mail', () => ill);
    await report(1, 'early');
    await world.at(6 * minute);
    expect(world.said('mail')).toHaveLength(3);
    expect(world.said('pager')).toEqual([]);
    // Its next attempt is half an hour away.
    await report(2, 'late');
    await world.at(6 * minute + 1);
    expect(state('mail')).toBe('open');
    expect(incidentsOf('pager')).toHaveLength(3);
  });

  test('what the peer takes after all, while it is open, is told by no other leg', async () => {
    begin();
    let first = '';
    world.answers('mail', async ({ key }) => {
      first ||= key;
      if (key !== first) return ill;
      await world.sleep(3);
      return done;
    });
    await report(20);
    await world.at(2);
    expect(state('mail')).toBe('open');
    await world.at(4);
    const [taken, ...others] = await world.desk.deliveries({ channel: 'mail', states: ['done'], limit: 10 });
    expect([taken?.id, others]).toEqual([first, []]);
    expect(incidentsOf('pager')).toHaveLength(19);
    expect(incidentsOf('pager')).not.toContain(taken?.incident);
  });

  test('a healthy channel keeps its latency', async () => {
    begin();
    world.answers('mail', async () => {
      await world.sleep(10);
      return lost;
    });
    for (let second = 0; second < 120; second += 1) {
      await world.at(second);
      await report(1, `at ${second}`);
    }
    const late = world
      .said('chat')
      .map(({ at, notice }) => at - ((notice.incident?.firstSeen ?? 0) - world.now()) / 1_000 - 119);
    expect(late).toHaveLength(120);
    expect(Math.max(...late)).toBeLessThan(1);
  });

  test('it is tried again after a wait that grows, one delivery at a time', async () => {
    begin();
    world.answers('mail', () => ill);
    await report(20);
    await world.at(10 * minute);
    const probes = world
      .said('mail')
      .map(({ at }) => at)
      .filter((at) => at > 1);
    // The clock of the worker looks once a second at what is due.
    const gaps = probes.map((at, n) => Math.floor(at - (probes[n - 1] ?? 0)));
    expect(gaps.slice(0, 6)).toEqual([5, 10, 20, 40, 60, 60]);
  });

  test('when it is well again it closes, and all that waited is told', async () => {
    begin();
    world.answers('mail', () => ill);
    await report(20);
    await world.at(90);
    world.answers('mail', () => done);
    await world.at(30 * minute);
    expect(state('mail')).toBe('closed');
    expect(await account('mail')).toMatchObject({ accepted: 20, delivered: 20, pending: 0, dead: 0 });
    expect((await actions()).filter((each) => each.startsWith('channel.'))).toEqual([
      'channel.opened mail',
      'channel.closed mail',
    ]);
  });

  test('what it rejects, and what somebody has to configure, does not open it', async () => {
    begin();
    world.answers('mail', ({ key }) =>
      key.charCodeAt(35) % 2
        ? { kind: 'reject', reason: 'refused', detail: 'status 400' }
        : { kind: 'misconfigured', reason: 'credentials', detail: '535' },
    );
    await report(30);
    expect(state('mail')).toBe('closed');
    expect(world.said('mail')).toHaveLength(30);
  });

  test('a success in between counts the failures anew', async () => {
    begin({ channels: { ...base.channels, mail: { kind: 'email', concurrency: 1 } } });
    let turn = 0;
    world.answers('mail', () => (++turn % 5 === 0 ? done : ill));
    await report(40);
    await world.at(3);
    expect(state('mail')).toBe('closed');
    expect(world.said('mail').length).toBeGreaterThanOrEqual(40);
  });

  test('without another leg it waits, and is not claimed in vain', async () => {
    begin({ receivers: { security: { channels: ['mail'] } } });
    world.answers('mail', () => ill);
    await report(20);
    await world.at(3);
    const waiting = await world.desk.deliveries({ channel: 'mail', states: ['waiting'], limit: 100 });
    expect(waiting).toHaveLength(20);
    expect(waiting.filter(({ stoodIn }) => stoodIn)).toEqual([]);
    world.answers('mail', () => done);
    await world.at(30 * minute);
    expect(await account('mail')).toMatchObject({ accepted: 20, delivered: 20 });
  });

  test('a channel that leaves the policy while it is open keeps nobody busy', async () => {
    begin();
    world.answers('mail', () => ill);
    await report(20);
    const { mail: _, ...channels } = base.channels ?? {};
    world.setPolicy(
      policyOf({ ...base, channels, receivers: { security: { channels: ['chat'], fallback: ['pager'] } } }),
    );
    await world.at(10 * minute);
    // Nothing can be sent; somebody has to mend that, and until then each waits for its time.
    const waiting = await world.desk.deliveries({ channel: 'mail', states: ['waiting'], limit: 100 });
    expect(waiting).toHaveLength(20);
    expect(Math.max(...waiting.map(({ attempts }) => attempts))).toBeLessThan(8);
  });

  test('a restart knows nothing of it, and tells nobody twice', async () => {
    begin();
    world.answers('mail', () => ill);
    await report(20);
    await world.at(2);
    const before = incidentsOf('pager').length;
    expect(before).toBeGreaterThan(10);
    const tried = world.said('mail').length;
    await world.restart();
    // It finds out anew.
    expect(world.said('mail').length).toBeGreaterThanOrEqual(tried + 5);
    await world.at(hour);
    expect(new Set(incidentsOf('pager')).size).toBe(incidentsOf('pager').length);
  });

  test.each([
    ['CRITICAL', CRITICAL, 61, 1],
    ['CRITICAL', CRITICAL, 59, 0],
    ['HIGH', HIGH, 301, 1],
    ['HIGH', HIGH, 299, 0],
  ])(
    'a peer that wants %s to wait for too long has its leg told by another (%i, %i s)',
    async (_, severity, wait, others) => {
      begin();
      world.answers('mail', ({ number }) =>
        number === 1 ? { kind: 'retry', reason: 'throttled', detail: 'status 429', after: wait * 1_000 } : done,
      );
      await world.report({ severity });
      await world.at(1);
      expect(world.said('pager')).toHaveLength(others);
      await world.at(hour);
      expect(world.said('pager')).toHaveLength(others);
      expect(await account('mail')).toMatchObject({ accepted: 1, delivered: 1 });
    },
  );

  test('the end of an incident is told once through the leg that stood in', async () => {
    begin();
    world.answers('mail', () => ill);
    await report(6);
    await world.at(10);
    for (const { id } of await world.incidents()) {
      await world.desk.resolve({ incident: id, by: 'robin', request: crypto.randomUUID() });
    }
    await world.at(2 * minute);
    const ended = world.said('pager').filter(({ event }) => event === 'resolved');
    expect(new Set(ended.map(({ notice }) => notice.incident?.id)).size).toBe(ended.length);
    expect(ended.length).toBeGreaterThan(0);
  });
});
