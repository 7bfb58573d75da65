import { expect, test } from '@jest/globals';
import { storeChecks } from '@therapytrain/alerts-testkit';
import { flawedStores } from './store-flaws.ts';

test.each(flawedStores)(
  'the contract sees through a store that $flaw ($check)',
  async ({ check: name, open }) => {
    const check = storeChecks.find((each) => each.name === name);
    expect(check).toBeDefined();
    await expect(check?.check(open)).rejects.toThrow();
  },
  20_000,
);

test('every check of a store has a name of its own', () => {
  expect(new Set(storeChecks.map(({ name }) => name)).size).toBe(storeChecks.length);
});
