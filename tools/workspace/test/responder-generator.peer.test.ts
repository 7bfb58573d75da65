import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createThrowAway, expectSoundCode, type ThrowAway } from './throw-away.ts';

const folder = 'packages/responders';
const minutes = 60_000;

describe('nx g @therapytrain/workspace:responder throw-away', () => {
  let workspace: ThrowAway;

  const generate = (...args: string[]) => workspace.run('nx', ['g', '@therapytrain/workspace:responder', ...args]);
  const jest = (...patterns: string[]) => workspace.jest(folder, ...patterns);

  beforeAll(async () => {
    workspace = await createThrowAway();
  }, minutes);

  afterAll(() => workspace.remove());

  test(
    'is dry when it is asked to be',
    async () => {
      const { code, text } = await generate('throw-away', '--dry-run');
      expect([code, text.includes(`CREATE ${folder}/src/throw-away/index.ts`)]).toEqual([0, true]);
      expect(() => workspace.read(`${folder}/src/throw-away/index.ts`)).toThrow();
      expect(workspace.read(`${folder}/src/index.ts`)).not.toContain('throw-away');
    },
    minutes,
  );

  test.each(['Throw-Away', 'throw--away', '9lives', '../away'])(
    'refuses the name %s',
    async (name) => {
      const { code, text } = await generate(name, '--no-interactive');
      expect(code).not.toBe(0);
      expect(text).toMatch(/name/);
    },
    minutes,
  );

  test(
    'writes the folder, and registers it',
    async () => {
      const { code, text } = await generate('throw-away', '--target=user', '--no-interactive');
      expect([code, text]).toEqual([0, expect.stringContaining(`CREATE ${folder}/src/throw-away/options.ts`)]);
      expect(workspace.read(`${folder}/src/index.ts`)).toContain("export { throwAway } from './throw-away/index.ts';");
      const kinds = workspace.read(`${folder}/src/kinds.ts`);
      expect(kinds).toMatch(/import \{ throwAway \} from '\.\/throw-away\/index\.ts';/);
      expect(kinds).toMatch(/responderKinds: readonly ResponderKind\[\] = \[[\w,\s]+,\s*throwAway,?\s*\];/);
    },
    minutes,
  );

  test(
    'does not write over it a second time',
    async () => {
      const { code, text } = await generate('throw-away', '--no-interactive');
      expect([code !== 0, text]).toEqual([true, expect.stringContaining('there is a responder throw-away already')]);
    },
    minutes,
  );

  test(
    'writes code that compiles, is formatted and keeps the rules',
    () => expectSoundCode(workspace, folder),
    5 * minutes,
  );

  test(
    'writes a responder that meets the contract, and a test that says what is left to do',
    async () => {
      const contract = await jest('throw-away/contract');
      expect([contract.code, contract.text]).toEqual([0, expect.stringMatching(/Tests: +\d+ passed/)]);
      const request = await jest('throw-away/request');
      expect([request.code, request.text]).toEqual([
        1,
        expect.stringContaining('asks what the peer of throw-away expects'),
      ]);
    },
    5 * minutes,
  );
});
