import { checkEndpoint, endpointOptions } from '@therapytrain/alerts-http';
import { z } from 'zod';

/** What may be set, and its documentation. */
export const options = z
  .strictObject({
    ...endpointOptions(),
    target: z
      .enum(['address', 'user', 'access'], 'is not one of address, user, access')
      .default('address')
      .describe('What it acts on: an address or range, a user, or the access of a user to a resource.'),
    does: z
      .string()
      .regex(/^[\p{L}\p{N}][\p{L}\p{N} ,'()-]{2,119}$/u, 'is not a sentence of 3 to 120 letters, digits and blanks')
      .default('the receiver is asked to act')
      .describe('What the receiver does, in a sentence: shown to who approves it.'),
  })
  .superRefine((given, context) => {
    checkEndpoint(given, (path, message) => context.addIssue({ code: 'custom', path: [...path], message }));
  });

const mostArgs = 16;
const name = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/, 'is not 1 to 32 of a-z, 0-9 and "_", beginning with a letter');

/** What a step may say: whatever the receiver understands. */
export const args = z
  .record(name, z.union([z.string().max(256, 'is longer than 256'), z.number(), z.boolean()]))
  .refine((given) => Object.keys(given).length <= mostArgs, `has more than ${mostArgs} entries`)
  .describe(`Up to ${mostArgs} texts, numbers and truths of your own, handed on to the receiver as they are.`);
