import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Account, AlertSeverity, type Incident } from '@therapytrain/alerts-core';
import type { Outcome } from '@therapytrain/alerts-core/channel';
import { createPolicy, policySchema } from '@therapytrain/alerts-manager';
import { createWorld, type World } from './world.ts';

const { HIGH } = AlertSeverity;
const minute = 60;
const hour = 60 * minute;

const policy = createPolicy(
  policySchema.parse({
    channels: { mail: { kind: 'email' }, chat: { kind: 'slack' }, pager: { kind: 'pagerduty' } },
    receivers: { security: { channels: ['mail', 'chat'] }, oncall: { channels: ['pager'] } },
    routes: [{ receivers: ['security'], batch_updates_every: '1m' }],
    escalations: { HIGH: { acknowledge_within: '1h', receivers: ['oncall'], repeats: 0 } },
  }),
);

const down: Outcome = { kind: 'retry', reason: 'peer_failed', detail: 'status 500' };
const up: Outcome = { kind: 'done', proof: 'took it' };
const health = { type: 'SYSTEM_HEALTH', severity: HIGH };
const sick = { ...health, metadata: { component: 'db', status: 'down' } };
const well = { ...health, metadata: { component: 'db', status: 'recovered' } };

describe('a notice that is tried late, in fake time', () => {
  let world: World;
  beforeEach(() => void (world = createWorld(policy)));
  afterEach(async () => {
    for (const { channel, pending, ...account } of await world.desk.accounting()) {
      const { accepted, delivered, suppressed, digested, dead } = account as Account;
      expect([channel, pending, accepted]).toEqual([channel, 0, delivered + suppressed + digested + dead]);
    }
    expect(world.errors).toEqual([]);
    await world.stop();
  });

  const only = async (): Promise<Incident> => {
    const [incident] = await world.incidents();
    if (!incident) throw new Error('there is no incident');
    return incident;
  };
  const command = ({ id }: Incident) => ({ incident: id, by: 'robin', request: crypto.randomUUID() });
  /** What the channel took: event by event. */
  const takes = (channel: string): string[] => {
    const taken: string[] = [];
    let isUp = false;
    world.answers(channel, (attempt) => {
      const said = world.said(channel).find((each) => each.attempt === attempt);
      if (isUp && said) taken.push(said.event);
      return isUp ? up : down;
    });
    restore = () => void (isUp = true);
    return taken;
  };
  let restore: () => void;

  test('is not told when its incident has ended: people get one notice that it has', async () => {
    const taken = takes('mail');
    await world.report(sick);
    await world.at(minute);
    await world.report(well);
    await world.at(2 * minute);
    restore();
    await world.at(20 * hour);
    expect(taken).toEqual(['resolved']);
    expect(world.told('chat', 0, 20 * hour)).toEqual(['opened', 'resolved']);
    const deliveries = await world.desk.deliveries({ channel: 'mail', limit: 9 });
    expect(deliveries.map(({ event, state, detail }) => [event, state, detail])).toEqual([
      ['resolved', 'done', 'status 500'],
      ['opened', 'cancelled', 'superseded'],
    ]);
  });

  test('is not told as ended when its incident has been opened again', async () => {
    const taken = takes('mail');
    await world.report(sick);
    await world.report(well);
    await world.at(minute);
    await world.report(sick);
    await world.at(2 * minute);
    restore();
    await world.desk.acknowledge(command(await only()));
    await world.at(20 * hour);
    expect(taken).not.toContain('resolved');
    expect(taken).toContain('acknowledged');
  });

  test('wakes nobody for what somebody has taken on', async () => {
    const taken = takes('pager');
    await world.report(sick);
    await world.at(hour + 1);
    expect(world.told('pager', 0, hour + 1)).toEqual(['escalated']);
    await world.desk.acknowledge(command(await only()));
    restore();
    await world.at(20 * hour);
    expect(taken).toEqual(['acknowledged']);
  });

  test('reminds nobody of what somebody has taken on', async () => {
    await world.report(sick);
    await world.at(40 * minute);
    const taken = takes('mail');
    await world.at(50 * minute);
    expect(world.told('mail', 40 * minute, 50 * minute)).toContain('reminded');
    await world.desk.acknowledge(command(await only()));
    restore();
    await world.at(20 * hour);
    expect(taken).toEqual(['acknowledged']);
  });

  test('an attempt that ends the process each time is given up in the end, and does not end it for ever', async () => {
    await world.report(sick);
    const [claimed] = await world.desk.deliveries({ channel: 'mail', limit: 1 });
    expect(claimed?.state).toBe('done');
    await world.stop();
    const { id } = await only();
    const job = { kind: 'delivery', incident: id, target: 'mail', event: 'updated', severity: HIGH } as const;
    const due = world.now();
    await world.store.commit({
      jobs: [{ ...job, id: crypto.randomUUID(), due, slot: 'poison', pairs: 1, policy: policy.version }],
      counts: [{ channel: 'mail', state: 'accepted', pairs: 1 }],
    });
    // Each process claims it, and dies of it.
    for (let life = 0; life < 24; life++) {
      const now = due + life;
      await world.store.claim({
        now,
        until: now + 1,
        limit: 1,
        perTarget: { default: 1, of: {} },
        except: [],
        unaided: [],
      });
    }
    const next = createWorld(policy, world.left);
    await next.at(2 * minute);
    expect(next.said('mail')).toEqual([]);
    expect((await next.desk.deliveries({ states: ['dead'], limit: 9 })).map(({ detail }) => detail)).toEqual([
      'it was tried too often',
    ]);
    await next.stop();
  });
});
