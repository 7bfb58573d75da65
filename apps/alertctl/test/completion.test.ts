import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { bashCompletion } from '../src/completion/bash.ts';
import { completionModel } from '../src/completion/model.ts';
import { zshCompletion } from '../src/completion/zsh.ts';
import { createProgram, run } from '../src/program.ts';
import { testSurroundings } from './support/surroundings.ts';

const program = createProgram(testSurroundings().surroundings);
const model = completionModel(program);
const names = [...program.commands.map((command) => command.name()), 'help'];
const bash = bashCompletion(model);

const completed = async (...words: string[]): Promise<string[]> => {
  const script = `${bash}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _alertctl; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await promisify(execFile)('bash', ['-c', script, 'bash', 'alertctl', ...words]);
  return stdout.split('\n').filter((word) => word !== '');
};

describe('bash completes', () => {
  test.each([
    [[''], names],
    [
      ['incidents', ''],
      ['list', 'watch', 'show', 'ack', 'resolve', 'assign', 'comment'],
    ],
    [
      ['incidents', 'list', '--state', ''],
      ['OPEN', 'ACKNOWLEDGED', 'RESOLVED'],
    ],
    [['responses', 'approve', '--y'], ['--yes']],
    [
      ['kill-switch', ''],
      ['status', 'on', 'off'],
    ],
    [['decisions', 'watch', '--kind', 'block'], ['block_address']],
    [['dead-letters', 'replay', '--dry'], ['--dry-run']],
    [['st'], ['stream', 'status']],
    [
      ['--json', 'st'],
      ['stream', 'status'],
    ],
    [
      ['--address', 'x:1', 'st'],
      ['stream', 'status'],
    ],
    [
      ['import', 'f', '--format', ''],
      ['jsonl', 'sshd', 'cloudevents'],
    ],
    [['import', '--format', 's'], ['sshd']],
    [['report', 'AUTH'], ['AUTH_FAILURE']],
    [['report', '--severity', 'C'], ['CRITICAL']],
    [['report', 'AUTH_FAILURE', 'm', '--severity', 'L'], ['LOW']],
    [
      ['completion', ''],
      ['bash', 'zsh'],
    ],
    [
      ['stream', '--cursor'],
      ['--cursor', '--cursor-file'],
    ],
    [['import', 'package.j'], ['package.json']],
    [['stream', '--cursor-file', 'package.j'], ['package.json']],
    [['report', 'AUTH_FAILURE', ''], []],
    [['help', 'imp'], ['import']],
    [['bogus', ''], []],
  ])('%j', async (words, expected) => expect(await completed(...words)).toEqual(expected));

  test.each(program.commands.map((command) => command.name()))('every option of %s', async (name) => {
    const flags = model.commands.find((each) => each.name === name)?.options.flatMap((option) => option.flags);
    expect(await completed(name, '-')).toEqual(flags);
    expect(flags).toContain('--help');
  });
});

test('zsh knows every command and option', () => {
  const zsh = zshCompletion(model);
  for (const { name, options } of model.commands) {
    expect(zsh).toContain(`'${name}:`);
    for (const flag of options.flatMap(({ flags }) => flags)) expect(zsh).toContain(`'*${flag}[`);
  }
  expect(zsh).toContain(":format:(jsonl sshd cloudevents)'");
  expect(zsh).toContain(":file:_files'");
});

test('the model has what the program parses', () => {
  const parsed = program.commands
    .flatMap((command) => [command, ...command.commands])
    .flatMap(({ options }) => options.map(({ long }) => long));
  const known = model.commands.flatMap(({ options }) => options.flatMap(({ flags }) => flags));
  expect(known).toEqual(expect.arrayContaining(parsed));
});

test.each([
  ['bash', bash],
  ['zsh', zshCompletion(model)],
])('alertctl completion %s prints the script', async (shell, script) => {
  const { surroundings, written } = testSurroundings();
  expect(await run(surroundings, ['completion', shell])).toBe(0);
  expect(written.out).toBe(script);
});
