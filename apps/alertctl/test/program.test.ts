import { describe, expect, test } from '@jest/globals';
import { ExitCode } from '../src/exit-code.ts';
import { createProgram, run } from '../src/program.ts';
import { testSurroundings } from './support/surroundings.ts';

const running = async (...words: string[]) => {
  const { surroundings, written } = testSurroundings();
  const exitCode = await run(surroundings, words);
  return { exitCode, ...written };
};

const names = createProgram(testSurroundings().surroundings).commands.map((command) => command.name());

describe('help', () => {
  test.each(names)('of %s has examples, the options of all commands, and the exit codes', async (name) => {
    const { exitCode, out } = await running(name, '--help');
    expect(exitCode).toBe(ExitCode.OK);
    expect(out).toMatch(/^Usage: alertctl /);
    expect(out).toMatch(new RegExp(`Examples:\n(.*\n)*.*alertctl ${name}`));
    expect(out).toContain('--address <host:port>');
    expect(out).toContain('130  interrupted');
  });

  test('of the program lists every command', async () => {
    const { out } = await running('--help');
    for (const name of names) expect(out).toMatch(new RegExp(`^ {2}${name} .* {2,}\\S`, 'm'));
  });

  test('comes with an error where there is no command', async () => {
    expect(await running()).toMatchObject({
      exitCode: ExitCode.USAGE,
      out: '',
      error: expect.stringContaining('Usage:'),
    });
  });
});

test('the version', async () => {
  expect(await running('--version')).toEqual({ exitCode: ExitCode.OK, out: '1.2.3\n', error: '' });
});

describe('a wrong command line', () => {
  test.each([
    [['bogus'], /unknown command 'bogus'/],
    [['list', '--limt', '3'], /unknown option '--limt' \(Did you mean --limit\?\)/],
    [['list', '--limit', 'x'], /It must be a whole number/],
    [['report', 'AUTH_FAILURE'], /missing required argument 'message'/],
    [['report', 'lower', 'x'], /It must be 1 to 64/],
    [['get', '17'], /It must be a UUID/],
    [['import', 'x'], /--format/],
    [['import', 'x', '--format', 'csv'], /Allowed choices are jsonl, sshd, cloudevents/],
    [['stream', '--cursor', 'c', '--from-start'], /cannot be used with option/],
    [['completion', 'fish'], /Allowed choices are bash, zsh/],
    [['status', '--source', 'My App'], /It must be 1 to 64/],
    [['import', 'missing.log', '--format', 'sshd', '--dry-run'], /cannot read missing\.log: there is no such file/],
  ])('%j ends with 2 and one line that says why', async (words, reason) => {
    const { exitCode, out, error } = await running(...words);
    expect({ exitCode, out }).toEqual({ exitCode: ExitCode.USAGE, out: '' });
    expect(error).toMatch(reason);
    expect(error).toMatch(/^alertctl: [^\n]*\n$/);
  });

  test('is an object with --json', async () => {
    const { exitCode, error } = await running('list', '--limit', 'x', '--json');
    expect(exitCode).toBe(ExitCode.USAGE);
    expect(JSON.parse(error)).toEqual({
      error: { code: 'USAGE', message: expect.stringContaining('It must be'), violations: [] },
    });
  });

  test('does not reach the terminal raw', async () => {
    expect((await running('\u001b[2J\u202e')).error).toContain(String.raw`\x1b[2J\u202e`);
  });
});
