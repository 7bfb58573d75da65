import { afterEach, describe, expect, test } from '@jest/globals';
import { AlertSeverity } from '@therapytrain/alerts-core';
import { createPolicy, policySchema, type PolicySource } from '@therapytrain/alerts-manager';
import { createWorld, type World } from './world.ts';

const { MEDIUM, HIGH, CRITICAL } = AlertSeverity;
const minute = 60;

const policyOf = (source: PolicySource) => createPolicy(policySchema.parse(source));

const base: PolicySource = {
  channels: {
    mail: { kind: 'email', limit: { per_minute: 10, burst: 10, digest_every: '5m' } },
    chat: { kind: 'slack' },
  },
  receivers: { security: { channels: ['mail'] }, all: { channels: ['mail', 'chat'] } },
  routes: [{ when: 'severity >= MEDIUM', receivers: ['security'], batch_updates_every: '1m' }],
};

describe('a channel of ten notices a minute, in fake time', () => {
  let world: World;
  const begin = (more: Partial<PolicySource> = {}): void => {
    world = createWorld(policyOf({ ...base, ...more }));
  };
  afterEach(() => world.end());
  const account = async (channel: string) => (await world.desk.accounting()).find((each) => each.channel === channel);
  const flood = async (users: number, more: object = {}, name = 'user'): Promise<void> => {
    for (let n = 0; n < users; n++) await world.reportOnly({ metadata: { userId: `${name} ${n}` }, ...more });
    await world.report({ metadata: { userId: `${name} last` }, ...more });
  };

  test('of a hundred incidents at once ten are told, and ninety in one digest', async () => {
    begin();
    await flood(99);
    expect(world.told('mail', 0, 1)).toEqual(Array(10).fill('opened'));
    expect(await account('mail')).toMatchObject({ accepted: 100, delivered: 10, digested: 0, pending: 90 });
    await world.at(4 * minute);
    expect(world.said('mail')).toHaveLength(10);
    await world.at(6 * minute);
    expect(world.told('mail', 4 * minute, 6 * minute)).toEqual(['digest']);
    expect(await account('mail')).toMatchObject({ accepted: 100, delivered: 10, digested: 90, pending: 0 });
  });

  test('a digest says how many alerts of how many incidents, and shows the most severe', async () => {
    begin();
    await flood(9, { severity: HIGH }, 'first');
    await flood(19, { severity: MEDIUM }, 'medium');
    await flood(2, { severity: HIGH }, 'high');
    await world.at(6 * minute);
    const digest = world.said('mail').find(({ event }) => event === 'digest')?.notice;
    expect(digest?.headline).toBe('23 alerts of 23 incidents: 3 HIGH, 20 MEDIUM');
    expect(digest?.total).toBe(23);
    expect(digest?.alerts.map(({ severity }) => severity)).toEqual([
      HIGH,
      HIGH,
      HIGH,
      ...Array<number>(7).fill(MEDIUM),
    ]);
    expect(JSON.stringify(digest)).not.toContain('high last');
  });

  test('what is CRITICAL among them is told at once, whatever there was', async () => {
    begin();
    await flood(99);
    await flood(19, { severity: CRITICAL }, 'critical');
    expect(world.told('mail', 0, 1)).toHaveLength(30);
    expect(
      world
        .said('mail')
        .slice(10)
        .every(({ notice }) => notice.severity === CRITICAL),
    ).toBe(true);
  });

  test('a second source is told within its share, however loud the first one is', async () => {
    begin();
    await flood(99);
    await world.report({ source: 'quiet', metadata: { userId: 'of the quiet one' } });
    expect(world.said('mail')).toHaveLength(10);
    for (let second = 1; second <= 6; second++) {
      await world.at(second);
      await flood(9, {}, `more ${second}`);
    }
    await world.at(7);
    const told = world.said('mail').slice(10);
    expect(told.map(({ notice }) => notice.alerts[0]?.source)).toContain('quiet');
    // The one that comes back every six seconds was set aside for it.
    expect(told).toHaveLength(1);
  });

  test('in the long run no more than its rate is told, and everything is accounted for', async () => {
    begin();
    for (let second = 0; second < 600; second += 2) {
      await world.at(second);
      await world.report({ metadata: { userId: `user ${second}` }, source: second % 4 === 0 ? 'a' : 'b' });
    }
    await world.at(660);
    const alone = world.said('mail').filter(({ event }) => event === 'opened');
    expect(alone.length).toBeGreaterThan(90);
    expect(alone.length).toBeLessThanOrEqual(10 + 10 * 11);
    const of = (source: string) => alone.filter(({ notice }) => notice.alerts[0]?.source === source).length;
    expect(Math.abs(of('a') - of('b'))).toBeLessThan(15);
    await world.at(1_200);
    expect(await account('mail')).toMatchObject({ accepted: 300, delivered: alone.length, pending: 0, dead: 0 });
  });

  test('channels without a limit are told everything', async () => {
    begin({ routes: [{ receivers: ['all'] }] });
    await flood(99);
    expect(world.said('chat')).toHaveLength(100);
    expect(world.said('mail')).toHaveLength(10);
  });

  test('who was told that it began is told that it ended; what a digest told ends in a digest', async () => {
    begin();
    await flood(29);
    await world.at(6 * minute);
    const digests = () => world.said('mail').filter(({ event }) => event === 'digest').length;
    expect(digests()).toBe(1);
    for (const { id } of await world.incidents()) {
      await world.desk.resolve({ incident: id, by: 'robin', request: crypto.randomUUID() });
    }
    await world.at(7 * minute);
    // The ten that it was told of by themselves, and what the bucket allows of the others.
    const resolved = world.said('mail').filter(({ event }) => event === 'resolved');
    expect(resolved.length).toBeGreaterThanOrEqual(10);
    expect(resolved.length).toBeLessThanOrEqual(20);
    const opened = new Set(
      world.said('mail').flatMap(({ event, notice }) => (event === 'opened' ? [notice.incident?.id] : [])),
    );
    const ended = new Set(resolved.map(({ notice }) => notice.incident?.id));
    expect([...opened].every((id) => ended.has(id))).toBe(true);
    await world.at(20 * minute);
    expect(digests()).toBe(2);
  });

  test('what was digested says in which digest, in the list and in the explanation', async () => {
    begin();
    await flood(11);
    await world.at(6 * minute);
    const [digested] = await world.desk.deliveries({ states: ['digested'], limit: 10 });
    const [digest] = await world.desk.deliveries({ ids: [digested?.digest ?? ''], limit: 10 });
    expect(digest).toMatchObject({ event: 'digest', state: 'done', pairs: 2, incident: '' });
    const alerts = await world.alerts();
    const explained = await Promise.all(alerts.map(({ id }) => world.desk.explain({ alertId: id })));
    const said = explained
      .flatMap(({ steps }) => steps.map(({ detail }) => detail))
      .filter((each) => each.includes('in the digest'));
    expect(said).toEqual(Array(2).fill(`opened through mail: digested after 1 attempts, in the digest ${digest?.id}`));
  });

  test('an explanation says whether the limit of a channel has room, and takes nothing of it', async () => {
    begin({ routes: [{ receivers: ['all'] }] });
    const explained = async (severity: AlertSeverity, channel = 'mail') => {
      const draft = { type: 'AUTH_FAILURE', severity, message: 'x', metadata: { userId: 'somebody' } };
      const { steps } = await world.desk.explain({ draft, source: 'sign-in' });
      const leg = steps.find(({ name }) => name === `channel ${channel}`)?.steps;
      return leg?.find(({ name }) => name === 'limit');
    };
    const much = '10 a minute, 10 at once';
    for (let asked = 0; asked < 20; asked++) {
      expect(await explained(HIGH)).toMatchObject({ verdict: 'info', detail: `${much}: there is room now` });
    }
    await flood(9);
    expect(world.said('mail')).toHaveLength(10);
    const full = `${much}: there is no room, a digest tells it within 5m`;
    expect(await explained(HIGH)).toMatchObject({ verdict: 'no', detail: full });
    expect(await explained(CRITICAL)).toMatchObject({ detail: `${much}: not for what is CRITICAL` });
    expect(await explained(HIGH, 'chat')).toMatchObject({ detail: 'there is none' });
    await world.at(6 * minute);
    expect(await explained(HIGH)).toMatchObject({ detail: `${much}: there is room now` });
  });

  test('a digest that nobody takes is dead with all that it was to tell, and can be replayed', async () => {
    begin();
    await flood(29);
    world.answers('mail', () => ({ kind: 'reject', reason: 'refused', detail: 'status 400' }));
    await world.at(6 * minute);
    expect(await account('mail')).toMatchObject({ accepted: 30, delivered: 10, digested: 0, dead: 20 });
    world.answers('mail', () => ({ kind: 'done', proof: 'took it' }));
    const [dead] = await world.desk.deliveries({ states: ['dead'], limit: 10 });
    await world.desk.replay({ ids: [dead?.id ?? ''], by: 'robin', request: crypto.randomUUID() });
    await world.at(7 * minute);
    expect(await account('mail')).toMatchObject({ accepted: 30, delivered: 10, digested: 20, dead: 0 });
  });

  describe('and another leg that stands in for it', () => {
    const other: Partial<PolicySource> = {
      channels: { ...base.channels, pager: { kind: 'pagerduty' } },
      receivers: { security: { channels: ['mail'], fallback: ['pager'] } },
    };
    const refused = { kind: 'reject', reason: 'refused', detail: 'status 400' } as const;
    const digests = (channel: string) => world.said(channel).filter(({ event }) => event === 'digest');

    test('a digest that nobody takes is told by that leg at once, marked, and each keeps its own account', async () => {
      begin(other);
      await flood(29);
      world.answers('mail', () => refused);
      await world.at(6 * minute);
      const [failed] = digests('mail');
      const [told, ...more] = digests('pager');
      expect(more).toEqual([]);
      expect(told?.notice.headline).toBe('20 alerts of 20 incidents: 20 HIGH');
      expect(told?.notice).toEqual({ ...failed?.notice, at: told?.notice.at });
      expect(told?.at).toBe(failed?.at);
      const [marked] = await world.desk.deliveries({ channel: 'pager', limit: 10 });
      expect(marked).toMatchObject({ event: 'digest', state: 'done', insteadOf: 'mail', incident: '', pairs: 20 });
      expect(await account('mail')).toMatchObject({ accepted: 30, delivered: 10, digested: 0, dead: 20, pending: 0 });
      expect(await account('pager')).toMatchObject({ accepted: 20, digested: 20, dead: 0, pending: 0 });
      const actions = (await world.store.audit(0, 10_000)).map(({ action }) => action);
      expect(actions.filter((each) => each === 'delivery.fallback')).toHaveLength(1);
    });

    test('a digest that is replayed does not call that leg again, and one that stands in has none', async () => {
      begin(other);
      await flood(29);
      for (const channel of ['mail', 'pager']) world.answers(channel, () => refused);
      await world.at(6 * minute);
      const dead = await world.desk.deliveries({ states: ['dead'], limit: 10 });
      expect(dead.map(({ target, event }) => [target, event])).toEqual([
        ['pager', 'digest'],
        ['mail', 'digest'],
      ]);
      await world.desk.replay({ ids: dead.map(({ id }) => id), by: 'robin', request: crypto.randomUUID() });
      await world.at(7 * minute);
      expect([digests('mail').length, digests('pager').length]).toEqual([2, 2]);
      expect(digests('pager')[1]?.notice.total).toBe(20);
    });

    test('a digest whose channel is not called any more is told by that leg, and by the channel when it is well', async () => {
      begin(other);
      await flood(29);
      world.answers('mail', () => ({ kind: 'retry', reason: 'unreachable', detail: 'ECONNREFUSED' }));
      await world.report({ severity: CRITICAL, metadata: { userId: 'of the critical one' } });
      // Its attempts open the breaker before the digest is due.
      await world.at(4 * minute);
      await world.report({ severity: CRITICAL, metadata: { userId: 'of another critical one' } });
      await world.at(6 * minute);
      expect(world.channels().breakers().get('mail')).not.toBe('closed');
      expect(digests('pager').map(({ notice }) => notice.total)).toEqual([20]);
      world.answers('mail', () => ({ kind: 'done', proof: 'took it' }));
      await world.at(180 * minute);
      expect(digests('pager')).toHaveLength(1);
      expect(digests('mail').filter(({ notice }) => notice.total === 20).length).toBeGreaterThanOrEqual(1);
      expect(await account('mail')).toMatchObject({ accepted: 32, delivered: 12, digested: 20, dead: 0, pending: 0 });
      expect(await account('pager')).toMatchObject({ digested: 20, dead: 0, pending: 0 });
    });
  });

  test('a digest is told once, and a thread of its own', async () => {
    begin();
    await flood(29);
    await world.at(6 * minute);
    await flood(59, {}, 'more');
    await world.at(20 * minute);
    const digests = world.said('mail').filter(({ event }) => event === 'digest');
    expect(digests).toHaveLength(2);
    expect(digests.map(({ attempt }) => attempt.ref)).toEqual([undefined, undefined]);
    expect(digests.every(({ notice }) => notice.incident === undefined)).toBe(true);
  });

  test('each channel has as many attempts at once as its policy says', async () => {
    begin({
      channels: { mail: { kind: 'email', concurrency: 2 }, chat: { kind: 'slack', concurrency: 7 } },
      routes: [{ receivers: ['all'] }],
    });
    const busy = new Map<string, number>();
    const most = new Map<string, number>();
    for (const channel of ['mail', 'chat']) {
      world.answers(channel, async () => {
        busy.set(channel, (busy.get(channel) ?? 0) + 1);
        most.set(channel, Math.max(most.get(channel) ?? 0, busy.get(channel) ?? 0));
        await world.sleep(3);
        busy.set(channel, (busy.get(channel) ?? 0) - 1);
        return { kind: 'done', proof: 'took it' };
      });
    }
    await flood(27);
    await world.at(10 * minute);
    expect(Object.fromEntries(most)).toEqual({ mail: 2, chat: 7 });
    expect(await account('mail')).toMatchObject({ accepted: 28, delivered: 28 });
  });
});
