import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const channels = readdirSync(join(root, 'packages/channels'))
  .filter((name) => existsSync(join(root, 'packages/channels', name, 'package.json')))
  .sort();

// A tool may not import an app, nor an adapter another one, so nothing can hold the one list for both.
describe.each([
  ['apps/alert-gateway', 'src/kinds.ts'],
  ['apps/alertctl', 'src/policy/kinds.ts'],
])('%s knows every channel there is', (folder, file) => {
  test('in its list, once each', () => {
    const source = read(`${folder}/${file}`);
    const listed = /: readonly ChannelKind\[\] = \[([^\]]*)\]/.exec(source)?.[1]?.split(',') ?? [];
    expect(listed.map((each) => each.trim()).sort()).toEqual(channels);
    const imported = [...source.matchAll(/import \{ (\w+) \} from '@therapytrain\/alerts-channel-(\w+)'/g)];
    expect(imported.map(([, name, from]) => [name, from]).sort()).toEqual(channels.map((each) => [each, each]));
  });

  test('in its dependencies and its references', () => {
    const { dependencies } = JSON.parse(read(`${folder}/package.json`)) as { dependencies: Record<string, string> };
    const config = read(`${folder}/tsconfig.lib.json`);
    for (const each of channels) {
      expect(Object.keys(dependencies)).toContain(`@therapytrain/alerts-channel-${each}`);
      expect(config).toContain(`packages/channels/${each}/tsconfig.lib.json`);
    }
  });
});
