import { afterEach, describe, expect, test } from '@jest/globals';
import {} from '@therapytrain/alerts-core';
import { createPolicy, policySchema, type PolicySource } from '@therapytrain/alerts-manager';
import { createWorld, type World } from './world.ts';

const hour = 3_600;
const day = 24 * hour;

const policyOf = (source: PolicySource) => createPolicy(policySchema.parse(source));

const base: PolicySource = {
  channels: { mail: { kind: 'email', canary_every: '1d' }, chat: { kind: 'slack' } },
  receivers: { ops: { channels: ['chat'] }, all: { channels: ['mail', 'chat'] } },
  routes: [
    { name: 'health', when: 'type == "SYSTEM_HEALTH"', receivers: ['ops'] },
    { name: 'rest', receivers: ['all'] },
  ],
};

describe('a canary a day, in fake time', () => {
  let world: World;
  const begin = (more: Partial<PolicySource> = {}): void => {
    world = createWorld(policyOf({ ...base, ...more }));
  };
  afterEach(() => world.end());
  const canaries = () => world.said('mail').filter(({ notice }) => notice.alerts[0]?.message.startsWith('Canary: '));
  const age = () => (world.channels().canaryAges().get('mail') ?? -1_000) / 1_000;

  test('goes through the channel on its schedule, and through no other', async () => {
    begin();
    await world.at(4 * day + hour);
    expect(canaries().map(({ at }) => Math.floor(at / day))).toEqual([0, 1, 2, 3, 4]);
    expect(world.said('mail')).toHaveLength(5);
    expect(canaries()[0]?.notice).toMatchObject({ event: 'alert', severity: 1 });
    expect(world.said('chat')).toEqual([]);
  });

  test('has an age', async () => {
    begin();
    await world.at(hour);
    expect(age()).toBeCloseTo(hour, -1);
    await world.at(day + 2 * hour);
    expect(age()).toBeCloseTo(2 * hour, -2);
    expect([...world.channels().canaryAges().keys()]).toEqual(['mail']);
  });

  test('is no alert of the accounting', async () => {
    begin();
    await world.at(2 * day);
    for (const { accepted, delivered, pending } of await world.desk.accounting())
      expect([accepted, delivered, pending]).toEqual([0, 0, 0]);
  });

  test('goes on over restarts, once in each span', async () => {
    begin();
    for (let turn = 1; turn <= 10; turn++) {
      await world.at((turn * day) / 4);
      await world.restart();
    }
    await world.at(2.6 * day);
    expect(canaries()).toHaveLength(3);
    expect(age()).toBeCloseTo(0.6 * day, -2);
  });

  test('that does not arrive for two spans is told through other channels, and so is the next one that does', async () => {
    begin();
    await world.at(hour);
    world.answers('mail', () => ({ kind: 'retry', reason: 'unreachable', detail: 'ECONNREFUSED' }));
    await world.at(2 * day - hour);
    expect(world.said('chat')).toEqual([]);
    await world.at(2 * day + 2 * hour);
    expect(world.told('chat', 0, 3 * day)).toEqual(['opened']);
    const [opened] = world.said('chat');
    expect(opened?.notice.alerts[0]).toMatchObject({ type: 'SYSTEM_HEALTH', source: 'alert-gateway', severity: 3 });
    expect(opened?.notice.alerts[0]?.facts).toContainEqual(expect.objectContaining({ key: 'component', text: 'mail' }));
    await world.at(3 * day);
    expect(world.said('chat')).toHaveLength(1);
    world.answers('mail', () => ({ kind: 'done', proof: 'took it' }));
    await world.at(5 * day);
    expect(world.told('chat', 3 * day, 5 * day)).toEqual(['resolved']);
    const [incident, ...others] = await world.incidents();
    expect([incident?.state, others]).toEqual(['RESOLVED', []]);
  });

  test('that is dead is told at once', async () => {
    begin();
    world.answers('mail', () => ({ kind: 'reject', reason: 'unknown_target', detail: '550' }));
    await world.at(70);
    expect(world.told('chat', 0, 70)).toEqual(['opened']);
    await world.restart();
    await world.at(day - hour);
    expect(world.said('chat')).toHaveLength(1);
    world.answers('mail', () => ({ kind: 'done', proof: 'took it' }));
    await world.restart();
    await world.at(day + hour);
    expect(world.told('chat', 70, 2 * day)).toEqual(['resolved']);
  });

  test('is not held back by a limit, nor told by another leg', async () => {
    begin({
      channels: {
        mail: { kind: 'email', canary_every: '1h', limit: { per_minute: 1, burst: 1 } },
        chat: { kind: 'slack' },
      },
      receivers: { ops: { channels: ['chat'] }, all: { channels: ['mail'], fallback: ['chat'] } },
    });
    await world.at(1);
    for (let n = 0; n < 20; n++) await world.report({ metadata: { userId: `user ${n}` } });
    await world.at(hour + 70);
    expect(canaries()).toHaveLength(2);
    world.answers('mail', () => ({ kind: 'reject', reason: 'gone', detail: '410' }));
    await world.at(2 * hour + 70);
    expect(canaries()).toHaveLength(3);
    expect(world.said('chat').every(({ notice }) => notice.alerts[0]?.source === 'alert-gateway')).toBe(true);
  });

  test('begins when the policy says so, and ends when it does not', async () => {
    begin({ channels: { mail: { kind: 'email' }, chat: { kind: 'slack' } } });
    await world.at(day + hour);
    expect(world.said('mail')).toEqual([]);
    expect(world.channels().canaryAges().size).toBe(0);
    world.setPolicy(policyOf(base));
    await world.at(day + hour + 70);
    expect(canaries()).toHaveLength(1);
    world.setPolicy(policyOf({ ...base, channels: { mail: { kind: 'email' }, chat: { kind: 'slack' } } }));
    await world.at(10 * day);
    expect(canaries()).toHaveLength(1);
    expect(world.said('chat')).toEqual([]);
  });
});
