import { describe, expect, test } from '@jest/globals';
import {
  type Channel,
  type ChannelKind,
  type Notice,
  type Outcome,
  Secret,
  secret,
} from '@therapytrain/alerts-core/channel';
import { createPolicy, policySchema } from '@therapytrain/alerts-manager';
import { testPorts } from '@therapytrain/alerts-testkit';
import { z } from 'zod';
import { createChannels } from '../src/channels.ts';

const done: Outcome = { kind: 'done', proof: 'took it' };

const setup = () => {
  const ports = testPorts();
  const closed: string[] = [];
  let finish = (): void => {};
  const kind: ChannelKind = {
    kind: 'test',
    options: z.strictObject({ to: z.string() }),
    create: (options) => {
      const { to } = options as { readonly to: string };
      const channel: Channel = {
        clearance: 1,
        deliver: () => new Promise((resolve) => (finish = () => resolve(done))),
        check: async () => done,
        close: async () => void closed.push(to),
      };
      return channel;
    },
  };
  const channels = createChannels({ kinds: new Map([['test', kind]]), ports, wrap: (_, channel) => channel });
  const policy = (to: string) => createPolicy(policySchema.parse({ channels: { one: { kind: 'test', to } } })).channels;
  return { channels, closed, policy, ports, finish: () => finish() };
};

const attempt = { key: 'k', number: 1, signal: new AbortController().signal, doubtful: false };

describe('the channels of a policy', () => {
  test('a channel whose settings are the same stays', () => {
    const { channels, policy, closed } = setup();
    channels.prepare(policy('a')).use();
    const before = channels.get('one');
    const prepared = channels.prepare(policy('a'));
    expect(prepared.differ).toBe(false);
    prepared.use();
    expect(channels.get('one')).toBe(before);
    expect(closed).toEqual([]);
  });

  test('one whose secret is another one is another channel, wherever in its options that stands', () => {
    const kind: ChannelKind = {
      kind: 'test',
      options: z.strictObject({ to: z.array(z.strictObject({ key: secret() })) }),
      create: () => ({
        ...{ clearance: 1, deliver: async () => done, check: async () => done, close: async () => undefined },
      }),
    };
    const channels = createChannels({
      ...{ kinds: new Map([['test', kind]]), ports: testPorts(), wrap: (_, channel) => channel },
    });
    const policy = (value: string) => {
      const one = { name: 'one', kind: 'test', concurrency: 1, options: { to: [{ key: new Secret(value) }] } };
      return new Map([['one', one]]);
    };
    channels.prepare(policy('before')).use();
    expect(channels.prepare(policy('before')).differ).toBe(false);
    expect(channels.prepare(policy('after')).differ).toBe(true);
  });

  test('one that is replaced is closed when its attempt has ended, not before', async () => {
    const { channels, policy, closed, ports, finish } = setup();
    channels.prepare(policy('a')).use();
    const before = channels.get('one');
    const outcome = before?.deliver({} as Notice<1>, attempt);
    const prepared = channels.prepare(policy('b'));
    expect(prepared.differ).toBe(true);
    prepared.use();
    expect(channels.get('one')).not.toBe(before);
    await ports.clock.advance(120_000);
    expect(closed).toEqual([]);
    finish();
    await expect(outcome).resolves.toEqual(done);
    await ports.clock.advance(0);
    expect(closed).toEqual(['a']);
  });

  test('one that was taken by an attempt just before finds it open', async () => {
    const { channels, policy, closed, ports } = setup();
    channels.prepare(policy('a')).use();
    channels.prepare(policy('b')).use();
    await ports.clock.advance(29_000);
    expect(closed).toEqual([]);
    await ports.clock.advance(1_000);
    expect(closed).toEqual(['a']);
  });

  test('what was built for nothing is closed, and what is in force stays', async () => {
    const { channels, policy, closed } = setup();
    channels.prepare(policy('a')).use();
    const before = channels.get('one');
    await channels.prepare(policy('b')).drop();
    expect([channels.get('one'), closed]).toEqual([before, ['b']]);
  });

  test('close closes all of them, also one that still leaves', async () => {
    const { channels, policy, closed } = setup();
    channels.prepare(policy('a')).use();
    void channels.get('one')?.deliver({} as Notice<1>, attempt);
    channels.prepare(policy('b')).use();
    await channels.close();
    expect(closed.sort()).toEqual(['a', 'b']);
  });

  test('one that cannot be built changes nothing', () => {
    const { channels, policy } = setup();
    channels.prepare(policy('a')).use();
    const bad = createPolicy(policySchema.parse({ channels: { one: { kind: 'nope' } } })).channels;
    expect(() => channels.prepare(bad)).toThrow('there is no channel of this kind');
    expect(channels.get('one')).toBeDefined();
  });
});
