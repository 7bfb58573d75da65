import { inspect } from 'node:util';
import { expect, jest, test } from '@jest/globals';
import { policySchema } from '@therapytrain/alerts-manager';
import fc from 'fast-check';
import { read } from './support.ts';

jest.setTimeout(60_000);

const words = [
  ...Object.keys(policySchema.shape),
  ...['kind', 'email', 'webhook', 'url', 'secret', 'env', 'when', 'receivers', 'severity == LOW', 'every', 'from'],
  ...[
    'CRITICAL',
    'A',
    '5m',
    '22:00',
    '2026-12-01T22:00',
    '&a',
    '*a',
    '!t',
    '? ',
    '| ',
    '>-',
    '%YAML',
    '---',
    '__proto__',
  ],
];

const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    fc.constantFrom<unknown>(null, true, 1, -1.5, '', ...words),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...words), tie('value'), { maxKeys: 5 }),
  ),
})).value;

const wellPlaced = (text: string): boolean => {
  const { policy, faults, lints } = read(text);
  expect(policy === undefined).toBe(faults.length > 0);
  const lines = text.split('\n');
  for (const { line, column } of [...faults, ...lints]) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1);
  }
  return policy !== undefined;
};

test('any text is a policy, or has faults that stand in it; nothing is thrown', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc
          .array(fc.constantFrom(...words, '\n', '\n  ', ': ', '- ', '[', ']', '{', '}', ',', '"', "'", '#', '\t'), {
            maxLength: 60,
          })
          .map((parts) => parts.join('')),
      ),
      (text) => void wellPlaced(text),
    ),
    { numRuns: 1_500 },
  );
});

test('so is any JSON of the words of a policy', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...words), json),
      (value) => void wellPlaced(JSON.stringify(value, undefined, 1)),
    ),
    { numRuns: 1_000 },
  );
});

const whole = {
  responders: {
    block: { kind: 'block-address', budget: { targets: 3, window: '1h' } },
    end: { kind: 'end-sessions' },
    revoke: { kind: 'revoke-access' },
    hook: { kind: 'webhook-action', url: 'https://x.example', secret: { env: 'SIGNING' }, target: 'user' },
  },
  playbooks: [
    {
      name: 'p',
      when: 'type == "AUTH_FAILURE"',
      mode: 'enforce',
      approvers: 2,
      steps: [
        { responder: 'block', target: 'ipAddress', for: ['5m', '1h'] },
        { responder: 'end', target: 'userId' },
        { responder: 'hook', target: 'userId', for: '1h', args: { action: 'mark' } },
      ],
    },
    { name: 'q', when: 'true', steps: [{ responder: 'revoke', target: 'userId', resource: 'resource', for: '1d' }] },
  ],
  guardrails: {
    protect: { addresses: ['10.0.0.0/8'], users: ['a'], groups: { g: { users: ['a', 'b'], keep: 1 } } },
    budget: { targets: 50 },
    grace: '1h',
  },
};

const placesOf = (value: unknown): (string | number)[][] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, each]) => [[key], ...placesOf(each).map((path) => [key, ...path])])
    : [];

/** The value with something else, or nothing, at a place; as it is where there is no such place any more. */
const changedAt = (value: unknown, [key, ...path]: readonly (string | number)[], other: unknown): unknown => {
  if (key === undefined) return other;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return value;
  const entries = Object.entries(value).map(([each, inner]) => [
    each,
    each === key ? changedAt(inner, path, other) : inner,
  ]);
  const kept = entries.filter(([, inner]) => inner !== undefined);
  return Array.isArray(value) ? kept.map(([, inner]) => inner as unknown) : Object.fromEntries(kept);
};

test('so is one with responders, playbooks and guardrails of which parts are wrong or missing', () => {
  const other = fc.constantFrom<unknown>(
    ...[undefined, undefined, null, [], {}, 0, 1, true, '', 'x', '1h', 'constructor', '__proto__', 'access', 'userId'],
    ...['block', 'end', 'true', ['1h', '5m'], ['10.0.0.0/8'], { kind: 'block-address' }],
  );
  const change = fc.tuple(fc.constantFrom(...placesOf(whole)), other);
  let [sound, faulty] = [0, 0];
  fc.assert(
    fc.property(fc.array(change, { maxLength: 3 }), (changes) => {
      const value = changes.reduce<unknown>((policy, [path, to]) => changedAt(policy, path, to), whole);
      const text = JSON.stringify(value, undefined, 1);
      if (wellPlaced(text)) sound++;
      else faulty++;
    }),
    { numRuns: 500 },
  );
  expect(sound).toBeGreaterThan(50);
  expect(faulty).toBeGreaterThan(50);
});

test('no secret is ever told, wherever it stands and whatever is wrong', () => {
  // A mark that no message of ours can hold by chance.
  const mark = fc.stringMatching(/^[a-z]{12}$/).map((text) => `zq${text}`);
  const place = fc.constantFrom('url', 'secret', 'headers', 'list', 'pass', 'env-value', 'file-value');
  fc.assert(
    fc.property(mark, place, fc.constantFrom('', 'nope: 1\n', 'routes: [{ when: nope }]\n'), (secret, where, more) => {
      const option = {
        url: `url: ${secret}`,
        secret: `{ url: { env: U }, secret: '${secret}' }`,
        headers: `headers: { a: ${secret} }`,
        list: `secret: [ ${secret}, { env: U } ]`,
        pass: `pass: "${secret}"`,
        'env-value': 'url: { env: U }',
        'file-value': 'secret: { file: /f }\n    url: { env: U }',
      }[where];
      const kind = where === 'pass' ? 'email' : 'webhook';
      const text = `channels:\n  c:\n    kind: ${kind}\n    ${option.startsWith('{') ? `<<: ${option}` : option}\n${more}`;
      const reading = read(text, { secrets: { environment: { U: secret }, readFile: () => secret } });
      expect(inspect(reading, { depth: 12 }) + JSON.stringify(reading)).not.toContain(secret);
    }),
    { numRuns: 500 },
  );
});
