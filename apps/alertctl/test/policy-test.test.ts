import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { run } from '../src/program.ts';
import { testSurroundings } from './support/surroundings.ts';

const directory = mkdtempSync(join(tmpdir(), 'cases-'));
afterAll(() => rmSync(directory, { recursive: true }));

const put = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
};
const testing = async (...words: readonly string[]) => {
  const { surroundings, written } = testSurroundings();
  const exitCode = await run(surroundings, ['policy', 'test', ...words]);
  return { exitCode, ...written };
};

put(
  'policy.yaml',
  'channels: { mail: { kind: email, host: h, from: a@b.c, recipients: [d@e.f] } }\n' +
    'receivers: { team: { channels: [mail] } }\nroutes: [{ name: all, receivers: [team] }]\n',
);
const one = '- { name: one, alerts: [{ type: AUTH_FAILURE }], expect: { receivers: [team] } }\n';
const other = '- { name: other, alerts: [{ type: AUTH_FAILURE }], expect: { channels: [pager] } }\n';

test('passes with 0', async () => {
  const file = put('good.yaml', `policy: policy.yaml\ncases:\n${one}`);
  expect(await testing(file)).toEqual({ exitCode: 0, out: `${file}\n  ✓ one\n1 case: 1 passed\n`, error: '' });
});

test('fails with 1, and says what was expected and what was', async () => {
  const file = put('bad.yaml', `policy: ./policy.yaml\ncases:\n${one}${other}`);
  const { exitCode, out } = await testing(file);
  expect(exitCode).toBe(1);
  expect(out).toBe(
    `${file}\n  ✓ one\n  ✗ other\n      channels: expected pager, got mail\n2 cases: 1 passed, 1 failed\n`,
  );
  const lines = (await testing(file, '--json')).out.split('\n').slice(0, -1);
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
    { file, case: 'one', passed: true, failures: [] },
    { file, case: 'other', passed: false, failures: [{ what: 'channels', expected: 'pager', actual: 'mail' }] },
  ]);
});

test('tells the faults of a file, and of the policy that it names, at their places', async () => {
  const file = put('fault.yaml', 'policy: policy.yaml\ncases:\n  - { name: one, alert: [] }\n');
  const { exitCode, out } = await testing(file);
  expect(exitCode).toBe(1);
  expect(out).toContain(`${file}:3:5: fault: cases[0].alerts: is missing`);
  expect(out).toContain('0 cases: 0 passed, 1 file not run');
  const policy = put('broken.yaml', 'nope: 1\n');
  const names = put('names.yaml', `policy: broken.yaml\ncases:\n${one}`);
  expect((await testing(names)).out).toContain(`${policy}:1:1: fault: nope: is not a key`);
});

test('tries another policy in place of that which is named', async () => {
  const file = put('instead.yaml', `policy: gone.yaml\ncases:\n${one}`);
  expect((await testing(file)).exitCode).toBe(2);
  expect((await testing(file, '--policy', join(directory, 'policy.yaml'))).exitCode).toBe(0);
});

test('ends with 2 where a file cannot be read', async () => {
  expect(await testing(join(directory, 'nothing.yaml'))).toMatchObject({ exitCode: 2 });
});

test('our own sample passes', async () => {
  const sample = fileURLToPath(new URL('../../alert-gateway/policies/tests/sample.yaml', import.meta.url));
  expect(await testing(sample)).toMatchObject({ exitCode: 0 });
});
