import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AlertSeverity } from '@therapytrain/alerts-core';
import { createPolicy, policySchema, type PolicySource } from '@therapytrain/alerts-manager';
import { createWorld, type World } from './world.ts';

const { HIGH } = AlertSeverity;
const minute = 60;
const hour = 60 * minute;

const base: PolicySource = {
  channels: { mail: { kind: 'email' }, chat: { kind: 'slack' }, pager: { kind: 'pagerduty' } },
  receivers: { security: { channels: ['mail'] }, lead: { channels: ['chat'] }, oncall: { channels: ['pager'] } },
  routes: [
    { name: 'all', receivers: ['security'], first_notify_after: '30s', batch_updates_every: '5m', remind_every: '2h' },
  ],
  escalations: { HIGH: { acknowledge_within: '1h', receivers: ['lead'], repeats: 0 } },
};
const policyOf = (more: Partial<PolicySource> = {}) => createPolicy(policySchema.parse({ ...base, ...more }));

describe('a policy that is put in force while things wait', () => {
  let world: World;
  beforeEach(() => void (world = createWorld(policyOf())));
  afterEach(async () => {
    for (const { channel, accepted, delivered, suppressed, digested, dead, pending } of await world.desk.accounting())
      expect([channel, accepted]).toEqual([channel, delivered + suppressed + digested + dead + pending]);
    expect(world.errors).toEqual([]);
    await world.stop();
  });

  test('a first notice that waits goes out once, at the time that was planned', async () => {
    await world.report({ severity: HIGH });
    await world.at(10);
    world.setPolicy(policyOf({ routes: [{ name: 'all', receivers: ['security'], first_notify_after: '1h' }] }));
    await world.at(2 * minute);
    expect(world.told('mail', 0, 29)).toEqual([]);
    expect(world.told('mail', 30, 31)).toEqual(['opened']);
    expect(world.told('mail', 0, 2 * minute)).toHaveLength(1);
  });

  test('nothing is told again, however often a policy is put in force', async () => {
    await world.report({ severity: HIGH });
    await world.at(minute);
    for (let n = 0; n < 20; n++) {
      world.setPolicy(policyOf({ reopen_within: `${n + 1}m` }));
      await world.at(minute + n);
    }
    await world.at(10 * minute);
    expect(world.told('mail', 0, 10 * minute)).toEqual(['opened']);
  });

  test('what nobody acknowledges is escalated at the time that was planned, to whom the policy in force names', async () => {
    await world.report({ severity: HIGH });
    await world.at(minute);
    world.setPolicy(
      policyOf({ escalations: { HIGH: { acknowledge_within: '5h', receivers: ['oncall'], repeats: 0 } } }),
    );
    await world.at(hour + 1);
    expect(world.told('pager', hour - 1, hour + 1)).toEqual(['escalated']);
    expect(world.told('chat', 0, hour + 1)).toEqual([]);
  });

  test('news of what is open goes where the policy in force says, and where it went before nothing more', async () => {
    await world.report({ severity: HIGH });
    await world.at(minute);
    world.setPolicy(policyOf({ routes: [{ name: 'all', receivers: ['oncall'], batch_updates_every: '1m' }] }));
    await world.report({ severity: HIGH });
    await world.at(10 * minute);
    expect(world.told('mail', 0, 10 * minute)).toEqual(['opened']);
    expect(world.told('pager', 0, 10 * minute)).toEqual(['opened']);
    const [incident] = await world.incidents();
    const command = { incident: incident?.id ?? '', by: 'robin', request: crypto.randomUUID() };
    await world.desk.resolve(command);
    await world.at(11 * minute);
    // Who was told that it began is told that it ended.
    expect(world.told('mail', 10 * minute, 11 * minute)).toEqual(['resolved']);
  });
});
