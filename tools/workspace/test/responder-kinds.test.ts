import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const folders = readdirSync(join(root, 'packages/responders/src')).filter((name) =>
  existsSync(join(root, 'packages/responders/src', name, 'index.ts')),
);
const exported = folders.map((name) => {
  const [, variable] = new RegExp(`export \\{ (\\w+) \\} from './${name}/index.ts'`).exec(
    read('packages/responders/src/index.ts'),
  ) ?? ['', `nothing of ${name}`];
  return variable;
});

test('the list of kinds holds every responder there is, once each', () => {
  const source = read('packages/responders/src/kinds.ts');
  const [, listed = ''] = /: readonly ResponderKind\[\] = \[([^\]]*)\]/.exec(source) ?? [];
  const names = listed.split(',').flatMap((each) => each.trim() || []);
  expect(names.sort()).toEqual([...exported].sort());
  expect(exported.length).toBeGreaterThan(7);
});

test.each([
  'apps/alert-gateway/src/follow-up.ts',
  'apps/alert-gateway/src/policy-file.ts',
  'apps/alertctl/src/policy/kinds.ts',
])('%s takes the one list there is', (file) => {
  expect(read(file)).toMatch(/import \{[^}]*\bresponderKinds\b[^}]*\} from '@therapytrain\/alerts-responders'/);
});
