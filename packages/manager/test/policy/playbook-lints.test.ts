import { describe, expect, test } from '@jest/globals';
import { read } from './support.ts';

const head = `
channels: { mail: { kind: email, host: h }, hook: { kind: webhook, url: { env: HOOK_URL } } }
receivers: { both: { channels: [mail, hook] } }
routes: [{ receivers: [both] }]
responders:
  block: { kind: block-address }
  lock: { kind: lock-account }
detections:
  - { name: d, when: type == "AUTH_FAILURE", group_by: [ipAddress], count: 5, within: 1m, raise: { type: BRUTE, severity: HIGH } }
`;

const safe = 'guardrails: { protect: { addresses: [192.0.2.0/24], users: [root] } }\n';

const block = '{ responder: block, target: ipAddress, for: 1h }';
const lock = '{ responder: lock, target: userId, for: 1h }';

const playbook = (name: string, when: string, more: string, steps: string): string =>
  `  - { name: ${name}, when: '${when}', ${more}steps: [${steps}] }\n`;

// Of these tests each is about playbooks, in which both responders are named.
const lintsIn = (playbooks: string, guardrails = safe): readonly string[] => {
  const rest = playbook('rest', 'type == "AUTH_FAILURE" && severity == LOW', '', `${block}, ${lock}`);
  const { faults, lints } = read(`${head}playbooks:\n${playbooks}${rest}${guardrails}`);
  expect(faults).toEqual([]);
  return lints.map(({ path, rule }) => `${path}: ${rule}`);
};

describe('what is probably not meant of playbooks:', () => {
  test.each<[string, string, string[]]>([
    ['nothing', playbook('a', 'type == "BRUTE"', 'mode: enforce, ', block), []],
    [
      'a type that there is not',
      playbook('a', 'type == "BRUTEFORCE"', '', block),
      ['playbooks[0].when: never matches: no type and severity that is declared meets it'],
    ],
    [
      'a severity that is never raised',
      playbook('a', 'type == "BRUTE" && severity == CRITICAL', '', block),
      ['playbooks[0].when: never matches: no type and severity that is declared meets it'],
    ],
    [
      'nobody is asked after one failed login',
      playbook('a', 'type == "AUTH_FAILURE"', 'mode: enforce, ', block),
      ['playbooks[0].when: acts unasked on a single alert of AUTH_FAILURE'],
    ],
    [
      'nor after one alert of any type',
      playbook('a', 'severity >= LOW && has(metadata.userId)', 'mode: enforce, ', lock),
      ['playbooks[0].when: acts unasked on a single alert of AUTH_FAILURE, UNUSUAL_ACCESS, DATA_VIOLATION'],
    ],
    ['but somebody is asked', playbook('a', 'type == "AUTH_FAILURE"', 'mode: approve, ', block), []],
    [
      'or the alert has been counted by who reports it',
      playbook('a', 'type == "AUTH_FAILURE" && metadata.attempts > 10', 'mode: enforce, ', block) +
        playbook('b', 'type == "RATE_LIMIT_BREACH"', 'mode: enforce, ', block),
      [],
    ],
    [
      'or a detection must have raised it',
      playbook('a', 'source == "gateway:detections" && has(metadata.ipAddress)', 'mode: enforce, ', block),
      [],
    ],
    [
      'a key that is no identity',
      playbook('a', 'type == "UNUSUAL_ACCESS"', '', block),
      [
        'playbooks[0].steps[0].target: does not tell incidents of UNUSUAL_ACCESS apart: one may hold alerts with other values of it',
      ],
    ],
    [
      'a key that what matches has not',
      playbook('a', 'type == "BRUTE"', '', lock),
      ['playbooks[0].steps[0].target: is declared by no type that matches: BRUTE'],
    ],
    [
      'one that only observes what another does',
      playbook('a', 'type  == "BRUTE"', 'mode: observe, ', block) +
        playbook('b', 'type == "BRUTE"', 'mode: enforce, ', block),
      ['playbooks[0]: is shadowed: b, in mode enforce, does all of it wherever it matches'],
    ],
    [
      'the same twice',
      playbook('a', 'true', '', `${block}, ${lock}`) + playbook('b', 'type == "BRUTE"', '', block),
      [
        'playbooks[0].steps[0].target: does not tell incidents of UNUSUAL_ACCESS apart: one may hold alerts with other values of it',
        'playbooks[1]: is shadowed: a, in mode suggest, does all of it wherever it matches',
        'playbooks[2]: is shadowed: a, in mode suggest, does all of it wherever it matches',
      ],
    ],
    [
      'not what does more on less',
      playbook('a', 'has(metadata.ipAddress) && type == "BRUTE"', 'mode: observe, ', block) +
        playbook('b', 'type == "BRUTE" && severity == HIGH', 'mode: enforce, ', block),
      [],
    ],
    [
      'a budget that is never reached',
      playbook('a', 'type == "BRUTE"', 'mode: enforce, budget: { targets: 51 }, ', block) +
        playbook(
          'b',
          'type == "BRUTE" && severity >= HIGH',
          'mode: enforce, budget: { targets: 51, window: 2h }, ',
          block,
        ),
      ['playbooks[0].budget: is more than all playbooks together may act on'],
    ],
  ])('%s', (_, text, expected) => expect(lintsIn(text)).toEqual(expected));

  test('acting unasked where nothing is protected', () => {
    const both = playbook(
      'a',
      'type == "AUTH_FAILURE" && metadata.attempts > 10',
      'mode: enforce, ',
      `${block}, ${lock}`,
    );
    expect(lintsIn(both, '')).toEqual([
      'playbooks[0].mode: acts on addresses unasked, and none is protected',
      'playbooks[0].mode: acts on users unasked, and none is protected',
    ]);
    expect(lintsIn(both.replace('mode: enforce', 'mode: approve'), '')).toEqual([]);
  });

  test('a responder that nobody names', () => {
    const { lints } = read(`${head}playbooks:\n${playbook('a', 'type == "BRUTE"', '', block)}`);
    expect(lints.map(({ line, column, path, rule }) => `${line}:${column} ${path}: ${rule}`)).toEqual([
      '7:3 responders.lock: is never used',
    ]);
  });
});
