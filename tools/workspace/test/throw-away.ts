import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** How a program ended. */
export interface Ended {
  readonly code: number;
  readonly text: string;
}

/** A copy of the workspace in which anything may be generated. */
export interface ThrowAway {
  /** Runs a program of `node_modules/.bin`, or `git`, in a folder of the copy. */
  run(program: string, args: readonly string[], folder?: string): Promise<Ended>;
  read(file: string): string;
  /** Puts a package of the copy where Node finds it, as `npm install` would. */
  link(folder: string): void;
  /** Runs the tests of a package of the copy whose names match. */
  jest(folder: string, ...patterns: string[]): Promise<Ended>;
  remove(): void;
}

const start = (program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(program, [...args], { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, text: stdout + stderr });
    });
  });

// Everything that is in the repository, or would be with the next commit.
const filesOf = async (): Promise<readonly string[]> => {
  const listed = await start(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    root,
    process.env,
  );
  // Git still lists what is deleted and not committed.
  return listed.text.split('\0').filter((file) => file !== '' && existsSync(join(root, file)));
};

const manifest = (folder: string): { readonly name: string } =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly name: string };

/** Copies the workspace without what is built, and links what is installed. Our own packages are the copy's. */
export const createThrowAway = async (): Promise<ThrowAway> => {
  const copy = mkdtempSync(join(tmpdir(), 'throw-away-'));
  const files = await filesOf();
  for (const file of files) {
    mkdirSync(join(copy, dirname(file)), { recursive: true });
    cpSync(join(root, file), join(copy, file), { force: true });
  }
  const modules = join(copy, 'node_modules');
  mkdirSync(join(modules, '@therapytrain'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '@therapytrain' && name !== '.cache')
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  const link = (folder: string): void => {
    const { name } = manifest(join(copy, folder));
    symlinkSync(join(copy, folder), join(modules, name));
  };
  for (const file of files.filter((each) => /^(?:packages|apps|tools)\/.*package\.json$/.test(each)))
    link(dirname(file));
  // The tests' own flags are for tests: what is started here gets those it asks for. Nx asks its tasks for colours.
  const own = { ...process.env, NODE_OPTIONS: '', NX_DAEMON: 'false', CI: 'true', FORCE_COLOR: '0' };
  const env = Object.fromEntries(Object.entries(own).filter(([name]) => name !== 'NO_COLOR'));
  const run: ThrowAway['run'] = (program, args, folder = '.') =>
    start(program === 'git' ? program : join(modules, '.bin', program), args, join(copy, folder), env);
  const testFlags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  return {
    run,
    jest: (folder, ...patterns) =>
      run(
        'node',
        [
          ...[...testFlags, '--conditions=@therapytrain/source'],
          ...[join(modules, 'jest', 'bin', 'jest.js'), '--runInBand', ...patterns],
        ],
        folder,
      ),
    read: (file) => readFileSync(join(copy, file), 'utf8'),
    link,
    remove: () => rmSync(copy, { recursive: true, force: true }),
  };
};

/** Asserts that what was generated compiles, is formatted and keeps the rules. */
export const expectSoundCode = async (workspace: ThrowAway, folder: string): Promise<void> => {
  const types = await workspace.run('tsc', ['-b', `${folder}/tsconfig.lib.json`, `${folder}/tsconfig.spec.json`]);
  expect(types).toEqual({ code: 0, text: '' });
  const format = await workspace.run('prettier', ['--check', folder]);
  expect([format.code, format.text]).toEqual([0, expect.any(String)]);
  const lint = await workspace.run('eslint', ['.', '--max-warnings', '0'], folder);
  expect(lint).toEqual({ code: 0, text: '' });
};
