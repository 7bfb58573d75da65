import { describe, expect, test } from '@jest/globals';
import { read, told } from './support.ts';

const head = `
channels: { mail: { kind: email, host: h }, mail2: { kind: email, host: i }, hook: { kind: webhook, url: { env: HOOK_URL } } }
receivers: { both: { channels: [mail, hook] }, mails: { channels: [mail, mail2] } }
`;

const lintsIn = (text: string): readonly string[] => {
  const { faults, lints } = read(head + text);
  expect(faults).toEqual([]);
  return told(lints);
};

const rest = '  - receivers: [both]\nescalations: { HIGH: { receivers: [mails] } }\n';

const detection = (severity: string): string =>
  `detections:\n  - { name: d, group_by: [ipAddress], when: 'type == "AUTH_FAILURE"', count: 3, within: 1m, raise: { type: X, severity: ${severity} } }\n`;

describe('what is probably not meant:', () => {
  test.each<[string, string, string[]]>([
    ['nothing', `routes:\n${rest}`, []],
    [
      'a route that is never reached',
      `routes:\n  - receivers: [both]\n  - when: severity == LOW\n    receivers: [mails]\n`,
      ['6:5 routes[1]: is never reached: #1 before it takes everything'],
    ],
    [
      'nor one after a condition that is always true, further in',
      `routes:\n  - receivers: [both]\n    routes:\n      - { name: all, when: 'true ' }\n      - receivers: [mails]\n`,
      ['8:9 routes[0].routes[1]: is never reached: all before it takes everything'],
    ],
    ['a route that goes on hides nothing', `routes:\n  - { receivers: [both], continue: true }\n${rest}`, []],
    [
      'a route that is shadowed',
      `routes:\n  - { name: x, when: severity  == LOW, receivers: [mails] }\n  - { when: severity == LOW, receivers: [both] }\n${rest}`,
      ['6:5 routes[1]: is shadowed: x before it has the same condition'],
    ],
    [
      'a route that tells nobody',
      `routes:\n  - when: severity == LOW\n  - { when: severity == MEDIUM, receivers: [] }\n${rest}`,
      ['5:5 routes[0]: tells nobody'],
    ],
    [
      'receivers and channels that are never used',
      `routes:\n  - receivers: [both]\n`,
      ['3:48 receivers.mails: is never used'],
    ],
    [
      'severities without a route',
      `routes:\n  - { when: 'severity >= HIGH && type != "SYSTEM_HEALTH"', receivers: [both] }\n  - { when: severity == MEDIUM, receivers: [mails] }\n`,
      [
        '5:3 routes: CRITICAL of SYSTEM_HEALTH has no route, unless its metadata says more',
        '5:3 routes: HIGH of SYSTEM_HEALTH has no route, unless its metadata says more',
        '5:3 routes: LOW of every type has no route, unless its metadata says more',
      ],
    ],
    [
      'CRITICAL with one kind of leg',
      `routes:\n  - { when: type == "AUTH_FAILURE", receivers: [mails] }\n  - receivers: [both]\n`,
      ['5:3 routes: CRITICAL of AUTH_FAILURE reaches only mail (email) and mail2 (email)'],
    ],
    [
      'a silence without end',
      `routes:\n${rest}maintenance:\n  - { name: m, when: 'severity == LOW', time_zone: UTC, every: { from: '00:00', until: '24:00' } }\n`,
      ['8:5 maintenance[0]: is a silence without end'],
    ],
    [
      'a grouping key that nobody knows',
      `routes:\n${rest}types: { A: { title: a, group_by: [k] } }\n`,
      ['7:36 types.A.group_by[0]: is a key that the type does not declare'],
    ],
    [
      'a detection that raises what no route takes',
      `routes:\n  - { when: 'type != "X" && severity >= LOW', receivers: [both] }\n  - { when: type == "X" && severity == HIGH, receivers: [mails] }\n${detection('LOW')}`,
      ['8:108 detections[0].raise.type: has no route at this severity, unless its metadata says more'],
    ],
    [
      'nothing about a type that only detections raise, at other severities',
      `routes:\n  - { when: 'type != "X"', receivers: [both] }\n  - { when: type == "X" && severity == HIGH, receivers: [mails] }\n${detection('HIGH')}`,
      [],
    ],
    [
      'a detection whose CRITICAL alert has one kind of leg',
      `routes:\n  - { when: 'type != "X"', receivers: [both] }\n  - receivers: [mails]\n${detection('CRITICAL')}`,
      ['5:3 routes: CRITICAL of X reaches only mail (email) and mail2 (email)'],
    ],
    [
      'keys of groups that a declared type does not know, or takes lightly',
      `routes:\n${rest}types:\n  X: { title: x, metadata: { ipAddress: { sensitivity: PUBLIC, identifies: true } } }\n${detection('LOW').replace('[ipAddress]', '[ipAddress, userId]')}`,
      [
        '10:27 detections[0].group_by[0]: is less sensitive for X than for the alerts that are counted',
        '10:38 detections[0].group_by[1]: is not a key that identifies X: alerts of different groups are one incident',
      ],
    ],
  ])('%s', (_name, text, expected) => expect(lintsIn(text)).toEqual(expected));

  test('no routes at all, which is said once', () => {
    const { policy, lints } = read('types: {}\n');
    expect(policy).toBeDefined();
    expect(told(lints)).toEqual(['1:1 routes: there are none: alerts are kept, and nobody is told']);
  });
});
