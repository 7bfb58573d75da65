import { expect, test } from '@jest/globals';
import { waitFor } from '@therapytrain/alerts-testkit';

test('waits until the condition gives something, and gives that', async () => {
  let looks = 0;
  expect(await waitFor(() => (++looks === 3 ? 'there' : undefined))).toBe('there');
  expect(await waitFor(async () => ++looks === 5)).toBe(true);
});

test('fails at the deadline, and says what it waited for', async () => {
  await expect(waitFor(() => false, { deadline: 20, what: 'the impossible' })).rejects.toThrow(
    'waited 20 ms for the impossible',
  );
});

test('lets through what the condition throws', async () => {
  const error = new Error('broken');
  const broken = (): boolean => {
    throw error;
  };
  await expect(waitFor(broken)).rejects.toBe(error);
});
