import { describe, expect, test } from '@jest/globals';
import { type AlertDraft, AlertSeverity, type Silence } from '@therapytrain/alerts-core';
import { createPolicy, policySchema, type PolicySource, simulate } from '@therapytrain/alerts-manager';
import { epoch, testPorts } from '@therapytrain/alerts-testkit';
import { createWorld } from './acceptance/world.ts';

const { MEDIUM, HIGH, CRITICAL } = AlertSeverity;
const second = 1_000;
const minute = 60 * second;

const source: PolicySource = {
  types: {
    NOISE: {
      title: 'Noise',
      group_by: ['component'],
      quiet_after: '10m',
      metadata: { component: { sensitivity: 'INTERNAL', description: 'Which.' } },
    },
  },
  channels: { mail: { kind: 'email' }, chat: { kind: 'slack' }, pager: { kind: 'pagerduty' } },
  receivers: {
    security: { channels: ['mail', 'chat'] },
    oncall: { channels: ['pager'] },
  },
  routes: [
    { name: 'urgent', when: 'severity == CRITICAL', receivers: ['oncall', 'security'] },
    { name: 'rest', when: 'severity >= MEDIUM', receivers: ['security'], first_notify_after: '30s' },
  ],
  escalations: { HIGH: { acknowledge_within: '1h', receivers: ['oncall'], repeats: 0 } },
  maintenance: [
    { name: 'move', when: 'type == "SYSTEM_HEALTH"', from: '2000-01-01T00:00:00Z', until: '2100-01-01T00:00:00Z' },
  ],
  inhibitions: [{ name: 'database', source: 'type == "DATA_VIOLATION"', target: 'type == "NOISE"', equal: [] }],
};
const policy = createPolicy(policySchema.parse(source));

const run = (
  alerts: readonly (Partial<AlertDraft> & { readonly at?: number })[],
  more: { readonly silences?: readonly Silence[]; readonly until?: number } = {},
) =>
  simulate(
    {
      ...more,
      alerts: alerts.map(({ at = 0, ...draft }) => ({
        at: epoch + at,
        source: 'sign-in',
        draft: {
          type: 'AUTH_FAILURE',
          severity: HIGH,
          message: 'Failed login',
          metadata: { userId: 'anna' },
          ...draft,
        },
      })),
      ...(more.until !== undefined && { until: epoch + more.until }),
    },
    policy,
    testPorts().ids,
  );

describe('a simulation', () => {
  test('says where an alert goes, and when', async () => {
    const { alerts } = await run([{}, { severity: CRITICAL, metadata: { userId: 'ben' } }]);
    expect(alerts).toEqual([
      expect.objectContaining({
        routes: ['rest'],
        receivers: ['security'],
        notices: ['mail', 'chat'].map((channel) => ({ channel, event: 'opened', due: epoch + 30 * second })),
        suppressed: undefined,
        refused: undefined,
        detections: [],
      }),
      expect.objectContaining({
        routes: ['urgent'],
        receivers: ['oncall', 'security'],
        notices: ['pager', 'mail', 'chat'].map((channel) => ({ channel, event: 'opened', due: epoch })),
      }),
    ]);
  });

  test('joins alerts to incidents in the order of their times, and answers in the order of the script', async () => {
    const { alerts } = await run([{ at: 5_000 }, { at: 0 }, { at: 9_000, metadata: { userId: 'ben' } }]);
    expect(alerts.map(({ incident }) => incident?.count)).toEqual([2, 1, 1]);
    expect(alerts[0]?.incident?.id).toBe(alerts[1]?.incident?.id);
    expect(alerts[0]?.notices.map(({ event }) => event)).toEqual(['updated', 'updated']);
  });

  test('says what holds an alert back: a window, a silence, an inhibition', async () => {
    const silence: Silence = {
      ...{ id: 'the-silence', when: 'source == "sign-in"', author: 'ann', reason: 'test', from: epoch },
      ...{ until: epoch + minute, upTo: MEDIUM, createdAt: epoch },
    };
    const health = { type: 'SYSTEM_HEALTH', metadata: { component: 'db', status: 'down' } };
    const { alerts } = await run(
      [
        { ...health },
        { severity: MEDIUM },
        { severity: MEDIUM, at: 2 * minute, metadata: { userId: 'late' } },
        { type: 'DATA_VIOLATION', metadata: { userId: 'x', resource: 'r', operation: 'o' } },
        { type: 'NOISE', at: 5, metadata: { component: 'a' } },
      ],
      { silences: [silence] },
    );
    expect(alerts.map(({ suppressed }) => suppressed)).toEqual([
      { by: 'maintenance', name: 'move' },
      { by: 'silence', name: 'the-silence' },
      undefined,
      undefined,
      { by: 'inhibition', name: 'database' },
    ]);
    expect(alerts[0]?.notices).toEqual([]);
  });

  test('says who is told later: escalations, and that it became quiet', async () => {
    const { later } = await run([{}, { type: 'NOISE', severity: MEDIUM, metadata: { component: 'a' } }], {
      until: 61 * minute,
    });
    expect(later.map(({ at, why, notices, incident }) => [at - epoch, why, incident.state, notices.length])).toEqual([
      [10 * minute, 'quiet', 'RESOLVED', 2],
      // A fifth of the hour before it runs out.
      [48 * minute, 'due', 'OPEN', 2],
      [60 * minute, 'acknowledge', 'OPEN', 1],
    ]);
  });

  test('what became quiet between two alerts is over when the second comes', async () => {
    const noise = { type: 'NOISE', severity: MEDIUM, metadata: { component: 'a' } };
    const { alerts, later } = await run([noise, { ...noise, at: 30 * minute }, { ...noise, at: 300 * minute }]);
    expect(later.map(({ why }) => why)).toEqual(['quiet', 'quiet']);
    const [first, second, third] = alerts.map(({ incident }) => incident);
    expect([second?.id === first?.id, second?.state, third?.id === first?.id]).toEqual([true, 'OPEN', false]);
  });

  test('says what would not be kept, and what touches no incident', async () => {
    const { alerts } = await run([
      { message: '' },
      { type: 'SYSTEM_HEALTH', metadata: { component: 'db', status: 'recovered' } },
      { severity: AlertSeverity.LOW, metadata: { userId: 'low' } },
    ]);
    expect(alerts[0]?.refused).toMatchObject({ code: 'FIELD_INVALID' });
    expect(alerts[0]?.incident).toBeUndefined();
    expect([alerts[1]?.refused, alerts[1]?.incident]).toEqual([undefined, undefined]);
    expect([alerts[2]?.incident?.count, alerts[2]?.notices, alerts[2]?.routes]).toEqual([1, [], []]);
  });

  test('ends, however often a policy reminds', async () => {
    const reminding = createPolicy(
      policySchema.parse({ ...source, routes: [{ receivers: ['security'], remind_every: '1s' }] }),
    );
    const draft = { type: 'AUTH_FAILURE', severity: HIGH, message: 'm', metadata: { userId: 'a' } };
    const script = { alerts: [{ draft, source: 's', at: epoch }], until: epoch + 365 * 86_400_000 };
    const { later } = await simulate(script, reminding, testPorts().ids);
    expect(later).toHaveLength(10_000);
  });

  test('says what the engine does: the same alerts tell the same channels at the same times', async () => {
    const world = createWorld(policy);
    const script = [
      { at: 0, userId: 'a', severity: HIGH },
      { at: 3, userId: 'b', severity: MEDIUM },
      { at: 7, userId: 'a', severity: CRITICAL },
      { at: 8, userId: 'c', severity: CRITICAL },
    ] as const;
    for (const { at, userId, severity } of script) {
      await world.at(at);
      await world.report({ metadata: { userId }, severity });
    }
    await world.at(29);
    const really = ['mail', 'chat', 'pager'].flatMap((channel) =>
      world.said(channel).map(({ at, event }) => [channel, at, event]),
    );
    await world.stop();
    const { alerts } = await run(
      script.map(({ at, userId, severity }) => ({ at: at * second, metadata: { userId }, severity })),
    );
    const simulated = alerts
      .flatMap(({ notices }) => notices)
      .map(({ channel, due, event }) => [channel, (due - epoch) / second, event] as const)
      .filter(([, at]) => at <= 29);
    const sorted = (list: readonly unknown[]) => list.map((each) => JSON.stringify(each)).sort();
    expect(simulated.map(([channel, at]) => [channel, at]).length).toBe(really.length);
    expect(sorted(simulated.map(([channel, at]) => [channel, at]))).toEqual(
      sorted(really.map(([channel, at]) => [channel, at])),
    );
  });
});
