import { describe, expect, test } from '@jest/globals';
import { Secret } from '@therapytrain/alerts-core/channel';
import { createPolicy, policySchema } from '@therapytrain/alerts-manager';
import { policyOf, read, told } from './support.ts';

const head = `
responders:
  block: { kind: block-address }
  slow: { kind: throttle-address }
  lock: { kind: lock-account }
  revoke: { kind: revoke-access }
  end: { kind: end-sessions }
`;

const step = (text: string, more = ''): string =>
  `playbooks:\n  - { name: p, when: type == "AUTH_FAILURE", ${more}steps: [${text}] }\n`;

const good = '{ responder: block, target: ipAddress, for: 1h }';

describe('a playbook that is wrong is told where, and what to write instead:', () => {
  test.each<[string, string, string[], string]>([
    [
      'a responder that is not declared',
      step('{ responder: nope, target: ipAddress, for: 1h }'),
      ['9:67 playbooks[0].steps[0].responder: is not the name of a responder'],
      'declared: block, slow, lock, revoke, end',
    ],
    [
      'a key that no type declares',
      step('{ responder: block, target: ip, for: 1h }'),
      ['9:82 playbooks[0].steps[0].target: is a metadata key that no type declares'],
      'declared: attempts, component, endpoint, ipAddress, method, operation, reason, requestCount, resource, status, userId',
    ],
    [
      'no duration of what can be taken back',
      step('{ responder: block, target: ipAddress }'),
      ['9:54 playbooks[0].steps[0].for: is missing: what block does has an end'],
      'write for: 1h, or a ladder: [5m, 1h, 24h]',
    ],
    [
      'a duration of what cannot be taken back',
      step('{ responder: end, target: userId, for: 1h }'),
      ['9:93 playbooks[0].steps[0].for: is of no use: nothing takes back what end does'],
      'take it out',
    ],
    [
      'access to no resource',
      step('{ responder: revoke, target: userId, for: 1h }'),
      ['9:54 playbooks[0].steps[0].resource: is missing: revoke acts on the access to a resource'],
      'name the metadata key that holds it, such as resource: resource',
    ],
    [
      'a resource of a whole user',
      step('{ responder: lock, target: userId, resource: resource, for: 1h }'),
      ['9:99 playbooks[0].steps[0].resource: is of no use: lock acts on no resource'],
      'take it out',
    ],
    [
      'a ladder that goes down',
      step('{ responder: block, target: ipAddress, for: [1h, 5m] }'),
      ['9:103 playbooks[0].steps[0].for[1]: is not longer than the one before it'],
      '',
    ],
    [
      'a rung of more than a month',
      step('{ responder: block, target: ipAddress, for: [1h, 31d] }'),
      ['9:103 playbooks[0].steps[0].for[1]: is longer than 30d'],
      '',
    ],
    [
      'a span that is none',
      step('{ responder: block, target: ipAddress, for: soon }'),
      [
        '9:98 playbooks[0].steps[0].for: is neither a span such as 1h nor a list of 1 to 10 spans such as [5m, 1h, 24h]',
      ],
      '',
    ],
    [
      'no duration at all',
      step('{ responder: block, target: ipAddress, for: 0s }'),
      ['9:98 playbooks[0].steps[0].for: is shorter than 1s'],
      '',
    ],
    [
      'an argument that the responder does not know',
      step('{ responder: block, target: ipAddress, for: 1h, args: { hard: true } }'),
      ['9:110 playbooks[0].steps[0].args.hard: is not a key that is known here'],
      '',
    ],
    [
      'an argument that is out of bounds',
      step('{ responder: slow, target: ipAddress, for: 1h, args: { per_minute: 0 } }'),
      ['9:121 playbooks[0].steps[0].args.per_minute: is less than 1'],
      'Requests a minute.',
    ],
    [
      'enforcing what nothing takes back, without a person',
      step('{ responder: end, target: userId }', 'mode: enforce, '),
      ['9:52 playbooks[0].mode: needs approvers beside it: nothing takes back what end does'],
      'write approvers: 1 or 2, who are asked for that step, or mode: approve',
    ],
    [
      'a mode that there is not',
      step(good, 'mode: always, '),
      ['9:52 playbooks[0].mode: is not one of "observe", "suggest", "approve", "enforce"'],
      '',
    ],
    ['no step', step(''), ['9:53 playbooks[0].steps: has no step'], ''],
    [
      'a name twice',
      `playbooks:\n  - &p { name: p, when: 'true', steps: [${good}] }\n  - *p\n`,
      ['10:5 playbooks[1].name: is the name of a playbook before it'],
      '',
    ],
    [
      'a protected range that is none',
      'guardrails: { protect: { addresses: [10.0.0.0/8, 10.0.0.1/40] } }\n',
      ['8:50 guardrails.protect.addresses[1]: is not an address or a range such as 10.0.0.0/8'],
      '',
    ],
    [
      'more to keep than there are',
      'guardrails: { protect: { groups: { admins: { users: [a, a], keep: 2 } } } }\n',
      ['8:67 guardrails.protect.groups.admins.keep: is more than the group has users'],
      '',
    ],
    ['a grace without end', 'guardrails: { grace: 60d }\n', ['8:22 guardrails.grace: is longer than 30d'], ''],
  ])('%s', (_, text, expected, hint) => {
    const { faults, policy } = read(head + text);
    expect(told(faults)).toEqual(expected);
    expect(policy).toBeUndefined();
    if (hint) expect(faults[0]?.hint).toBe(hint);
  });

  test('a key that only a detection knows is known', () => {
    const detection = `detections: [{ name: d, group_by: [gate], count: 3, within: 1m, raise: { type: X, severity: LOW } }]\n`;
    expect(read(head + step('{ responder: block, target: gate, for: 1h }') + detection).faults).toEqual([]);
  });

  test('a kind that there is not, and no further fault because of it', () => {
    const text = `responders: { a: { kind: nuke } }\n${step('{ responder: a, target: userId }')}`;
    const { faults } = read(text);
    expect(told(faults)).toEqual(['1:26 responders.a.kind: is not a kind of responder']);
    expect(faults[0]?.hint).toBe(
      'known: block-address, throttle-address, lock-account, revoke-access, end-sessions, webhook-action',
    );
  });

  test('what a responder acts on may be said by its options, though one of them is wrong or not known', () => {
    const hook = (secret: string) =>
      `responders: { hook: { kind: webhook-action, url: 'https://x.example', secret: ${secret}, target: access } }\n${step('{ responder: hook, target: userId, for: 1h, args: { action: mark } }')}`;
    const missing = 'playbooks[0].steps[0].resource: is missing: hook acts on the access to a resource';
    expect(told(read(hook('{ env: SIGNING }')).faults)).toEqual([`3:54 ${missing}`]);
    expect(told(read(hook('{ env: SIGNING }'), { secrets: undefined }).faults)).toEqual([`3:54 ${missing}`]);
    expect(told(read(hook('clear')).faults)).toEqual([
      '1:79 responders.hook.secret: is a secret in clear text',
      `3:54 ${missing}`,
    ]);
    const whole = hook('{ env: SIGNING }').replace('userId,', 'userId, resource: resource,');
    expect(policyOf(whole).responders.get('hook')).toMatchObject({ target: 'access' });
  });

  test('none of it says a value', () => {
    const text = `responders: { a: { kind: webhook-action, url: 'https://x.example', secret: hunter2 } }\nguardrails: { protect: { addresses: [sesame], users: [''] } }\n`;
    const { faults } = read(text);
    expect(told(faults)).toEqual([
      '1:76 responders.a.secret: is a secret in clear text',
      '2:38 guardrails.protect.addresses[0]: is not an address or a range such as 10.0.0.0/8',
      '2:55 guardrails.protect.users[0]: is empty',
    ]);
    expect(JSON.stringify(faults)).not.toMatch(/hunter2|sesame/);
  });
});

describe('a policy with responses', () => {
  const whole = `
responders:
  block: { kind: block-address, budget: { targets: 3, window: 10m } }
  slow: { kind: throttle-address }
  end: { kind: end-sessions }
  hook: { kind: webhook-action, url: 'https://x.example', secret: { env: SIGNING } }
playbooks:
  - name: brute-force
    when: type == "AUTH_FAILURE"
    mode: enforce
    approvers: 2
    steps:
      - { responder: block, target: ipAddress, for: [5m, 1h] }
      - { responder: slow, target: ipAddress, for: 1h }
      - { responder: end, target: userId }
      - { responder: hook, target: userId, for: 1d, args: { action: mark } }
guardrails:
  protect:
    addresses: [192.0.2.0/24]
    users: [root]
    groups: { admins: { users: [ada, bo, ada] } }
`;

  test('is read with what it does not say', () => {
    const { playbooks, guardrails, responders } = policyOf(whole);
    expect(playbooks).toMatchObject([
      {
        name: 'brute-force',
        mode: 'enforce',
        approvers: 2,
        approveWithin: 3_600_000,
        budget: { targets: 10, window: 3_600_000 },
        alsoOld: false,
        steps: [
          { responder: 'block', mode: 'enforce', ladder: [300_000, 3_600_000], args: {} },
          { responder: 'slow', mode: 'enforce', ladder: [3_600_000], args: { per_minute: 60 } },
          { responder: 'end', mode: 'approve', ladder: [] },
          { responder: 'hook', mode: 'enforce', ladder: [86_400_000], args: { action: 'mark' } },
        ],
      },
    ]);
    expect(responders.get('block')).toMatchObject({
      kind: 'block-address',
      target: 'address',
      reversible: true,
      budget: { targets: 3, window: 600_000 },
      options: {},
    });
    expect(responders.get('end')).toMatchObject({ reversible: false, budget: { targets: 20, window: 3_600_000 } });
    expect(guardrails).toMatchObject({
      budget: { targets: 50, window: 3_600_000 },
      weaponised: { targets: 5, window: 600_000 },
      grace: 86_400_000,
      decay: 604_800_000,
      freshFor: 900_000,
      wideNeedsApproval: true,
    });
  });

  test('has its secrets resolved, and shows none', () => {
    const hook = policyOf(whole).responders.get('hook');
    const secret = hook?.options['secret'];
    expect(secret).toBeInstanceOf(Secret);
    expect((secret as Secret).reveal()).toBe('signing-secret');
    expect(JSON.stringify(hook)).not.toContain('signing-secret');
  });

  test('knows who is protected, and of which group somebody must be left', () => {
    const { guardrails } = policyOf(whole);
    expect(guardrails.protects({ kind: 'user', value: 'root', resource: '' })).toBeDefined();
    expect(guardrails.protects({ kind: 'access', value: 'root', resource: 'records' })).toBeDefined();
    expect(guardrails.protects({ kind: 'user', value: 'ada', resource: '' })).toBeUndefined();
    expect(guardrails.protects({ kind: 'address', value: '192.0.2.0/24', resource: '' })).toBeDefined();
    expect(guardrails.keepers('bo')).toEqual([{ group: 'admins', keep: 1, users: ['ada', 'bo'] }]);
    expect(guardrails.keepers('root')).toEqual([]);
  });

  test('is another version with each word that matters', () => {
    const version = (text: string): string => policyOf(text).version;
    expect(version(whole)).toBe(version(`# a comment\n${whole}`));
    const others = [
      whole.replace('mode: enforce', 'mode: approve'),
      whole.replace('[5m, 1h]', '[5m, 2h]'),
      whole.replace('users: [root]', 'users: []'),
      whole.replace('targets: 3', 'targets: 4'),
    ];
    expect(new Set([whole, ...others].map(version)).size).toBe(5);
  });

  test('cannot be made where a step does not go with its responder, nor without the kinds', () => {
    const settings = (steps: object) =>
      policySchema.parse({
        responders: { block: { kind: 'block-address' } },
        playbooks: [{ name: 'p', when: 'true', steps: [steps] }],
      });
    const bare = settings({ responder: 'block', target: 'ipAddress', for: '1h' });
    expect(() => createPolicy(bare)).toThrow(expect.objectContaining({ code: 'POLICY_INVALID' }));
  });
});
