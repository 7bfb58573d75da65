import { describe, expect, test } from '@jest/globals';
import { policyDifference } from '@therapytrain/alerts-manager';
import { policyOf } from './support.ts';

const before = `
responders:
  block: { kind: block-address }
  slow: { kind: throttle-address }
  lock: { kind: lock-account }
playbooks:
  - name: brute
    when: type == "AUTH_FAILURE"
    mode: approve
    approvers: 2
    steps:
      - { responder: block, target: ipAddress, for: [5m, 1h] }
      - { responder: slow, target: ipAddress, for: 1h, args: { per_minute: 30 } }
guardrails:
  protect:
    addresses: [198.51.100.0/24, 192.0.2.7]
    users: [anna.berg, robin.roe]
    groups: { admins: { users: [ada, bo, cy], keep: 2 } }
`;

const differences = (...edits: readonly (readonly [string, string])[]): readonly string[] => {
  const after = edits.reduce((text, [from, to]) => {
    expect(text).toContain(from);
    return text.replace(from, to);
  }, before);
  return policyDifference(policyOf(before), policyOf(after)).map(({ kind, text }) => `${kind}: ${text}`);
};

const addresses = 'addresses: [198.51.100.0/24, 192.0.2.7]';
const users = 'users: [anna.berg, robin.roe]';
const step = '      - { responder: block, target: ipAddress, for: [5m, 1h] }\n';

describe('what another policy does otherwise about what it does itself:', () => {
  test.each<[string, readonly (readonly [string, string])[], string[]]>([
    ['nothing', [['mode: approve', 'mode: approve # so']], []],
    [
      'a playbook enforces now',
      [['mode: approve', 'mode: enforce']],
      ['doubtful: the playbook brute now enforces, where it asked'],
    ],
    [
      'a playbook does less',
      [['mode: approve', 'mode: observe']],
      ['changed: the playbook brute now only observes, where it asked'],
    ],
    [
      'a playbook is gone',
      [['name: brute', 'name: other']],
      ['lost: the playbook brute is gone', 'gained: the playbook other is new: it asks'],
    ],
    [
      'a new one enforces at once',
      [
        [
          'playbooks:\n',
          'playbooks:\n  - { name: new, when: severity == LOW, mode: enforce, steps: [{ responder: lock, target: userId, for: 1h }] }\n',
        ],
      ],
      ['doubtful: the playbook new is new: it enforces'],
    ],
    [
      'its condition, and fewer who approve',
      [
        ['when: type == "AUTH_FAILURE"', 'when: type != "SYSTEM_HEALTH"'],
        ['approvers: 2', 'approve_within: 2h'],
      ],
      [
        'doubtful: the playbook brute has another condition',
        'doubtful: the playbook brute is approved by 1, not by 2',
        'changed: the playbook brute is approved within 2h, not 1h',
      ],
    ],
    [
      'its steps',
      [
        [step, '      - { responder: lock, target: userId, for: 1d }\n'],
        ['per_minute: 30', 'per_minute: 90'],
        ['for: 1h,', 'for: 2h,'],
      ],
      [
        'doubtful: the playbook brute no longer has block on ipAddress',
        'gained: the playbook brute also has lock on userId',
        'changed: the playbook brute has slow on ipAddress for 2h, not for 1h',
        'changed: the playbook brute has slow on ipAddress with other arguments',
      ],
    ],
    [
      'more that may be acted on, and less',
      [
        ['block: { kind: block-address }', 'block: { kind: block-address, budget: { targets: 100 } }'],
        ['mode: approve', 'mode: approve\n    also_old: true\n    budget: { window: 2h }'],
      ],
      [
        'doubtful: the playbook brute also acts on old alerts',
        'doubtful: the responder block acts on 100 in 1h, not 20 in 1h',
        'changed: the playbook brute acts on 10 in 2h, not 10 in 1h',
      ],
    ],
    [
      'a range that is no longer protected',
      [[addresses, 'addresses: [192.0.2.7]']],
      ['lost: the range 198.51.100.0/24 is no longer protected'],
    ],
    [
      'a range of which a part is',
      [[addresses, 'addresses: [198.51.100.0/25, 192.0.2.7]']],
      ['lost: the range 198.51.100.0/24 is no longer protected'],
    ],
    [
      'a range that is in a wider one',
      [[addresses, 'addresses: [198.51.0.0/15, 192.0.2.7]']],
      ['gained: the range 198.50.0.0/15 is protected now'],
    ],
    [
      'persons are counted, not named',
      [
        [addresses, 'addresses: [198.51.100.0/24]'],
        [users, 'users: [ANNA.berg, x, y]'],
      ],
      [
        'lost: 1 address is no longer protected',
        'lost: 1 user is no longer protected',
        'gained: 2 users are protected now',
      ],
    ],
    [
      'a group that nobody must be left of',
      [['groups: { admins: { users: [ada, bo, cy], keep: 2 } }', 'groups: {}']],
      ['lost: the last of the group admins are no longer protected'],
    ],
    [
      'a group that changes',
      [['[ada, bo, cy], keep: 2', '[ada, bo, dee], keep: 1']],
      ['doubtful: the group admins has other users', 'doubtful: of the group admins 1 must be left, not 2'],
    ],
    [
      'all other guardrails',
      [
        [
          'guardrails:\n  protect:\n',
          'guardrails:\n  budget: { targets: 60 }\n  weaponised: { users: 3 }\n  grace: 1h\n  decay: 1d\n  fresh_for: 1h\n  wide_needs_approval: false\n  protect:\n    widest: { ipv4: 8, ipv6: 48 }\n',
        ],
      ],
      [
        'doubtful: ranges of ipv4 are acted on up to /8, not up to /16',
        'doubtful: all playbooks together act on 60 in 1h, not 50 in 1h',
        'doubtful: what a person took back is left alone for 1h, not 1d',
        'doubtful: alerts cause responses for 1h, not 15m',
        'doubtful: ranges of addresses are acted on without two persons who approve it',
        'changed: ranges of ipv6 are acted on up to /48, not up to /32',
        'changed: responses are taken for an attack by themselves above 3 in 10m, not 5 in 10m',
        'changed: a ladder begins anew after 1d, not 7d',
      ],
    ],
    [
      'a responder of another kind',
      [
        ['slow: { kind: throttle-address }', 'slow: { kind: block-address }'],
        [', args: { per_minute: 30 }', ''],
      ],
      [
        'doubtful: the responder slow is of kind block-address, not throttle-address',
        'changed: the playbook brute has slow on ipAddress with other arguments',
      ],
    ],
  ])('%s', (_, edits, expected) => expect(differences(...edits)).toEqual(expected));
});
