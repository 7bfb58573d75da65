import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { isSecret, Secret, secret } from '@therapytrain/alerts-core/channel';
import { z } from 'zod';

test('a secret is had by reveal alone', () => {
  const value = new Secret('hunter2');
  expect(value.reveal()).toBe('hunter2');
  expect(`${value} ${JSON.stringify({ value })} ${inspect({ value })} ${String(Object.keys(value))}`).not.toMatch(
    /hunter2/,
  );
});

describe('the schema of a secret', () => {
  test('takes a text or a secret, and yields a secret', () => {
    const given = new Secret('a');
    expect(secret().parse(given)).toBe(given);
    expect(secret().parse('b').reveal()).toBe('b');
    expect(
      secret()
        .safeParse('')
        .error?.issues.map(({ message }) => message),
    ).toEqual(['is empty']);
    expect(secret().safeParse(5).success).toBe(false);
  });

  test.each<[string, z.ZodType, boolean]>([
    ['as it is made', secret(), true],
    ['described', secret().describe('What it is.'), true],
    ['refined', secret().refine(() => true), true],
    [
      'both',
      secret()
        .refine(() => true, 'x')
        .describe('What it is.'),
      true,
    ],
    ['within an optional, which is another schema', secret().optional(), false],
    ['of a text', z.string(), false],
    ['of a text, described', z.string().describe('secret'), false],
  ])('is known as one %s', (_name, schema, expected) => expect(isSecret(schema)).toBe(expected));
});
