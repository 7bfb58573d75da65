import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { AlertError, Sensitivity } from '@therapytrain/alerts-core';
import { defaultPolicy, policySchema } from '@therapytrain/alerts-manager';
import { faultLine, loadPolicy } from '../src/policy-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'policy-'));
afterAll(() => rmSync(directory, { recursive: true }));

const file = join(directory, 'policy.yaml');
const load = (text: string) => {
  writeFileSync(file, text);
  return loadPolicy(file);
};

const sampleFile = (name: string): string => fileURLToPath(new URL(`../policies/${name}.yaml`, import.meta.url));

const faultsIn = (act: () => unknown): readonly string[] => {
  try {
    act();
  } catch (thrown) {
    if (!(thrown instanceof AlertError)) throw thrown;
    expect(thrown.code).toBe('POLICY_INVALID');
    const [head, ...faults] = thrown.message.split('\n');
    expect(head).toBe(`the policy ${file} is not valid:`);
    return faults.map((fault) => fault.trim());
  }
  return [];
};

test('without a file the built-in policy is in force', () => expect(loadPolicy(undefined)).toBe(defaultPolicy));

test.each(['', '# nothing', '---\n', '{}'])('%j says nothing, which is what the built-in policy says', (text) => {
  const policy = load(text);
  expect([...policy.types.declared.keys()]).toEqual([...defaultPolicy.types.declared.keys()]);
  expect(policy.retention).toEqual(defaultPolicy.retention);
});

test.each([['the sample to begin with', sampleFile('sample')]])(
  '%s loads as it stands and means what it says',
  (_name, path) => {
    const { types, retention } = loadPolicy(path, { environment: {} });
    expect(types.defaultSeverity('SESSION_RECORDING_ACCESS')).toBe(3);
    expect(types.identityKeys('SESSION_RECORDING_ACCESS')).toEqual(['recordingId', 'userId']);
    expect(types.sensitivityOf('SESSION_RECORDING_ACCESS', 'recordingId')).toBe(Sensitivity.HEALTH);
    expect(types.declared.has('AUTH_FAILURE')).toBe(true);
    expect(retention).toEqual({
      ...{ maxAge: 365 * 86_400_000, maxBytes: 20 * 1024 ** 3, incidents: 90 * 86_400_000 },
      ...{ audit: 2_192 * 86_400_000, hold: false },
    });
  },
);

describe('the sample', () => {
  const lintsOf = (path: string, environment = {}): readonly string[] => {
    const lints: string[] = [];
    loadPolicy(path, { environment, onLint: (lint) => lints.push(faultLine(lint)) });
    return lints;
  };

  test('to begin with tells nobody, and says so', () =>
    expect(lintsOf(sampleFile('sample'))).toEqual([expect.stringMatching(/routes: there are none/)]));

  test('to begin with works with its comment signs taken away', () => {
    writeFileSync(file, readFileSync(sampleFile('sample'), 'utf8').replaceAll(/^#(?=\S|$| {2})/gm, ''));
    const environment = { PAGER_URL: 'https://pager.example.com/in', PAGER_SECRET: `whsec_${'A'.repeat(32)}` };
    expect(lintsOf(file, environment)).toEqual([]);
    expect([...loadPolicy(file, { environment }).channels.keys()]).toEqual(['mail', 'pager']);
  });

  test('with everything is sound, and says each part of a policy once', () => {
    const full = readFileSync(sampleFile('full'), 'utf8');
    const environment = {
      SLACK_TOKEN: 'xoxb-1234',
      PAGERDUTY_KEY: 'k'.repeat(32),
      SIEM_URL: 'https://siem.example.com/in',
      SIEM_SECRET: `whsec_${'A'.repeat(32)}`,
      SIEM_AUTHORIZATION: 'Bearer s3cret',
    };
    writeFileSync(join(directory, 'smtp'), 'pass\n');
    writeFileSync(file, full.replace('/run/secrets/smtp', join(directory, 'smtp')));
    expect(lintsOf(file, environment)).toEqual([]);
    const policy = loadPolicy(file, { environment });
    expect([...policy.channels.values()].map(({ kind }) => kind)).toEqual(['email', 'slack', 'pagerduty', 'webhook']);
    for (const key of Object.keys(policySchema.shape)) expect(full).toMatch(new RegExp(`^${key}:`, 'm'));
  });
});

describe('each fault is told with its line and column:', () => {
  test.each<[string, string, (string | RegExp)[]]>([
    [
      'a key that is not known, at the top',
      'zork: 1\nretention: {}\nzoo: 2\n',
      [/^1:1 zork: is not a key that is known here \(known here: types, /, /^3:1 zoo: is not a key that is known here/],
    ],
    [
      'and further in',
      'types:\n  A:\n    title: x\n    foo: 1\n',
      [/^4:5 types\.A\.foo: is not a key that is known here \(known here: title, /],
    ],
    [
      'a type name',
      'types:\n  auth_failure:\n    title: x\n',
      ['2:3 types.auth_failure: is not 1 to 64 of A-Z, 0-9 and _, beginning with a letter'],
    ],
    ['what is missing, at the map that should have it', 'types:\n  A:\n    metadata: {}\n', [/^3:5 types\.A\.title: /]],
    [
      'a severity',
      'types:\n  A:\n    title: x\n    default_severity: SEVERE\n',
      [/^4:23 types\.A\.default_severity: .*"CRITICAL"/],
    ],
    [
      'a sensitivity',
      'types:\n  A:\n    title: x\n    metadata:\n      a: { sensitivity: secret }\n',
      [/^5:25 types\.A\.metadata\.a\.sensitivity: .*"SECRET"/],
    ],
    ['a span without a unit', 'retention:\n  max_age: 90\n', [/^2:12 retention\.max_age: /]],
    [
      'a size in another unit',
      'retention: { max_size: 20GB }\n',
      [/^1:24 retention\.max_size: is not a whole number with a unit \(B, KiB/],
    ],
    [
      'several at once',
      'types: []\nretention: { max_age: 1y, max_size: 1 }\n',
      [/^1:8 types: /, /^2:23 retention\.max_age: /, /^2:37 retention\.max_size: /],
    ],
    ['no map at all', '- a\n', [/^1:1 policy: /]],
    ['a sequence that does not end', 'types: [A, B\n', [/^2:1 /]],
    ['a text that does not end', 'retention:\n  max_age: "90d\n', [/^3:1 /]],
    ['a key twice', 'retention: {}\nretention: {}\n', ['2:1 YAML: Map keys must be unique']],
    ['a tab', 'types:\n\tA: {}\n', [/^2:1 .*[Tt]abs?/]],
    ['an alias of nothing', 'types: *gone\n', [/^1:8 .*alias/]],
    ['two documents', '{}\n---\n{}\n', [/^2:1 /]],
  ])('%s', (_name, text, expected) => {
    const faults = faultsIn(() => load(text));
    expect(faults).toHaveLength(expected.length);
    for (const [at, each] of expected.entries())
      expect(faults[at]).toEqual(typeof each === 'string' ? each : expect.stringMatching(each));
  });
});

test('aliases of aliases of aliases are refused, not unfolded', () => {
  const levels = Array.from({ length: 12 }, (_, at) => `l${at + 1}: &l${at + 1} [${`*l${at},`.repeat(9)}]`);
  expect(faultsIn(() => load(`l0: &l0 [x]\n${levels.join('\n')}\n`))).toEqual([expect.stringMatching(/alias/)]);
});

test.each([
  [join(directory, 'gone.yaml'), 'ENOENT'],
  [directory, 'EISDIR'],
])('%s cannot be read', (path, code) => {
  expect(() => loadPolicy(path)).toThrow(
    expect.objectContaining({ code: 'POLICY_INVALID', message: `the policy ${path} cannot be read (${code})` }),
  );
});

describe('a secret of a channel is never taken in clear text:', () => {
  test.each<[string, string, string]>([
    ['email', 'pass', 'pass: hunter2'],
    ['email', 'dkim.privateKey', 'dkim: { domain: a.example, selector: s, privateKey: hunter2 }'],
    ['slack', 'token', 'token: xoxb-hunter2'],
    ['slack', 'webhookUrl', 'webhookUrl: https://hooks.slack.com/services/hunter2'],
    ['pagerduty', 'routingKey', 'routingKey: hunter2'],
    ['webhook', 'url', 'url: https://x.example/hunter2'],
    ['webhook', 'secret', 'secret: hunter2'],
    ['webhook', 'secret[1]', 'secret: [{ env: A }, hunter2]'],
    ['webhook', 'headers.authorization', 'headers: { authorization: hunter2 }'],
  ])('%s %s', (kind, path, option) => {
    const faults = faultsIn(() => load(`channels:\n  c:\n    kind: ${kind}\n    ${option}\n`));
    const rule = `channels.c.${path}: is a secret in clear text (write { env: NAME } or { file: path })`;
    expect(faults).toContainEqual(expect.stringContaining(rule));
    expect(faults.join('\n')).not.toContain('hunter2');
  });
});
