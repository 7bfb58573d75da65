import { afterEach, describe, expect, test } from '@jest/globals';
import { AlertSeverity, type Explanation } from '@therapytrain/alerts-core';
import { simulate } from '@therapytrain/alerts-manager';
import { testPorts } from '@therapytrain/alerts-testkit';
import { policyOf } from '../policy/support.ts';
import { createWorld, type World } from './world.ts';

const source = `
channels: { mail: { kind: email, host: h } }
receivers: { team: { channels: [mail] } }
routes: [{ receivers: [team] }]
responders:
  block: { kind: block-address }
  lock: { kind: lock-account }
  end: { kind: end-sessions }
  revoke: { kind: revoke-access }
playbooks:
  - name: attack
    when: type == "BRUTE_FORCE" && severity >= HIGH
    mode: enforce
    approvers: 2
    approve_within: 30m
    steps:
      - { responder: block, target: ipAddress, for: [5m, 1h] }
      - { responder: lock, target: userId, for: 1h }
      - { responder: end, target: userId }
  - name: data
    when: type == "DATA_VIOLATION" && severity == CRITICAL
    steps: [{ responder: revoke, target: userId, resource: resource, for: 1d }]
  - name: watch
    when: type == "DATA_VIOLATION"
    mode: observe
    steps: [{ responder: lock, target: userId, for: 1h }]
guardrails:
  protect:
    addresses: [192.0.2.0/24]
    users: [root]
    groups: { admins: { users: [ada, bo], keep: 1 } }
`;
const policy = policyOf(source);
const inWindow = policyOf(`${source}
maintenance: [{ name: load-test, when: type == "BRUTE_FORCE", from: 2000-01-01T00:00Z, until: 2999-01-01T00:00Z }]
`);

describe('an explanation of what playbooks do', () => {
  let world: World;
  afterEach(() => world.stop());

  const lines = ({ steps }: Pick<Explanation, 'steps'>, indent = ''): readonly string[] =>
    steps.flatMap(({ name, verdict, detail, steps: inner }) => [
      `${indent}${name}: ${verdict}: ${detail}`,
      ...lines({ steps: inner }, `${indent}  `),
    ]);

  const explained = async (
    type: string,
    metadata: Record<string, string>,
    severity: AlertSeverity = AlertSeverity.HIGH,
    of = policy,
  ) => {
    world = createWorld(of);
    const draft = { type, severity, message: 'x', metadata };
    const { steps } = await world.desk.explain({ draft, source: 'sign-in' });
    const own = steps.filter(({ name }) => name.startsWith('playbook ') || name === 'nearest playbook');
    expect(JSON.stringify(own)).not.toMatch(/198\.51|192\.0|ada|anna|root|chart-7/);
    return lines({ steps: own });
  };

  test('names what is acted on, for how long, and how much of it unasked', async () => {
    expect(await explained('BRUTE_FORCE', { ipAddress: '198.51.100.7', userId: 'ada' })).toEqual([
      'playbook attack: yes: matches: type == "BRUTE_FORCE" && severity >= HIGH',
      '  responder block: yes: acts on the address in ipAddress, kind block-address, for 5m, then 1h: it is done unasked',
      '  responder lock: yes: acts on the user in userId, kind lock-account, for 1h: it is done unasked; of the group admins 1 must be left',
      '  responder end: yes: acts on the user in userId, kind end-sessions, for good: people are asked, and it is done if 2 persons approve it within 30m; of the group admins 1 must be left',
      'playbook data: no: not met: type == "DATA_VIOLATION"',
      'playbook watch: no: not met: type == "DATA_VIOLATION"',
    ]);
  });

  test('says that a maintenance window leaves to people what would be done unasked', async () => {
    const metadata = { ipAddress: '198.51.100.7', userId: 'anna' };
    const steps = (await explained('BRUTE_FORCE', metadata, AlertSeverity.HIGH, inWindow)).slice(1, 4);
    const suggested =
      'it is suggested, and done if 2 persons approve it within 30m, in the maintenance window load-test';
    expect(steps).toEqual([
      `  responder block: yes: acts on the address in ipAddress, kind block-address, for 5m, then 1h: ${suggested}`,
      `  responder lock: yes: acts on the user in userId, kind lock-account, for 1h: ${suggested}`,
      expect.stringMatching(/responder end: .* people are asked, and it is done if 2 persons approve it within 30m$/),
    ]);
    const at = world.now();
    const draft = { type: 'BRUTE_FORCE', severity: AlertSeverity.HIGH, message: 'x', metadata };
    for (const [of, mode] of [
      [policy, 'enforce'],
      [inWindow, 'suggest'],
    ] as const) {
      const { alerts } = await simulate({ alerts: [{ draft, source: 'sign-in', at }] }, of, testPorts().ids);
      expect(alerts[0]?.responses.find(({ responder }) => responder === 'block')?.mode).toBe(mode);
    }
  });

  test('says what keeps a step from acting', async () => {
    expect(await explained('BRUTE_FORCE', { ipAddress: '192.0.2.9' })).toEqual([
      'playbook attack: yes: matches: type == "BRUTE_FORCE" && severity >= HIGH',
      '  responder block: no: leaves alone the address in ipAddress: protected_address. It is in a protected range, or holds one.',
      '  responder lock: no: has nothing to act on: userId is not there',
      '  responder end: no: has nothing to act on: userId is not there',
      'playbook data: no: not met: type == "DATA_VIOLATION"',
      'playbook watch: no: not met: type == "DATA_VIOLATION"',
    ]);
  });

  test('says what would have matched if it were worse', async () => {
    expect(await explained('DATA_VIOLATION', { userId: 'anna', resource: 'chart-7', operation: 'read' })).toEqual([
      'playbook attack: no: not met: type == "BRUTE_FORCE"',
      'playbook data: no: not met: severity == CRITICAL',
      'playbook watch: yes: matches: type == "DATA_VIOLATION"',
      '  responder lock: yes: acts on the user in userId, kind lock-account, for 1h: it is only written down',
      'nearest playbook: info: data would also have matched if severity were CRITICAL',
    ]);
  });

  test('speaks of access to a resource, and asks one person', async () => {
    const metadata = { userId: 'anna', resource: 'chart-7', operation: 'read' };
    expect((await explained('DATA_VIOLATION', metadata, AlertSeverity.CRITICAL)).slice(1, 3)).toEqual([
      'playbook data: yes: matches: type == "DATA_VIOLATION" && severity == CRITICAL',
      '  responder revoke: yes: acts on what the user in userId may do with resource, kind revoke-access, for 1d: it is suggested, and done if a person approves it within 1h',
    ]);
  });

  test('says nothing of them where something is over', async () => {
    world = createWorld(policy);
    await world.report({
      type: 'DATA_VIOLATION',
      severity: AlertSeverity.HIGH,
      metadata: { userId: 'anna' },
      dedupKey: 'k',
    });
    const over = {
      type: 'DATA_VIOLATION',
      severity: AlertSeverity.HIGH,
      message: 'x',
      metadata: { resolve: true },
      dedupKey: 'k',
    };
    const { steps } = await world.desk.explain({ draft: over, source: 'sign-in' });
    expect(steps.some(({ name }) => name === 'incident')).toBe(true);
    expect(steps.filter(({ name }) => name.startsWith('playbook '))).toEqual([]);
  });
});
