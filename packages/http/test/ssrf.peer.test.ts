import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from '@jest/globals';
import type { Isolated } from './support/isolated.ts';
import { publicIPv4, ssrfCases } from './support/ssrf-cases.ts';

// A network of its own that has no way out: as root at once, else with the root of a user namespace.
const namespace = [['-n'], ['-rn']].find((flags) => spawnSync('unshare', [...flags, 'ip', 'link']).status === 0);
const inNamespace = namespace ? test : test.skip;
const reason = namespace ? '' : ' (not run: this machine does not permit unshare -n or has no ip)';

const run = (flags: readonly string[]): Isolated => {
  const program = fileURLToPath(new URL('./support/isolated.ts', import.meta.url));
  const node = ['--disable-warning=ExperimentalWarning', '--conditions=@therapytrain/source', program];
  const env = { ...process.env, NODE_OPTIONS: '' };
  const { stdout, stderr, status } = spawnSync('unshare', [...flags, process.execPath, ...node], {
    encoding: 'utf8',
    env,
    timeout: 120_000,
    maxBuffer: 16 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`the program in the namespace ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Isolated;
};

let saw: Isolated;
beforeAll(() => {
  if (namespace) saw = run(namespace);
}, 130_000);

test('there are at least 60 cases, each with a name of its own', () => {
  expect(new Set(ssrfCases.map(({ tries }) => tries)).size).toBe(ssrfCases.length);
  expect(ssrfCases.length).toBeGreaterThanOrEqual(60);
});

inNamespace(`the namespace has the special addresses, and no way out${reason}`, () => {
  expect(saw.missing).toEqual([]);
  for (const error of saw.beyond) expect(error).toBe('ENETUNREACH');
});

inNamespace(`what may be called is reached: by its name and by its address${reason}`, () => {
  for (const { answer, reached } of [saw.allowed, saw.literal]) {
    expect(answer).toMatchObject({ kind: 'reply', status: 200, body: 'reached' });
    expect(reached).toEqual([publicIPv4]);
  }
});

inNamespace.each(ssrfCases.map(({ tries, control }) => [tries, control] as const))(
  `nothing is connected by %s${reason}`,
  (tries, control) => {
    const { answer, reached, controlReached } = saw.cases[tries] ?? {};
    expect(answer).toMatchObject({ kind: 'failure', reason: 'unsafe_address', stage: 'before sending' });
    expect(reached).toEqual([]);
    expect((controlReached ?? []).length > 0).toBe(control);
  },
);

inNamespace(`a redirect to loopback is a reply, and is not followed${reason}`, () => {
  const { answer, reached, controlReached } = saw.redirect;
  expect(answer).toMatchObject({ kind: 'reply', status: 302 });
  expect(reached).toEqual([publicIPv4]);
  expect(controlReached).toEqual([publicIPv4, '127.0.0.1']);
});

inNamespace(`a name that is bound to loopback after the check is not connected there${reason}`, () => {
  const { first, second, lookups } = saw.rebinding;
  expect(first.answer).toMatchObject({ kind: 'reply', status: 200 });
  expect(first.reached).toEqual([publicIPv4]);
  expect(lookups).toBe(1);
  expect(second.answer).toMatchObject({ kind: 'failure', reason: 'unsafe_address' });
  expect(second.reached).toEqual([]);
  expect(second.controlReached).toEqual(['127.0.0.1']);
});
