import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { AlertSeverity } from '@therapytrain/alerts-core';
import { policyOf, read, secrets, told } from './support.ts';

const hook = 'channels:\n  hook:\n    kind: webhook\n';

describe('every fault is told at once, with line, column, and what to write instead:', () => {
  test.each<[string, string, string[]]>([
    [
      'names that are not declared',
      'receivers:\n  a: { channels: [gone], fallback: [lost] }\nroutes:\n  - receivers: [a, nobody]\n    routes:\n      - receivers: [none]\nescalations:\n  HIGH: { receivers: [who] }\n',
      [
        '2:19 receivers.a.channels[0]: is not the name of a channel',
        '2:37 receivers.a.fallback[0]: is not the name of a channel',
        '4:20 routes[0].receivers[1]: is not the name of a receiver',
        '6:21 routes[0].routes[0].receivers[0]: is not the name of a receiver',
        '8:23 escalations.HIGH.receivers[0]: is not the name of a receiver',
      ],
    ],
    [
      'a kind that is not there',
      'channels: { a: { kind: fax } }\n',
      ['1:24 channels.a.kind: is not a kind of channel'],
    ],
    [
      'options of a kind, beside faults elsewhere',
      'channels:\n  a: { kind: email, hots: x }\nretention: { max_age: 1y }\n',
      [
        '2:6 channels.a.host: is missing',
        '2:21 channels.a.hots: is not a key that is known here',
        '3:23 retention.max_age: is not a whole number with a unit (ms, s, m, h, d), such as 30s',
      ],
    ],
    [
      'faults of every sort in one part',
      'channels:\n  a: { kind: email, concurrency: 0 }\n  b: { kind: fax }\nroutes:\n  - { when: nope, receivers: [x, 5], continue: 1 }\nreceivers: { y: { channels: [z], more: 1 } }\n',
      [
        '2:6 channels.a.host: is missing',
        '2:34 channels.a.concurrency: is less than 1',
        '3:14 channels.b.kind: is not a kind of channel',
        '5:13 routes[0].when: unknown name "nope"; known are type, severity, message, source, metadata, fingerprint, dedup_key, occurred_at, received_at, LOW, MEDIUM, HIGH, CRITICAL',
        '5:31 routes[0].receivers[0]: is not the name of a receiver',
        '5:34 routes[0].receivers[1]: is not a text',
        '5:48 routes[0].continue: is not true or false',
        '6:30 receivers.y.channels[0]: is not the name of a channel',
        '6:34 receivers.y.more: is not a key that is known here',
      ],
    ],
    [
      'a secret in clear text',
      `${hook}    url: https://x.example\n`,
      ['4:10 channels.hook.url: is a secret in clear text'],
    ],
    [
      'secrets in clear text, further in',
      `${hook}    url: { env: HOOK_URL }\n    secret: [hunter2, { env: SIGNING }]\n    headers: { authorization: hunter2 }\n`,
      [
        '5:14 channels.hook.secret[0]: is a secret in clear text',
        '6:31 channels.hook.headers.authorization: is a secret in clear text',
      ],
    ],
    [
      'a reference that is none',
      `${hook}    url: { env: HOOK_URL, file: x }\n`,
      ['4:10 channels.hook.url: is not a reference to a secret'],
    ],
    [
      'a variable that is not set',
      `${hook}    url: { env: GONE }\n`,
      ['4:10 channels.hook.url: names the environment variable GONE, which is not set'],
    ],
    [
      'a variable that every object has',
      `${hook}    url: { env: constructor }\n`,
      ['4:10 channels.hook.url: names the environment variable constructor, which is not set'],
    ],
    [
      'a variable that is empty',
      `${hook}    url: { env: EMPTY }\n`,
      ['4:10 channels.hook.url: names the environment variable EMPTY, which is empty'],
    ],
    [
      'files',
      `${hook}    url: { file: /run/gone }\n    secret: { file: /run/empty }\n`,
      [
        '4:10 channels.hook.url: names the file "/run/gone", which cannot be read (ENOENT)',
        '5:13 channels.hook.secret: names the file "/run/empty", which is empty',
      ],
    ],
    [
      'a secret that its channel does not take',
      `${hook}    url: { env: SIGNING }\n`,
      ['4:10 channels.hook.url: is not an https address'],
    ],
    [
      'detections whose parts do not fit',
      `detections:
  - { name: a, group_by: [ipAddress], within: 1m, raise: { type: X, severity: HIGH } }
  - name: b
    group_by: [userId, count, userId]
    count: 10
    distinct_count: { of: userId, at_least: 5 }
    sequence: [{ when: severity == LOW }, { when: severity == HIGH }]
    within: 10m
    cool_down: 5m
    raise: { type: X, severity: HIGH }
  - { name: c, group_by: [], count: 500, within: 1s, late_within: 1h, raise: { type: X, severity: HIGH } }
  - { name: c, group_by: [], count: 2, within: 0s, raise: { type: X, severity: HIGH } }
`,
      [
        '2:5 detections[0]: has no condition: it needs one of count, distinct_count and sequence',
        '4:24 detections[1].group_by[1]: is a key that the alert which is raised has of its own',
        '4:31 detections[1].group_by[2]: is named before',
        '6:21 detections[1].distinct_count: does not go with count: a detection has one condition',
        '6:27 detections[1].distinct_count.of: is a key of group_by: a group has one value of it',
        '7:15 detections[1].sequence: does not go with count: a detection has one condition',
        '9:16 detections[1].cool_down: is shorter than within: the same alerts would be told twice',
        '11:67 detections[2].late_within: is too long: more alerts of a group would have to be remembered than there is room for',
        '12:13 detections[3].name: is the name of a detection before it',
        '12:48 detections[3].within: is no span',
      ],
    ],
    [
      'detections that are none',
      `detections:
  - { name: a b, group_by: userId, count: 1, within: soon, raise: { type: x, severity: WORST, message: "" } }
  - { name: c, when: typo == "X", sequence: [{ when: 'severity' }], within: 1m, raise: { type: X } }
`,
      [
        '2:13 detections[0].name: is not 1 to 64 of letters, digits, ".", "_" and "-", beginning with a letter or a digit',
        '2:28 detections[0].group_by: is not a list',
        '2:43 detections[0].count: is less than 2',
        '2:54 detections[0].within: is not a whole number with a unit (ms, s, m, h, d), such as 30s',
        '2:75 detections[0].raise.type: is not 1 to 64 of A-Z, 0-9 and _, beginning with a letter',
        '2:88 detections[0].raise.severity: is not one of "LOW", "MEDIUM", "HIGH", "CRITICAL"',
        '2:104 detections[0].raise.message: is empty',
        '3:5 detections[1].group_by: is missing',
        '3:22 detections[1].when: unknown name "typo"; known are type, severity, message, source, metadata, fingerprint, dedup_key, occurred_at, received_at, LOW, MEDIUM, HIGH, CRITICAL',
        '3:45 detections[1].sequence: has fewer than two steps',
        '3:55 detections[1].sequence[0].when: an expression must yield a bool, this one yields int',
        '3:88 detections[1].raise.severity: is missing',
      ],
    ],
    [
      'what belongs together',
      'channels: { a: { kind: email, host: h, user: u } }\n',
      ['1:16 channels.a.pass: is needed beside user'],
    ],
    [
      'a LOW escalation without a time',
      'receivers: { a: { channels: [] } }\nescalations: { LOW: { receivers: [a] } }\n',
      ['1:29 receivers.a.channels: names no channel', '2:21 escalations.LOW.acknowledge_within: is missing'],
    ],
    [
      'too many repeats',
      'escalations: { HIGH: { receivers: [], repeats: 11 } }\n',
      ['1:35 escalations.HIGH.receivers: names nobody', '1:48 escalations.HIGH.repeats: is more than 10'],
    ],
    [
      'a time zone, and times that do not fit',
      'maintenance:\n  - { name: a, when: "true", time_zone: Mars/Base, every: { from: "22:00", until: "04:00" } }\n  - { name: b, when: "true", from: 2026-12-02T00:00Z, until: 2026-12-01T00:00Z }\n  - { name: c, when: "true", from: 2026-12-02T00:00 }\n  - { name: d, when: "true" }\n  - { name: e, when: "true", every: { from: "22:00", until: "22:00" } }\n',
      [
        '2:41 maintenance[0].time_zone: is not the name of a time zone, such as Europe/Berlin',
        '3:62 maintenance[1].until: is not after from',
        '4:5 maintenance[2].until: is missing: what has no end would hide alerts for ever',
        '5:5 maintenance[3].from: is missing, and `every` is too',
        '6:5 maintenance[4].time_zone: is missing: `every` is in the time of a place',
        '6:37 maintenance[4].every: ends when it begins; a whole day is from 00:00 until 24:00',
      ],
    ],
    ['an unresolved tag', 'types: !secret hunter2\n', ['1:8 YAML: Unresolved tag']],
    ['a token that YAML would quote', 'a: [hunter2\nb: }hunter2', expect.anything() as never],
    ['an alias of nothing', 'types: {}\nroutes: *hunter2\n', ['2:9 policy: is an alias of nothing']],
    ['what holds itself', 'routes: &r [ { routes: *r } ]\n', ['1:1 policy: is nested deeper than 32 levels']],
    ['what is nested without end', '['.repeat(20_000), ['1:1 policy: is nested too deep']],
    ['a file that is no policy', 'x'.repeat(1024 * 1024 + 1), ['1:1 policy: is longer than 1048576 characters']],
  ])('%s', (_name, text, expected) => {
    const { policy, faults } = read(text);
    expect(policy).toBeUndefined();
    expect(told(faults)).toEqual(expected);
    expect(JSON.stringify(faults)).not.toMatch(/hunter2|signing-secret|token-secret/);
  });

  test('with what is known there, or what belongs there', () => {
    const { faults } = read(
      'rotues: []\nchannels: { a: { kind: email } }\nroutes: [{ receivers: [x], name: 5 }]\nreceivers: { y: { channels: [b] } }\n',
    );
    expect(Object.fromEntries(faults.map(({ path, hint }) => [path, hint]))).toEqual({
      rotues: expect.stringMatching(/^known here: types, channels, receivers, routes, /),
      'channels.a.host': 'The server.',
      'routes[0].receivers[0]': 'declared: y',
      'routes[0].name': 'What it is called in the audit. Default: its place.',
      'receivers.y.channels[0]': 'declared: a',
    });
  });
});

describe('a fault in an expression is told where it is in the file:', () => {
  test.each<[string, string, string]>([
    ['plain', 'routes:\n  - when: severity >= HGIH\n', '2:23 routes[0].when: unknown name "HGIH"'],
    ['in quotes', 'routes:\n  - when: \'type == "x" && nope\'\n', '2:27 routes[0].when: unknown name "nope"'],
    ["with '' in them", "routes:\n  - when: 'type == ''x'' && nope'\n", '2:29 routes[0].when: unknown name "nope"'],
    ['in double quotes', 'routes:\n  - when: "severity > 1 && nope"\n', '2:28 routes[0].when: unknown name "nope"'],
    ['over lines', 'routes:\n  - when: severity > 1\n      && nope\n', '3:10 routes[0].when: unknown name "nope"'],
    [
      'in a block',
      'routes:\n  - when: |\n      severity > 1 &&\n      nope\n',
      '4:7 routes[0].when: unknown name "nope"',
    ],
    ['folded', 'routes:\n  - when: >-\n      severity > 1 &&\n      nope\n', '4:7 routes[0].when: unknown name "nope"'],
    [
      'where it cannot be found, by its place in the expression',
      'routes:\n  - when: "type == \\"x\\" && nope"\n',
      '2:11 routes[0].when: unknown name "nope"',
    ],
  ])('%s', (_name, text, expected) => {
    const [fault] = told(read(text).faults);
    expect(fault?.replace(/; known are.*?(?= \(line|$)/, '').replace(/ \(line 1, column 16\)$/, '')).toBe(expected);
  });
});

describe('secrets', () => {
  const text = `${hook}    url: { env: HOOK_URL }\n    secret: [{ env: SIGNING }, { file: /run/pass }]\n`;
  const revealed = (options: unknown) => {
    const { url, secret } = options as { url: { reveal(): string }; secret: { reveal(): string }[] };
    return [url, ...secret].map((each) => each.reveal());
  };

  test('are had from the environment and from files, without a last line feed, and are not seen', () => {
    const policy = policyOf(text);
    const options = policy.channels.get('hook')?.options;
    expect(revealed(options)).toEqual(['https://hooks.example/token-secret', 'signing-secret', 'file-secret']);
    expect(inspect(policy, { depth: 9 }) + JSON.stringify([...policy.channels])).not.toMatch(/-secret/);
  });

  test('change nothing of the version, for that has them as references', () => {
    const other = { ...secrets, environment: { HOOK_URL: 'https://elsewhere.example', SIGNING: 'other' } };
    expect(read(text, { secrets: other }).policy?.version).toBe(policyOf(text).version);
    expect(policyOf(text.replace('SIGNING', 'HOOK_URL')).version).not.toBe(policyOf(text).version);
  });

  test('need not be there for who only looks', () => {
    const gone = text.replaceAll(/HOOK_URL|SIGNING/g, 'GONE');
    expect(read(gone).faults).toHaveLength(2);
    expect(read(gone, { secrets: undefined }).policy?.channels.has('hook')).toBe(true);
    const literal = read(`${hook}    url: hunter2\n`, { secrets: undefined });
    expect(told(literal.faults)).toEqual(['4:10 channels.hook.url: is a secret in clear text']);
  });
});

test('a policy says what the stages ask', () => {
  const policy = policyOf(`
types:
  A: { title: a, owner: me, runbook: 'https://wiki.example/a', group_by: [k], quiet_after: 1h, metadata: { k: { sensitivity: PUBLIC } } }
channels: { c: { kind: email, host: h, concurrency: 2 }, d: { kind: webhook, url: { env: HOOK_URL } } }
receivers: { r: { channels: [c], fallback: [d] }, s: { channels: [d] } }
routes:
  - name: one
    when: severity >= HIGH
    receivers: [r]
    first_notify_after: 1m
    remind_every: 4h
    continue: true
    routes:
      - { when: type == "A", batch_updates_every: 10m }
      - { name: two, receivers: [s], remind_every: never }
escalations: { CRITICAL: { receivers: [r, s] }, LOW: { acknowledge_within: 7d, receivers: [s], repeats: 0 } }
longest_silence: { LOW: 1d }
incident_link: https://console.example/incidents/
`);
  const [one] = policy.routes;
  expect(one).toMatchObject({ name: 'one', continues: true, receivers: ['r'], batchUpdatesEvery: 300_000 });
  expect(one?.routes[0]).toMatchObject({
    name: 'one/#1',
    receivers: ['r'],
    continues: false,
    firstNotifyAfter: 60_000,
    batchUpdatesEvery: 600_000,
    remindEvery: 14_400_000,
  });
  expect(one?.routes[1]).toMatchObject({ name: 'one/two', when: undefined, receivers: ['s'], remindEvery: undefined });
  expect(policy.receivers.get('r')).toEqual({ name: 'r', channels: ['c'], fallback: ['d'] });
  expect(policy.channels.get('c')).toEqual({ name: 'c', kind: 'email', concurrency: 2, options: { host: 'h' } });
  expect([...policy.escalations]).toEqual([
    [AlertSeverity.LOW, { acknowledgeWithin: 604_800_000, remindBefore: 120_960_000, receivers: ['s'], repeats: 0 }],
    [AlertSeverity.CRITICAL, { acknowledgeWithin: 300_000, remindBefore: 60_000, receivers: ['r', 's'], repeats: 3 }],
  ]);
  expect([...policy.longestSilence.values()]).toEqual([86_400_000, 1_209_600_000, 259_200_000, 14_400_000]);
  expect([policy.groupBy('A'), policy.quietAfter('A'), policy.ownerOf('A')]).toEqual([['k'], 3_600_000, 'me']);
  expect([policy.groupBy('B'), policy.quietAfter('B'), policy.runbookOf('B')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(policy.runbookOf('A')).toBe('https://wiki.example/a');
  expect(policy.incidentLink).toBe('https://console.example/incidents/');
  expect(policy.reopenWithin).toBe(3_600_000);
});

test('what a channel is told at most, and its canary, are no options of its kind', () => {
  const channel = (more: string) => `channels: { c: { kind: email, host: h${more} } }\n`;
  const settings = (more: string) => policyOf(channel(more)).channels.get('c');
  expect(settings('')).toEqual({ name: 'c', kind: 'email', concurrency: 4, options: { host: 'h' } });
  expect(settings(', limit: {}, canary_every: 24h')).toEqual({
    ...{ name: 'c', kind: 'email', concurrency: 4, options: { host: 'h' } },
    limit: { perMinute: 30, burst: 10, digestEvery: 300_000 },
    canaryEvery: 86_400_000,
  });
  expect(settings(', limit: { per_minute: 6, burst: 1, digest_every: 10s }')?.limit).toEqual({
    ...{ perMinute: 6, burst: 1, digestEvery: 10_000 },
  });
  const bad = read(channel(', limit: { per_minute: 0, digest_every: 9s, more: 1 }, canary_every: 59s'));
  expect(told(bad.faults).map((each) => each.replace(/^\S+ /, ''))).toEqual([
    'channels.c.limit.per_minute: is less than 1',
    'channels.c.limit.digest_every: is shorter than 10s',
    'channels.c.limit.more: is not a key that is known here',
    'channels.c.canary_every: is shorter than 1m',
  ]);
});

test('the version goes by what is said, and not by how it is written', () => {
  const [one, two] = ['retention: { max_age: 1h }\nroutes: []\n', '# x\nroutes: []\nretention:\n  max_age: 60m\n'];
  expect(policyOf(one).version).toMatch(/^[0-9a-f]{12}$/);
  expect(policyOf(two).version).toBe(policyOf(one).version);
  expect(policyOf(one.replace('1h', '2h')).version).not.toBe(policyOf(one).version);
});
