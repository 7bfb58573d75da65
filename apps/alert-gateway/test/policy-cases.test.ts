import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { casesOf, type PolicyCase, runCase } from '@therapytrain/alerts-manager';
import { testPorts } from '@therapytrain/alerts-testkit';
import { readForeignPolicy } from '../src/policy-file.ts';

const folder = fileURLToPath(new URL('../policies/tests', import.meta.url));
const files = readdirSync(folder).map((name) => join(folder, name));

test('each of our policies has cases', () => {
  const policies = readdirSync(dirname(folder)).filter((name) => name.endsWith('.yaml'));
  expect(readdirSync(folder).sort()).toEqual(policies.sort());
});

describe.each(files)('%s', (file) => {
  const { value, faults } = casesOf(readFileSync(file, 'utf8'));
  const { policy } = readForeignPolicy(readFileSync(resolve(folder, value?.policy ?? ''), 'utf8'));
  test('is a file of cases', () => expect(faults).toEqual([]));
  test.each((value?.cases ?? []).map((each): [string, PolicyCase] => [each.name, each]))('%s', async (_, each) => {
    if (!policy) throw new Error('the policy has faults');
    expect((await runCase(each, policy, testPorts().ids)).failures).toEqual([]);
  });
});
