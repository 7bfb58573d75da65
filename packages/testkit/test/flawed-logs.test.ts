import { expect, test } from '@jest/globals';
import { logChecks } from '@therapytrain/alerts-testkit';
import { flawedLogs } from './flaws.ts';

test.each(flawedLogs)(
  'the contract sees through a log that $flaw',
  async ({ check: name, open }) => {
    const check = logChecks.find((each) => each.name === name);
    expect(check).toBeDefined();
    await expect(check?.check(open)).rejects.toThrow();
  },
  20_000,
);

test('every check has a name of its own', () => {
  expect(new Set(logChecks.map(({ name }) => name)).size).toBe(logChecks.length);
});
