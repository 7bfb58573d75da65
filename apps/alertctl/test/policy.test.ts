import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { run } from '../src/program.ts';
import { testSurroundings } from './support/surroundings.ts';

const directory = mkdtempSync(join(tmpdir(), 'alertctl-policy-'));
afterAll(() => rmSync(directory, { recursive: true }));

const fileOf = (name: string, text: string): string => {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
};

const sample = (name: string): string =>
  fileURLToPath(new URL(`../../alert-gateway/policies/${name}.yaml`, import.meta.url));

const policy = async (words: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
  const { surroundings, written } = testSurroundings();
  const exitCode = await run({ ...surroundings, environment }, ['policy', ...words]);
  return { exitCode, out: written.out, error: written.error, lines: written.out.split('\n').filter(Boolean) };
};

const head = 'channels:\n  mail: { kind: email, host: h.example, from: a@b.example, recipients: [c@d.example] }\n';
const routes = 'receivers: { r: { channels: [mail] } }\nroutes: [{ receivers: [r] }]\n';

describe('alertctl policy check', () => {
  test('tells every fault with its place and what to write instead, and ends with 1', async () => {
    const file = fileOf(
      'bad.yaml',
      'channels:\n  hook: { kind: webhook, url: https://x.example/hunter2 }\nroutes:\n  - { when: severity >= HGIH, receivers: [x] }\n',
    );
    const { exitCode, lines, out, error } = await policy(['check', file]);
    expect({ exitCode, error }).toEqual({ exitCode: 1, error: '' });
    expect(lines).toEqual([
      expect.stringContaining(`${file}:2:9: fault: channels.hook.secret: is not there`),
      expect.any(String),
      `${file}:2:31: fault: channels.hook.url: is a secret in clear text`,
      '    write { env: NAME } or { file: path }',
      expect.stringMatching(/bad\.yaml:4:25: fault: routes\[0\]\.when: unknown name "HGIH"/),
      expect.any(String),
      `${file}:4:43: fault: routes[0].receivers[0]: is not the name of a receiver`,
      '    none is declared',
      `${file}: not valid, 4 faults`,
    ]);
    expect(out).not.toContain('hunter2');
  });

  test('tells lints, and ends with 0', async () => {
    const file = fileOf('lints.yaml', head + routes);
    const { exitCode, lines } = await policy(['check', file]);
    expect(exitCode).toBe(0);
    expect(lines[0]).toBe(`${file}:4:9: lint: routes: CRITICAL of every type reaches only mail (email)`);
    expect(lines.at(-1)).toMatch(/: valid, version [0-9a-f]{12}, 1 lint$/);
  });

  test('says the same as JSON', async () => {
    const { exitCode, lines } = await policy(['check', fileOf('lints.yaml', head + routes), '--json']);
    expect(exitCode).toBe(0);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      valid: true,
      version: expect.stringMatching(/^[0-9a-f]{12}$/),
      faults: [],
      lints: [{ line: 4, column: 9, path: 'routes' }],
    });
  });

  test('looks for secrets in its environment, unless it is told not to', async () => {
    const text = 'channels: { hook: { kind: webhook, url: { env: HOOK }, unsigned: true } }\n';
    const file = fileOf('secret.yaml', text);
    expect((await policy(['check', file])).out).toContain('names the environment variable HOOK, which is not set');
    const found = await policy(['check', file], { HOOK: 'https://x.example/hunter2' });
    expect(found).toMatchObject({ exitCode: 0, out: expect.not.stringContaining('hunter2') });
    expect((await policy(['check', file, '--without-secrets'])).exitCode).toBe(0);
  });

  test.each(['sample', 'full'])('finds the %s policy sound', async (name) => {
    const { exitCode, out } = await policy(['check', sample(name), '--without-secrets']);
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: expect.stringContaining(': valid, version ') });
  });

  test('ends with 2 where there is no such file', async () => {
    const { exitCode, error } = await policy(['check', join(directory, 'gone.yaml')]);
    expect(exitCode).toBe(2);
    expect(error).toContain('gone.yaml cannot be read: there is no such file or directory');
  });

  test('shows what could steer a terminal, and does not do it', async () => {
    const { out } = await policy(['check', fileOf('evil.yaml', '"\\e[2J": 1\n')]);
    expect(out).not.toContain('\u001b');
    expect(out).toContain('is not a key that is known here');
  });
});

describe('alertctl policy diff', () => {
  test('says what is lost', async () => {
    const [before, after] = [fileOf('before.yaml', head + routes), fileOf('after.yaml', head + routes.split('\n')[0])];
    expect((await policy(['diff', before, after])).lines.slice(0, 2)).toEqual([
      'lost      CRITICAL of every type no longer reaches mail (email)',
      'lost      HIGH of every type no longer reaches mail (email)',
    ]);
    const { lines } = await policy(['diff', before, after, '--json']);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      changes: expect.arrayContaining([{ kind: 'doubtful', text: 'the route #1 is gone' }]),
    });
  });

  test('says where there is no difference, and tells the faults of a policy that is not valid', async () => {
    const [file, bad] = [fileOf('same.yaml', head + routes), fileOf('bad.yaml', 'nope: 1\n')];
    expect(await policy(['diff', file, file])).toMatchObject({ exitCode: 0, out: '' });
    const refused = await policy(['diff', file, bad]);
    expect(refused).toMatchObject({ exitCode: 1, out: expect.stringContaining('bad.yaml:1:1: fault: nope') });
  });
});

test('alertctl policy schema prints a schema with the options of each channel and responder, and secrets as references', async () => {
  const { exitCode, out } = await policy(['schema']);
  expect(exitCode).toBe(0);
  const schema = JSON.parse(out) as {
    properties: Record<
      'channels' | 'responders',
      { additionalProperties: { oneOf: { properties: Record<string, unknown> }[] } }
    >;
  };
  const kinds = schema.properties.channels.additionalProperties.oneOf.map(({ properties }) => properties);
  expect(kinds.map(({ kind }) => kind)).toEqual(
    ['email', 'slack', 'webhook', 'pagerduty'].map((kind) => ({ const: kind })),
  );
  expect(kinds[3]?.['routingKey']).toMatchObject({
    anyOf: [{ required: ['env'] }, { required: ['file'] }],
    description: expect.stringContaining('integration key'),
  });
  const acting = schema.properties.responders.additionalProperties.oneOf.map(({ properties }) => properties);
  expect(acting.map(({ kind }) => kind)).toContainEqual({ const: 'block-address' });
  expect(acting.find(({ kind }) => JSON.stringify(kind).includes('webhook-action'))).toMatchObject({
    budget: { properties: { targets: { default: 20 } } },
    secret: expect.objectContaining({ anyOf: expect.anything() }),
  });
});
