import { expect, test } from '@jest/globals';
import { channelChecks } from '@therapytrain/alerts-testkit';
import { flawedChannels } from './postbox/flaws.ts';

test.each(flawedChannels)(
  'the contract sees through a channel that $flaw: $check',
  async ({ check: name, open }) => {
    const check = channelChecks.find((each) => each.name === name);
    expect(check).toBeDefined();
    await expect(check?.check(open)).rejects.toThrow();
  },
  60_000,
);

test('there is a flawed channel for every check, and every check has a name of its own', () => {
  const names = channelChecks.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(flawedChannels.map(({ check }) => check))).toEqual(new Set(names));
});
