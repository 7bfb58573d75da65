import { readFileSync, statSync } from 'node:fs';
import { afterEach, expect, test } from '@jest/globals';
import { outcomeReasons } from '@therapytrain/alerts-core/channel';
import { tell } from './readme-example.ts';
import { optionsFor, peerOf, stopAll } from './support/subject.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const readme = read('../README.md');

afterEach(stopAll);

test('the example of the README is the file that is compiled and run here', () => {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  expect(example).toBe(read('./readme-example.ts'));
});

test('it does what it says', async () => {
  const peer = await peerOf();
  expect(await tell(optionsFor(peer))).toBe('done');
  const { mail } = peer.arrivals()[0] ?? {};
  expect(mail?.subject).toMatch(/^HIGH Authentication failure: Failed login attempt of user:/);
  expect(mail?.text).not.toContain('anna');
  expect(await tell(optionsFor(peer, { pass: 'wrong' }))).toBe(
    'misconfigured: credentials, the peer answered 535 5.7.8 to AUTH',
  );
});

test('only reasons that there are stand in the README, and its picture is there', () => {
  const rows = readme.match(/^\| .*\| (?:retry|reject|misconfigured|ambiguous): .*$/gm) ?? [];
  const named = rows.flatMap((row) =>
    [...(row.split('|').at(-2) ?? '').matchAll(/`(\w+)`/g)].map(([, reason = '']) => reason),
  );
  expect(named.length).toBeGreaterThan(10);
  for (const reason of named) expect(Object.keys(outcomeReasons)).toContain(reason);
  const [, picture = ''] = /!\[[^\]]*\]\(([^)]+)\)/.exec(readme) ?? [];
  expect(statSync(new URL(`../${picture}`, import.meta.url)).size).toBeLessThan(150_000);
});
