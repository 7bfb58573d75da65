import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { startSlackPeer } from '@therapytrain/alerts-testkit';
import { tell } from './readme-example.ts';
import { reachOf } from './support/open.ts';

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');
const readme = read('../README.md');

test('the example is the file that is compiled and run here', () => {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  expect(example).toBe(read('./readme-example.ts'));
});

test('the example tells', async () => {
  const peer = await startSlackPeer();
  expect(await tell({ token: peer.token, channel: 'C0SECURITY', ...reachOf(peer) })).toBe('told');
  expect(await tell({ token: 'xoxb-other', channel: 'C0SECURITY', ...reachOf(peer) })).toBe(
    'misconfigured: credentials, invalid_auth',
  );
  expect(JSON.stringify(peer.messages())).not.toContain('user123');
  expect(peer.violations()).toEqual([]);
  await peer.stop();
});
