import { expect, test } from '@jest/globals';
import { responderChecks } from '@therapytrain/alerts-testkit';
import { flawedResponders } from './lever/flaws.ts';

test.each(flawedResponders)(
  'the contract sees through a responder that $flaw: $check',
  async ({ check: name, open }) => {
    const check = responderChecks.find((each) => each.name === name);
    expect(check).toBeDefined();
    await expect(check?.check(open)).rejects.toThrow();
  },
  60_000,
);

test('there is a flawed responder for every check, and every check has a name of its own', () => {
  const names = responderChecks.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(flawedResponders.map(({ check }) => check))).toEqual(new Set(names));
});
