import { describe, expect, test } from '@jest/globals';
import { defaultPolicy, policyDifference } from '@therapytrain/alerts-manager';
import { policyOf } from './support.ts';

const before = `
channels: { mail: { kind: email, host: h }, hook: { kind: webhook, url: { env: HOOK_URL } } }
receivers: { people: { channels: [mail] }, both: { channels: [mail, hook] } }
routes:
  - { name: data, when: 'type == "DATA_VIOLATION" && severity == CRITICAL', receivers: [both] }
  - { name: user, when: 'has(metadata.userId) && metadata.userId == "root"', receivers: [both] }
  - { name: rest, receivers: [people] }
escalations: { CRITICAL: { receivers: [both] } }
inhibitions: [{ name: i, source: severity == CRITICAL, target: severity == LOW }]
detections:
  - { name: d, group_by: [ipAddress], when: 'type == "AUTH_FAILURE"', count: 10, within: 1m, raise: { type: X, severity: HIGH } }
maintenance: [{ name: m, when: severity == LOW, from: 2026-01-01T00:00Z, until: 2026-01-02T00:00Z }]
`;

const differences = (...edits: readonly (readonly [string, string])[]): readonly string[] => {
  const after = edits.reduce((text, [from, to]) => {
    expect(text).toContain(from);
    return text.replace(from, to);
  }, before);
  return policyDifference(policyOf(before), policyOf(after)).map(({ kind, text }) => `${kind}: ${text}`);
};

describe('what another policy does otherwise, in sentences:', () => {
  test.each<[string, readonly (readonly [string, string])[], string[]]>([
    ['nothing', [], []],
    ['what is only written otherwise', [['routes:', '# so\nroutes:  # and so']], []],
    [
      'who is no longer reached',
      [["severity == CRITICAL', receivers: [both]", "severity == CRITICAL', receivers: [people]"]],
      [
        'lost: CRITICAL DATA_VIOLATION no longer reaches hook (webhook)',
        'doubtful: the route data tells people, not both',
      ],
    ],
    [
      'who is reached now',
      [['{ name: rest, receivers: [people]', '{ name: rest, receivers: [both]']],
      [
        'gained: CRITICAL AUTH_FAILURE now reaches hook (webhook)',
        'gained: CRITICAL UNUSUAL_ACCESS now reaches hook (webhook)',
        'gained: CRITICAL RATE_LIMIT_BREACH now reaches hook (webhook)',
        'gained: CRITICAL SYSTEM_HEALTH now reaches hook (webhook)',
        'gained: CRITICAL X now reaches hook (webhook)',
        'gained: HIGH of every type now reaches hook (webhook)',
        'gained: MEDIUM of every type now reaches hook (webhook)',
        'gained: LOW of every type now reaches hook (webhook)',
        'changed: the route rest tells both, not people',
      ],
    ],
    ['what depends on metadata', [['"root"', '"admin"']], ['doubtful: the route user has another condition']],
    ['a route that is gone', [[/.*name: user.*\n/.exec(before)?.[0] ?? '', '']], ['doubtful: the route user is gone']],
    [
      'timings',
      [['{ name: rest,', '{ name: rest, first_notify_after: 90s, batch_updates_every: 1h, remind_every: 1d,']],
      [
        'changed: the route rest waits 90s before the first notice, not 0s',
        'changed: the route rest tells news every 1h at most, not every 5m',
        'changed: the route rest reminds every 1d, not never',
      ],
    ],
    [
      'escalations',
      [
        [
          'CRITICAL: { receivers: [both] }',
          'CRITICAL: { receivers: [people], acknowledge_within: 10m }, HIGH: { receivers: [both] }',
        ],
      ],
      [
        'doubtful: CRITICAL is escalated to people, not to both',
        'gained: HIGH is escalated to both after 1h',
        'changed: CRITICAL must be acknowledged within 10m, not 5m',
        'changed: CRITICAL is reminded of 2m ahead, not 1m',
      ],
    ],
    [
      'what is held back',
      [
        ['target: severity == LOW', 'target: severity < HIGH'],
        ['until: 2026-01-02', 'until: 2026-01-03'],
      ],
      ['doubtful: the inhibition i holds other notices back', 'doubtful: the maintenance m holds other notices back'],
    ],
    [
      'what is detected',
      [
        ['count: 10, within: 1m', 'count: 20, within: 1m, cool_down: 1h, late_within: 1m'],
        ['raise: { type: X, severity: HIGH }', 'raise: { type: X, severity: LOW, message: Hm }'],
      ],
      [
        'doubtful: the detection d looks for something else',
        'doubtful: the detection d raises X as LOW, not X as HIGH',
        'changed: the detection d rests for 1h, not 15m',
        'changed: the detection d waits for late alerts for 1m, not 5m',
        'changed: the detection d says something else',
        'changed: the type X is declared otherwise',
      ],
    ],
    [
      'a detection in place of another',
      [['name: d,', 'name: e,']],
      [
        'lost: the detection d is gone',
        'gained: the detection e is new: it raises X as HIGH',
        'changed: the type X is declared otherwise',
      ],
    ],
    [
      'channels',
      [
        ['host: h }', 'host: other, concurrency: 8 }'],
        ['people: { channels: [mail] }', 'people: { channels: [mail], fallback: [hook] }'],
      ],
      [
        'doubtful: the channel mail has other options',
        'changed: the fallback of the receiver people is hook, not nobody',
        'changed: the channel mail has 8 deliveries at once, not 4',
      ],
    ],
    [
      'what channels are told',
      [['host: h }', 'host: h, limit: { burst: 5 }, canary_every: 1d }']],
      [
        'changed: the channel mail is told 30 notices a minute, 5 at once, and the rest every 5m, not all notices by themselves',
        'changed: the channel mail has a canary every 1d, not never',
      ],
    ],
    [
      'spans and types',
      [['routes:', 'types: { A: { title: a } }\nreopen_within: 2h\nretention: { max_age: 30d }\nroutes:']],
      [
        'changed: the type A is new',
        'changed: an incident is opened again within 2h, not 1h',
        'changed: alerts are kept for 30d, not ever',
      ],
    ],
  ])('%s', (_name, edits, expected) => expect(differences(...edits)).toEqual(expected));

  test('a policy in place of none, and none in place of one', () => {
    const kinds = (changes: ReturnType<typeof policyDifference>) => new Set(changes.map(({ kind }) => kind));
    expect(kinds(policyDifference(defaultPolicy, policyOf(before))).has('lost')).toBe(false);
    expect(kinds(policyDifference(policyOf(before), defaultPolicy)).has('lost')).toBe(true);
    expect(policyDifference(policyOf(before), policyOf(before))).toEqual([]);
  });
});
