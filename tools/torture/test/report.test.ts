import { describe, expect, it } from '@jest/globals';
import { createCleanup } from '../cleanup.ts';
import { createCommand } from '../options.ts';
import { controlOf, inCycle, type RecipeReport, wrongly } from '../recipe.ts';
import { exitCodeOf, printReport, statusOf } from '../report.ts';

const passed: RecipeReport = {
  recipe: 'kill',
  status: 'passed',
  counts: { 'kills under load': 50, 'acks checked': 81_234 },
  violations: [],
  controls: [],
  seconds: 90,
};
const notRun: RecipeReport = {
  ...passed,
  recipe: 'cut',
  status: 'not run',
  why: 'it needs root, to mount',
  counts: {},
};
const found = inCycle(17, [wrongly('lost', 'report 3 was told sequence 4 and is not there')]);
const failed: RecipeReport = { ...passed, status: 'failed', violations: found };
const machine = { node: 'v24.21.0', sqlite: '3.53.4', kernel: '6.1', cores: 2, load: 1.5 };

const print = (...recipes: RecipeReport[]): string =>
  printReport({ seed: 42, form: 'short', startedAt: '2026-01-01T00:00:00Z', machine, seconds: 100, recipes });

describe('a report', () => {
  it('shows every count', () => {
    expect(print(passed)).toMatch(/50 kills under load/);
    expect(print(passed)).toMatch(/81,234 acks checked/);
  });

  it('says what was not run, and why, and never calls it passed', () => {
    const text = print(notRun);
    expect(text).toMatch(/not run: it needs root/);
    expect(text).not.toMatch(/passed/);
  });

  it('says how to run a failing cycle again', () => {
    expect(print(failed)).toContain('npm run torture -- --short --only kill --seed 42 --cycle 17');
  });

  it('shows a control that was not detected', () => {
    const control = controlOf('an alert removed', 'lost', []);
    expect(print({ ...passed, controls: [control] })).toMatch(/an alert removed.*lost.*nothing.*NO/);
  });
});

describe('the exit code', () => {
  it.each([
    ['0 where all passed', [passed], false, 0],
    ['0 where something could not be run', [passed, notRun], false, 0],
    ['1 where that is required', [passed, notRun], true, 1],
    ['1 where something was found', [passed, failed], false, 1],
  ] as const)('is %s', (_, reports, required, code) => {
    expect(exitCodeOf(reports, required)).toBe(code);
  });

  it('fails a recipe by a control that was not detected', () => {
    const good = controlOf('it', 'lost', [wrongly('lost', '')]);
    const bad = controlOf('it', 'lost', [wrongly('moved', '')]);
    expect(statusOf({ violations: [], controls: [good] })).toBe('passed');
    expect(statusOf({ violations: [], controls: [good, bad] })).toBe('failed');
    expect(statusOf({ violations: found, controls: [good] })).toBe('failed');
  });
});

describe('the command line', () => {
  const parse = (...args: string[]) =>
    createCommand(['kill', 'cut'])
      .exitOverride()
      .configureOutput({ writeErr: () => {} })
      .parse(args, { from: 'user' })
      .opts();

  it('runs all in the short form, with a seed of its own', () => {
    expect(parse()).toMatchObject({ long: false, only: ['kill', 'cut'], require: false, seed: expect.any(Number) });
  });

  it('takes a list of recipes and a seed', () => {
    expect(parse('--only', 'cut', '--seed', '7', '--cycle', '3')).toMatchObject({ only: ['cut'], seed: 7, cycle: 3 });
  });

  it.each([
    ['a recipe that is not there', ['--only', 'cut,fire']],
    ['a seed that is no number', ['--seed', 'x']],
    ['both forms', ['--short', '--long']],
  ])('refuses %s', (_, args) => {
    expect(() => parse(...args)).toThrow();
  });
});

describe('cleaning up', () => {
  it('undoes the last first, each once, and goes on where one fails', () => {
    const undone: string[] = [];
    const errors: unknown[] = [];
    const cleanup = createCleanup((error) => errors.push(error));
    cleanup.add(() => undone.push('first'));
    const forget = cleanup.add(() => undone.push('forgotten'));
    cleanup.add(() => {
      throw new Error('stuck');
    });
    cleanup.add(() => undone.push('last'));
    forget();
    cleanup.all();
    cleanup.all();
    expect(undone).toEqual(['last', 'first']);
    expect(errors).toHaveLength(1);
  });
});
