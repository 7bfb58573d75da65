import { z } from 'zod';
import { decisionResponder } from '../decision/decision-responder.ts';

/** Requests from an address or range are limited to so many a minute, for a time. */
export const throttleAddress = decisionResponder({
  kind: 'throttle-address',
  decision: 'throttle_address',
  target: 'address',
  args: z.strictObject({
    per_minute: z
      .int('is not a whole number')
      .min(1, 'is below 1')
      .max(1_000_000, 'is above 1000000')
      .default(60)
      .describe('How many requests a minute each service still takes from the address.'),
  }),
  summary: ({ per_minute: perMinute }) => `every service takes ${perMinute} requests a minute from the address`,
  perMinute: ({ per_minute: perMinute }) => perMinute,
});
