import { describe, expect, test } from '@jest/globals';
import { casesOf, createPolicy, policySchema, runCase } from '@therapytrain/alerts-manager';
import { testPorts } from '@therapytrain/alerts-testkit';
import { policyOf } from './support.ts';

const policy = createPolicy(
  policySchema.parse({
    channels: { mail: { kind: 'email' }, pager: { kind: 'pagerduty' } },
    receivers: { team: { channels: ['mail'] }, oncall: { channels: ['pager'] } },
    routes: [{ name: 'all', receivers: ['team'] }],
    escalations: { HIGH: { acknowledge_within: '1h', receivers: ['oncall'] } },
  }),
);

const failuresOf = async (cases: string) => {
  const { value, faults } = casesOf(`policy: p.yaml\ncases:\n${cases}`);
  if (!value) throw new Error(JSON.stringify(faults));
  const results = await Promise.all(value.cases.map((each) => runCase(each, policy, testPorts().ids)));
  return results.map(({ failures }) => failures.map(({ what, expected, actual }) => `${what}: ${expected}/${actual}`));
};

const alert = '{ type: AUTH_FAILURE, severity: HIGH, metadata: { userId: a } }';

describe('cases of a policy', () => {
  test('pass where everything that is said is so, in any order', async () => {
    const text = `- { name: one, alerts: [${alert}], until: +2h, expect: { receivers: [team], channels: [pager, mail] } }`;
    expect(await failuresOf(text)).toEqual([[]]);
  });

  test.each([
    ['receivers: []', 'receivers: none/team'],
    ['channels: [mail, pager]', 'channels: mail, pager/mail'],
    ['routes: [other]', 'routes: other/all'],
    ['suppressed_by: night', 'suppressed_by: night/none'],
    ['detections: [many]', 'detections: many/none'],
    ['refused: FIELD_INVALID', 'refused: FIELD_INVALID/none'],
    ['incident: null', 'incident: none/state OPEN, severity HIGH, alerts 1'],
    ['incident: { alerts: 2 }', 'incident: alerts 2/alerts 1'],
    ['incidents: 2', 'incidents: 2/1'],
    ['responses: [{ playbook: p, responder: block, mode: enforce }]', 'responses: p: enforce block/none'],
  ])('tell that %s is not so', async (expectation, failure) => {
    expect(await failuresOf(`- { name: one, alerts: [${alert}], expect: { ${expectation} } }`)).toEqual([[failure]]);
  });

  test('tell which alert did something else', async () => {
    const second = alert.replace('HIGH', 'HIGH, at: +1m, expect: { incident: { alerts: 1 } }');
    expect(await failuresOf(`- { name: one, alerts: [${alert}, ${second}] }`)).toEqual([
      ['alerts[1] incident: alerts 1/alerts 2'],
    ]);
  });

  test('are read with every fault, its line and column, and without a value', () => {
    const { value, faults } = casesOf(
      [
        'policy: p.yaml',
        'cases:',
        '  - name: one',
        '    now: yesterday-of-anna',
        '    alerts:',
        '      - { type: AUTH_FAILURE, severity: WORST, at: later }',
        '    expect: { receiver: [x] }',
        '  - name: two',
        '    alerts: []',
        '    silences: [{ name: s, when: nope( }]',
      ].join('\n'),
    );
    expect(value).toBeUndefined();
    expect(faults.map(({ line, column, path }) => [line, column, path])).toEqual([
      [4, 10, 'cases[0].now'],
      [6, 41, 'cases[0].alerts[0].severity'],
      [6, 52, 'cases[0].alerts[0].at'],
      [7, 15, 'cases[0].expect.receiver'],
      [9, 13, 'cases[1].alerts'],
      [10, 37, 'cases[1].silences[0].when'],
    ]);
    expect(JSON.stringify(faults)).not.toMatch(/anna|WORST|later/);
  });
});

describe('cases of playbooks', () => {
  const acting = policyOf(`
responders:
  block: { kind: block-address }
  lock: { kind: lock-account }
  end: { kind: end-sessions }
detections:
  - { name: many, when: type == "AUTH_FAILURE", group_by: [ipAddress], count: 2, within: 1m, raise: { type: MANY, severity: HIGH } }
playbooks:
  - name: attack
    when: type == "MANY"
    mode: enforce
    approvers: 1
    steps: [{ responder: block, target: ipAddress, for: 1h }, { responder: end, target: userId }]
  - name: watch
    when: type == "AUTH_FAILURE" && severity == CRITICAL
    mode: observe
    steps: [{ responder: lock, target: userId, for: 1h }]
guardrails: { protect: { addresses: [192.0.2.9], users: [root] } }
`);
  const failed = async (alerts: string, responses: string) => {
    const { value, faults } = casesOf(
      `policy: p.yaml\ncases: [{ name: one, alerts: [${alerts}], expect: { responses: [${responses}] } }]`,
    );
    const [only] = value?.cases ?? [];
    if (!only) throw new Error(JSON.stringify(faults));
    return (await runCase(only, acting, testPorts().ids)).failures;
  };
  const login = (metadata: string, more = '') => `{ type: AUTH_FAILURE, metadata: { ${metadata} }${more} }`;

  test.each([
    ['one alert does not set off what a detection must', login('userId: a, ipAddress: 192.0.2.1'), ''],
    [
      'many do, and what has nothing to act on is left out',
      login('userId: a, ipAddress: 192.0.2.1', ', times: 2'),
      '{ playbook: attack, responder: block, mode: enforce }',
    ],
    ['a protected address is left alone', login('userId: a, ipAddress: 192.0.2.9', ', times: 2'), ''],
    [
      'what only watches says so',
      login('userId: a', ', severity: CRITICAL'),
      '{ playbook: watch, responder: lock, mode: observe }',
    ],
    ['a protected user is left alone', login('userId: root', ', severity: CRITICAL'), ''],
    ['what is over is nothing to act on', login('userId: a, resolve: true', ', severity: CRITICAL, dedup_key: k'), ''],
  ])('%s', async (_, alerts, responses) => {
    expect(await failed(alerts, responses)).toEqual([]);
  });

  test('what is not expected is told', async () => {
    const alerts = login('userId: a, ipAddress: 192.0.2.1', ', times: 2');
    expect(await failed(alerts, '{ playbook: attack, responder: block, mode: suggest }')).toEqual([
      { what: 'responses', expected: 'attack: suggest block', actual: 'attack: enforce block' },
    ]);
  });
});
