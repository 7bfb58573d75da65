import { z } from 'zod';
import { decisionResponder } from '../decision/decision-responder.ts';

/** A user cannot sign in, for a time. */
export const lockAccount = decisionResponder({
  kind: 'lock-account',
  decision: 'lock_account',
  target: 'user',
  args: z.strictObject({}),
  summary: () => 'the user cannot sign in',
});
