import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { outcomeReasons } from '@therapytrain/alerts-core/channel';
import { noticeOf, sampleAlert, sampleStory } from '@therapytrain/alerts-testkit';
import { render } from '../src/render.ts';
import { tell } from './readme-example.ts';
import { receiver } from './readme-receiver.ts';
import { key, otherKey } from './support/open.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const readme = read('../README.md');
const blocks = (language: string): readonly string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, code = '']) => code);

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

test('the examples of the README are the files that are compiled and run here', () => {
  expect(blocks('ts')).toEqual([read('./readme-example.ts'), read('./readme-receiver.ts')]);
});

test('they do what they say, together', async () => {
  const told: string[] = [];
  const server = receiver([otherKey, key], (headline) => told.push(headline));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/`;
  const allow = { cidrs: ['127.0.0.1/32'], ports: [port], plaintext: true };
  expect(await tell({ url, secret: key, allow })).toBe('done');
  expect(told).toEqual([expect.stringMatching(/^HIGH Authentication failure: Failed login attempt of user:/)]);
  const unknown = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
  expect(await tell({ url, secret: unknown, allow })).toBe('misconfigured: credentials, status 401');
  expect(told).toHaveLength(1);
});

test('the sample is what arrives', () => {
  const alert = sampleAlert(
    'Failed login attempt',
    {},
    { id: '0199a000-0000-7000-8000-000000000001', type: 'AUTH_FAILURE' },
  );
  const { body } = render(noticeOf(sampleStory('opened', [alert]), 2), {
    key: 'x',
    format: 'standard',
    detail: 'thin',
  });
  expect(JSON.parse(blocks('json')[0] ?? '')).toEqual(JSON.parse(body.toString()));
});

test('only reasons that there are stand in the README', () => {
  const rows = readme.match(/^\| .*\| (?:retry|reject|misconfigured|ambiguous): .*$/gm) ?? [];
  const named = rows.flatMap((row) =>
    [...(row.split('|').at(-2) ?? '').matchAll(/`(\w+)`/g)].map(([, reason = '']) => reason),
  );
  expect(named.length).toBeGreaterThan(10);
  for (const reason of named) expect(Object.keys(outcomeReasons)).toContain(reason);
});
