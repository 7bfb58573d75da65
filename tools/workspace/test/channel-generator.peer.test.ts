import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createThrowAway, expectSoundCode, type ThrowAway } from './throw-away.ts';

const folder = 'packages/channels/throwaway';
const minutes = 60_000;

describe('nx g @therapytrain/workspace:channel throwaway', () => {
  let workspace: ThrowAway;

  const generate = (...args: string[]) => workspace.run('nx', ['g', '@therapytrain/workspace:channel', ...args]);
  const jest = (...patterns: string[]) => workspace.jest(folder, ...patterns);

  beforeAll(async () => {
    workspace = await createThrowAway();
  }, minutes);

  afterAll(() => workspace.remove());

  test(
    'is dry when it is asked to be',
    async () => {
      const { code, text } = await generate('throwaway', '--dry-run');
      expect([code, text.includes(`CREATE ${folder}/src/index.ts`)]).toEqual([0, true]);
      expect(() => workspace.read(`${folder}/package.json`)).toThrow();
    },
    minutes,
  );

  test(
    'refuses a name that no package can have',
    async () => {
      const { code, text } = await generate('Throw-Away', '--no-interactive');
      expect(code).not.toBe(0);
      expect(text).toMatch(/name/);
    },
    minutes,
  );

  test(
    'writes the package, and registers it with one line',
    async () => {
      const { code, text } = await generate('throwaway', '--no-interactive');
      expect([code, text]).toEqual([0, expect.stringContaining(`CREATE ${folder}/README.md`)]);
      expect(workspace.read('apps/alert-gateway/src/kinds.ts')).toMatch(
        /channelKinds: readonly ChannelKind\[\] = \[[\w, ]+, throwaway\];/,
      );
      expect(workspace.read('apps/alertctl/src/policy/kinds.ts')).toMatch(
        /all: readonly ChannelKind\[\] = \[[\w, ]+, throwaway\];/,
      );
      for (const app of ['alert-gateway', 'alertctl']) {
        expect(workspace.read(`apps/${app}/package.json`)).toContain(
          '"@therapytrain/alerts-channel-throwaway": "0.1.0"',
        );
      }
      workspace.link(folder);
    },
    minutes,
  );

  test(
    'does not write over it a second time',
    async () => {
      const { code, text } = await generate('throwaway', '--no-interactive');
      expect([code !== 0, text]).toEqual([true, expect.stringContaining('there is a channel throwaway already')]);
    },
    minutes,
  );

  test(
    'writes code that compiles, is formatted and keeps the rules',
    () => expectSoundCode(workspace, folder),
    5 * minutes,
  );

  test(
    'writes a channel that meets the contract, and a test that says what is left to do',
    async () => {
      const contract = await jest('contract', 'readme');
      expect([contract.code, contract.text]).toEqual([0, expect.stringMatching(/Tests: +\d+ passed/)]);
      const rendering = await jest('render');
      expect([rendering.code, rendering.text]).toEqual([1, expect.stringContaining('renders what throwaway expects')]);
    },
    5 * minutes,
  );
});
